// SPDX-License-Identifier: Apache-2.0

import Domain

/// A label selector in its text form: `app=cart,tier in (web,api),!canary`.
struct LabelSelector: Sendable {
    enum Requirement: Sendable, Hashable {
        case exists(String)
        case missing(String)
        case isIn(String, Set<String>)
        /// Also true for an object without the label.
        case isNotIn(String, Set<String>)
    }

    let requirements: [Requirement]

    static let everything = LabelSelector(requirements: [])

    private init(requirements: [Requirement]) { self.requirements = requirements }

    /// Nil when `text` is no selector; empty text selects everything.
    init?(_ text: String) {
        var requirements: [Requirement] = []
        for part in Self.parts(text) {
            guard let requirement = Self.requirement(part) else { return nil }
            requirements.append(requirement)
        }
        self.requirements = requirements
    }

    /// From `matchLabels` and `matchExpressions`, or from a plain map of labels.
    init(object: Value?) {
        var requirements: [Requirement] = []
        let isStructured = object?["matchLabels"]?.map != nil || object?["matchExpressions"]?.list != nil
        let labels = isStructured ? object?["matchLabels"]?.map : object?.map
        for entry in labels ?? Map() {
            if let value = entry.value.string { requirements.append(.isIn(entry.key, [value])) }
        }
        for expression in object?["matchExpressions"]?.list ?? [] {
            let key = expression["key"]?.string ?? ""
            let values = Set((expression["values"]?.list ?? []).compactMap(\.string))
            switch expression["operator"]?.string {
            case "In": requirements.append(.isIn(key, values))
            case "NotIn": requirements.append(.isNotIn(key, values))
            case "Exists": requirements.append(.exists(key))
            case "DoesNotExist": requirements.append(.missing(key))
            default: break
            }
        }
        self.requirements = requirements
    }

    func matches(_ labels: Map) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .exists(let key): labels[key] != nil
            case .missing(let key): labels[key] == nil
            case .isIn(let key, let values): labels[key]?.string.map(values.contains) ?? false
            case .isNotIn(let key, let values): labels[key]?.string.map { !values.contains($0) } ?? true
            }
        }
    }

    /// The text form, requirements sorted.
    var description: String {
        requirements.map { requirement in
            switch requirement {
            case .exists(let key): key
            case .missing(let key): "!\(key)"
            case .isIn(let key, let values):
                values.count == 1
                    ? "\(key)=\(values.first ?? "")" : "\(key) in (\(values.sorted().joined(separator: ",")))"
            case .isNotIn(let key, let values): "\(key) notin (\(values.sorted().joined(separator: ",")))"
            }
        }
        .sorted().joined(separator: ",")
    }

    /// Splits at commas that are not in parentheses.
    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var current = ""
        var depth = 0
        for character in text {
            switch character {
            case "(": depth += 1
            case ")": depth -= 1
            default: break
            }
            if character == ",", depth == 0 {
                parts.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty || !parts.isEmpty { parts.append(current) }
        return parts
    }

    private static func requirement(_ text: String) -> Requirement? {
        let part = text.trimmed
        if part.hasPrefix("!") { return isKey(part.dropFirst().trimmed) ? .missing(part.dropFirst().trimmed) : nil }
        for sign in ["!=", "==", "="] {
            guard let range = part.firstRange(of: sign) else { continue }
            let key = part[..<range.lowerBound].trimmed
            let value = part[range.upperBound...].trimmed
            guard isKey(key), !value.contains("=") else { return nil }
            return sign == "!=" ? .isNotIn(key, [value]) : .isIn(key, [value])
        }
        let words = part.split(separator: " ", maxSplits: 1).map(\.trimmed)
        guard words.count == 2 else { return isKey(part) ? .exists(part) : nil }
        let rest = words[1]
        guard let open = rest.firstIndex(of: "("), rest.last == ")" else { return nil }
        let values = rest[rest.index(after: open)...].dropLast()
            .split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
        switch rest[..<open].trimmed {
        case "in": return .isIn(words[0], Set(values))
        case "notin": return .isNotIn(words[0], Set(values))
        default: return nil
        }
    }

    private static func isKey(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0.isKeyByte }
    }
}

/// A field selector: `metadata.name=cart,status.phase!=Running`.
struct FieldSelector: Sendable {
    let requirements: [(path: [String], value: String, isEqual: Bool)]

    /// Nil when `text` is no selector.
    init?(_ text: String) {
        var requirements: [(path: [String], value: String, isEqual: Bool)] = []
        for part in text.split(separator: ",") {
            guard let sign = ["!=", "==", "="].first(where: { part.contains($0) }),
                let range = part.firstRange(of: sign)
            else { return nil }
            let path = part[..<range.lowerBound].split(separator: ".").map(String.init)
            requirements.append((path, String(part[range.upperBound...]), sign != "!="))
        }
        self.requirements = requirements
    }

    func matches(_ object: Value) -> Bool {
        requirements.allSatisfy { requirement in
            (object[requirement.path].map(Self.text) ?? "").hasSameBytes(as: requirement.value) == requirement.isEqual
        }
    }

    /// The name an object must have, when the selector says so: such a list is a single look-up.
    var name: String? { requirements.first { $0.path == ["metadata", "name"] && $0.isEqual }?.value }

    private static func text(_ value: Value) -> String {
        switch value {
        case .string(let text): text
        case .bool(let truth): truth ? "true" : "false"
        case .integer(let number): String(number)
        default: ""
        }
    }
}

extension StringProtocol {
    var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let start = drop(while: isSpace)
        return String(start.reversed().drop(while: isSpace).reversed())
    }
}

extension UInt8 {
    /// Letters, digits and what else label keys are made of.
    var isKeyByte: Bool {
        isAlphanumeric || self == UInt8(ascii: "-") || self == UInt8(ascii: "_") || self == UInt8(ascii: ".")
            || self == UInt8(ascii: "/")
    }

    var isAlphanumeric: Bool {
        isLowerAlphanumeric || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
    }

    var isLowerAlphanumeric: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}
