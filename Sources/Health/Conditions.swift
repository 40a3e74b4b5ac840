// SPDX-License-Identifier: Apache-2.0

import Domain

/// One entry of `status.conditions`.
struct Condition: Sendable, Hashable {
    let type: String
    /// `True`, `False` or `Unknown`.
    let status: String
    let reason: String
    let message: String

    var isTrue: Bool { status == "True" }

    /// `Ready is False: Forbidden: the token has expired`.
    var sentence: String {
        ["\(type) is \(status)", reason, message.asSentencePart].filter { !$0.isEmpty }.joined(separator: ": ")
    }

    init?(_ value: Value) {
        guard let type = value["type"]?.string, let status = value["status"]?.string else { return nil }
        self.type = type
        self.status = status
        reason = value["reason"]?.string ?? ""
        message = value["message"]?.string ?? ""
    }
}

extension Value {
    var conditions: [Condition] { (self[at: "status", "conditions"]?.list ?? []).compactMap(Condition.init) }

    /// Nil when the object has no such condition.
    func condition(_ type: String) -> Condition? { conditions.first { $0.type == type } }

    /// A number below `status`; 0 when it is not there, as Kubernetes leaves out zeros.
    func statusCount(_ name: String) -> Int64 { self[at: "status", name]?.integer ?? 0 }
}

extension String {
    /// On one line, without the full stop that many controllers end their messages with.
    var asSentencePart: String {
        var text = split(whereSeparator: \.isNewline).joined(separator: " ")
        while text.last == "." || text.last == " " { text.removeLast() }
        return text
    }
}

/// One line of a kind's table: when the condition has this status (and reason), the object has that health.
struct ConditionRule: Sendable {
    let type: String
    /// Nil for any status.
    let status: String?
    /// Empty for any reason.
    let reasons: Set<String>
    let health: HealthStatus

    init(_ type: String, is status: String? = nil, because reasons: Set<String> = [], _ health: HealthStatus) {
        self.type = type
        self.status = status
        self.reasons = reasons
        self.health = health
    }

    func holds(for condition: Condition) -> Bool {
        condition.type == type && (status == nil || condition.status == status)
            && (reasons.isEmpty || reasons.contains(condition.reason))
    }
}

/// A kind's table. The first line that holds speaks, whatever the order of the object's conditions.
struct ConditionRules: Sendable {
    let rules: [ConditionRule]
    /// When no line holds.
    let otherwise: ObjectHealth

    init(_ rules: [ConditionRule], otherwise: ObjectHealth) {
        self.rules = rules
        self.otherwise = otherwise
    }

    func health(of object: Value) -> ObjectHealth { health(of: object.conditions) }

    func health(of conditions: [Condition]) -> ObjectHealth {
        for rule in rules {
            guard let condition = conditions.first(where: rule.holds) else { continue }
            return ObjectHealth(rule.health, rule.health == .healthy ? "" : condition.sentence)
        }
        return otherwise
    }
}
