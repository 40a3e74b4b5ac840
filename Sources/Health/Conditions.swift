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
