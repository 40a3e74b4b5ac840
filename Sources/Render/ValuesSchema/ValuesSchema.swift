// SPDX-License-Identifier: Apache-2.0

import Domain

/// What values must be like: a JSON Schema, draft 2020-12, read once per content.
///
/// In come a service's merged values, out go the places where they are wrong. References stay inside the document;
/// time and depth are bounded whatever the schema says.
struct ValuesSchema: Sendable {
    /// As a person sees it from the repository's root.
    let file: String
    let blob: String
    /// The first is the document itself.
    let nodes: [ValuesSchemaNode]
    /// The node that each reference means.
    let references: [Int]
    /// Whether any node asks for what others have left unchecked.
    let tracksEvaluated: Bool
    /// What is wrong with the schema itself; with an error it says nothing about values.
    let problems: [Diagnostic]

    var isUsable: Bool { !problems.contains { $0.severity == .error } }
}

/// A schema within the document.
struct ValuesSchemaNode: Sendable {
    /// `true` and `false` as schemas; nil for all others.
    let constant: Bool?
    /// In the order in which they are checked.
    let rules: [ValuesSchemaRule]
    /// What the values are for, as the schema says; nil when it says nothing.
    let purpose: String?
    let location: SourceLocation
}

struct ValuesSchemaRule: Sendable {
    let check: ValuesSchemaCheck
    /// Of the keyword.
    let location: SourceLocation
}

/// What a keyword, or a group of keywords that belong together, demands. Numbers of nodes stand for schemas.
enum ValuesSchemaCheck: Sendable {
    case types(Set<ValuesSchemaType>)
    case enumeration([Value])
    case constant(Value)

    case minimum(ExactNumber, isExclusive: Bool)
    case maximum(ExactNumber, isExclusive: Bool)
    case multipleOf(ExactNumber)

    case length(min: Int, max: Int)
    case pattern(Pattern)
    case format(ValuesSchemaFormat)

    case itemCount(min: Int, max: Int)
    case uniqueItems
    case items(prefix: [Int], rest: Int?)
    case contains(Int, min: Int, max: Int)

    case memberCount(min: Int, max: Int)
    case required([String])
    case members(named: [String: Int], matching: [(Pattern, Int)], rest: Int?)
    case memberNames(Int)
    case dependentRequired([String: [String]])
    case dependentSchemas([String: Int])

    case allOf([Int])
    case anyOf([Int])
    case oneOf([Int])
    case not(Int)
    case conditional(if: Int, then: Int?, else: Int?)
    case reference(Int)

    // After everything else, because they ask what the rest has looked at.
    case unevaluatedItems(Int)
    case unevaluatedMembers(Int)
}

enum ValuesSchemaType: String, Sendable, CaseIterable {
    case null
    case boolean
    case integer
    case number
    case string
    case array
    case object

    /// In the words of YAML.
    var name: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "a map"
        }
    }

    func holds(_ value: Value) -> Bool {
        switch (self, value) {
        case (.null, .null), (.boolean, .bool), (.integer, .integer), (.number, .integer), (.number, .decimal),
            (.string, .string), (.array, .list), (.object, .map):
            true
        case (.integer, .decimal): ExactNumber(value)?.isWhole ?? false
        default: false
        }
    }
}

/// One place where values are not as a schema wants them.
struct ValuesSchemaViolation: Sendable {
    let path: FieldPath
    let message: String
    let hint: String?
    /// Of the keyword that says so.
    let location: SourceLocation
    /// Whether the key at `path` is wrong, not its value.
    let isAboutKey: Bool
}
