// SPDX-License-Identifier: Apache-2.0

import Domain

/// One line of a kind's table: when all its tests hold, the object has that health.
struct HealthRule: Sendable {
    let tests: [HealthTest]
    let health: HealthStatus
    /// What people read; nil lets the condition speak that the rule is about.
    let text: HealthText?
}

/// Something about an object that is so or not.
enum HealthTest: Sendable {
    /// Empty statuses and reasons mean any; the type `*` means any condition.
    case condition(type: String, statuses: Set<String>, reasons: Set<String>)
    /// Whether the field is there with one of the values; empty values mean that being there is enough.
    case field(path: [String], values: Set<String>)
}

/// A sentence with places for fields of the object: `the machine is {status.phase}`.
struct HealthText: Sendable {
    enum Part: Sendable {
        case words(String)
        case field([String])
    }

    let parts: [Part]

    /// Nil when a brace is left open.
    init?(_ text: String) {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { return nil }
            if open > rest.startIndex { parts.append(.words(String(rest[..<open]))) }
            parts.append(.field(rest[rest.index(after: open)..<close].split(separator: ".").map(String.init)))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.words(String(rest))) }
        self.parts = parts
    }

    /// Of fields that are not there only the words around them remain; never empty.
    func filled(from object: Value) -> String {
        let filled = parts.map { part in
            switch part {
            case .words(let words): words
            case .field(let path): object.text(at: path)?.asSentencePart ?? ""
            }
        }.joined()
        let text = filled.split(separator: " ").joined(separator: " ").trimmingSigns
        return text.isEmpty ? "it gives no reason" : text
    }
}

extension String {
    /// Without the signs that stood between a sentence and a field that was not there.
    fileprivate var trimmingSigns: String {
        func isSign(_ character: Character) -> Bool { ":, ".contains(character) }
        return String(drop(while: isSign).reversed().drop(while: isSign).reversed())
    }
}

/// The table of one or more kinds. The first line that holds speaks, whatever the order of the object's conditions.
struct HealthTable: Sendable {
    /// Where conditions are; `*` stands for every item of a list.
    let conditions: [String]
    let rules: [HealthRule]
    /// When no line holds; nil leaves it to what holds for custom resources in general.
    let otherwise: (health: HealthStatus, text: HealthText?)?

    static let usualConditions = ["status", "conditions"]

    /// - Parameter more: Conditions that the object keeps elsewhere.
    func health(of object: Value, and more: [Condition] = []) -> ObjectHealth? {
        let conditions = object.items(at: conditions[...]).compactMap(Condition.init) + more
        for rule in rules {
            var speaking: Condition?
            let holds = rule.tests.allSatisfy { test in
                switch test {
                case .field(let path, let values):
                    let text = object.text(at: path)
                    return text.map { values.isEmpty ? !$0.isEmpty : values.contains($0) } ?? false
                case .condition(let type, let statuses, let reasons):
                    let found = conditions.first {
                        (type == "*" || $0.type == type) && (statuses.isEmpty || statuses.contains($0.status))
                            && (reasons.isEmpty || reasons.contains($0.reason))
                    }
                    speaking = speaking ?? found
                    return found != nil
                }
            }
            guard holds else { continue }
            if rule.health == .healthy { return .healthy }
            return ObjectHealth(
                rule.health, rule.text?.filled(from: object) ?? speaking?.sentence ?? "it gives no reason")
        }
        guard let otherwise else { return nil }
        if otherwise.health == .healthy { return .healthy }
        return ObjectHealth(otherwise.health, otherwise.text?.filled(from: object) ?? "it gives no reason")
    }
}

extension Value {
    /// The scalar at the path as text; digits in the path count in lists. Nil when there is none.
    fileprivate func text(at path: [String]) -> String? {
        var value = self
        for step in path {
            let next =
                value[step]
                ?? value.list.flatMap { list in Int(step).flatMap { list.indices.contains($0) ? list[$0] : nil } }
            guard let next else { return nil }
            value = next
        }
        return switch value {
        case .string(let text): text
        case .bool(let bool): bool ? "true" : "false"
        case .integer(let number): "\(number)"
        case .null, .list, .map: nil
        default: "\(value)"
        }
    }

    /// The items of all lists at the path.
    fileprivate func items(at path: ArraySlice<String>) -> [Value] {
        guard let step = path.first else { return list ?? [] }
        if step == "*" { return (list ?? []).flatMap { $0.items(at: path.dropFirst()) } }
        return self[step]?.items(at: path.dropFirst()) ?? []
    }
}
