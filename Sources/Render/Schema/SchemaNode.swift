// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a schema says about one place of an object; others are named by their index in the document.
struct SchemaNode: Sendable {
    enum Kind: String, Sendable {
        case object
        case array
        case string
        case integer
        case number
        case boolean

        /// As a person says it.
        var text: String {
            switch self {
            case .object: "a map"
            case .array: "a list"
            case .string: "a string"
            case .integer: "a whole number"
            case .number: "a number"
            case .boolean: "true or false"
            }
        }
    }

    enum ListKind: Sendable {
        case plain
        /// Each item once.
        case set
        /// Items are told apart by these keys.
        case map([String])
    }

    /// Nil when the schema does not say.
    var kind: Kind?
    /// A number or a text, such as a port's name.
    var isIntegerOrString = false
    /// `500m`, `1Gi`, or a number.
    var isQuantity = false
    var isNullable = false
    var properties: [String: Int] = [:]
    /// Every other member; nil when the schema does not say.
    var otherMembers: Int?
    /// Whether members that nobody described are wrong.
    var isClosed = false
    /// Whether `apiVersion`, `kind` and `metadata` may stand here whatever else is said.
    var isEmbeddedObject = false
    var items: Int?
    var required: [String] = []
    var listKind = ListKind.plain
    /// Nil when every value is allowed.
    var allowed: [Value]?
    var format: String?
    var pattern: String?
    /// Of a text in characters, a list in items, a map in members.
    var size = Bounds()
    /// Of a number.
    var range = Bounds()
    var multipleOf: Double?
    var hasUniqueItems = false
    var defaultValue: Value?
    var allOf: [Int] = []
    var anyOf: [Int] = []
    var oneOf: [Int] = []
    var not: Int?

    struct Bounds: Sendable {
        var least: Double?
        var most: Double?
        var excludesLeast = false
        var excludesMost = false
    }
}

/// One group and version as the cluster describes it, or the kinds of one CustomResourceDefinition.
struct SchemaDocument: Sendable {
    var nodes: [SchemaNode] = []
    var kinds: [GroupVersionKind: Int] = [:]
}
