// SPDX-License-Identifier: Apache-2.0

import Access
import Domain

extension Schemas {
    private static let permissions = list(choice(Permission.allCases.map(\.rawValue)))

    private static let key: Value = [
        "id": string, "name": string, "permissions": permissions, "environments": list(string),
        "services": list(string), "createdBy": string, "createdAt": time, "expiresAt": time,
        "revokedAt": optionalTime, "lastUsedAt": optionalTime, "lastUsedFrom": optionalString, "state": string,
    ]

    private static var madeKey: Value {
        var made = key
        made["key"] = string
        return made
    }

    private static let row = whole([
        "id": string, "at": time,
        "actor": whole(["name": string, "personId": optional(integer), "keyId": optionalString]),
        "channel": choice(AuditRecord.Channel.allCases.map(\.rawValue)),
        "action": choice(AuditRecord.Action.allCases.map(\.rawValue)),
        "result": choice(AuditRecord.Result.allCases.map(\.rawValue)), "environment": optionalString,
        "services": list(string), "from": optionalString, "to": optionalString, "reason": optionalString,
        "detail": optionalString, "commit": optionalString,
    ])

    /// Of keys, rules and the audit.
    static let access: [(String, Value)] = [
        (
            "Can",
            whole([
                "allowed": boolean, "action": string, "environment": optionalString, "service": optionalString,
                "role": optionalString, "by": optionalString, "why": string,
            ])
        ),
        ("Keys", whole(["items": list(whole(key))])),
        ("MadeKey", whole(madeKey)),
        ("KeyRotation", closed(["grace": string])),
        (
            "KeyOrder",
            object(
                [
                    "name": string, "permissions": permissions, "environments": list(string), "services": list(string),
                    "expires": string,
                ], required: ["name", "permissions"])
        ),
        ("Audit", whole(["items": list(row), "next": optionalString])),
    ]
}
