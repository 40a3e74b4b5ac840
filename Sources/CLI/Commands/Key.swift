// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import History
import JSON
import Lifecycle
import Platform
import WebUI

extension Command {
    static let keyCreate = Command(
        "key create", .access, "make a key for a machine",
        [
            "The key is written to standard output, and nowhere else: what is kept is a digest. With --server a running "
                + "kubernaut makes it, and it may do at most what the caller may do. Without, it goes straight into the store "
                + "of the daemon (--state, or --store): the way in when nobody can sign in.",
            "Give it to a machine in KUBERNAUT_TOKEN_FILE or KUBERNAUT_TOKEN, or in the header Authorization: Bearer.",
        ],
        flags: [
            Flag("name", value: "NAME", "what uses it, such as jenkins-cart"),
            Flag(
                "permission", short: "p", value: "ACTION", "what it may do; may come more than once", repeatable: true,
                values: .choice(Permission.allCases.map(\.rawValue))),
            Flag(
                "env", short: "e", value: "PATTERN", "where; may come more than once; default: everywhere",
                repeatable: true),
            Flag(
                "service", short: "s", value: "PATTERN", "on what; may come more than once; default: everything",
                repeatable: true),
            Flag("expires", value: "DURATION", "how long it is good, at most 366d", default: "90d"),
            SharedFlag.output(["text", "json"]),
        ] + keyPlace,
        examples: [
            Example(
                "kubernaut key create --name jenkins-cart -p release -p view -e dev -s 'cart-*' --server "
                    + "https://kubernaut.example.com > key", "through a running kubernaut"),
            Example(
                "kubernaut key create --name rescue -p keys -p view --expires 1d --state /var/lib/kubernaut",
                "on the daemon's machine"),
        ]
    ) { invocation in
        let order: KeyOrder
        do {
            order = try KeyOrder(
                name: try invocation.required("name"), permissions: invocation.texts("permission"),
                environments: invocation.texts("env"), services: invocation.texts("service"),
                expires: invocation.text("expires"))
        } catch let problem as KeyOrder.Problem {
            throw CommandError(.usage, problem.description)
        }
        try show(try await KeyBook(invocation).make(order), invocation)
        return .done
    }

    static let keyList = Command(
        "key list", .access, "say which keys there are, and when they were last used",
        flags: [SharedFlag.output(["table", "json"]), SharedFlag.noHeaders] + keyPlace,
        examples: [Example("kubernaut key list --server https://kubernaut.example.com", "your keys; all for an admin")]
    ) { invocation in
        let keys = try await KeyBook(invocation).list()
        if invocation.output == "json" {
            try invocation.console.put(String(decoding: (["items": .list(keys)] as Value).prettyJSON(), as: UTF8.self))
            return .done
        }
        func texts(_ key: Value, _ name: String) -> String {
            (key[name]?.list ?? []).compactMap(\.string).joined(separator: ",")
        }
        let rows = keys.map { key -> [Table.Cell] in
            let state = key["state"]?.string ?? ""
            let isGood = !["revoked", "expired"].contains(state)
            return [
                .plain(key["id"]?.string ?? ""), .plain(key["name"]?.string ?? ""), .plain(texts(key, "permissions")),
                .plain(texts(key, "environments")), .plain(texts(key, "services")),
                .plain(key["createdBy"]?.string ?? ""),
                .plain(key["expiresAt"]?.string ?? ""), .plain(key["lastUsedAt"]?.string ?? "never"),
                Table.Cell(text: state, tone: isGood ? .good : .quiet),
            ]
        }
        let header = ["ID", "NAME", "MAY", "ENVIRONMENTS", "SERVICES", "BY", "EXPIRES", "LAST USED", "STATE"]
        try invocation.console.put(Table(header, rows).text(for: invocation))
        return .done
    }

    static let keyRevoke = Command(
        "key revoke", .access, "take keys back, at once",
        ["Takes ids as key list shows them. One that is revoked already stays so: no error."],
        arguments: [Argument("ID", "the 12 digits after kn_", repeatable: true)], flags: keyPlace,
        examples: [Example("kubernaut key revoke 3f2a90b1c4d5 --server https://kubernaut.example.com", "one key")]
    ) { invocation in
        let book = try KeyBook(invocation)
        for text in invocation.arguments {
            // A whole key that was pasted is a key that now stands in a shell's history: its id is enough.
            let id = APIKeyText(text)?.id ?? text
            try await book.revoke(id)
            invocation.console.note("key \(id) is revoked")
        }
        return .done
    }

    static let keyRotate = Command(
        "key rotate", .access, "make a key in another's place, which goes on for a while",
        [
            "The new key has the name, the scope and the length of life of the old one, and is written to standard output, and "
                + "nowhere else. The old one goes on for the grace, so that machines can be given the new one in between.",
            "Whoever may make such a key, and revoke the old one, may do this.",
        ],
        arguments: [Argument("ID", "the 12 digits after kn_")],
        flags: [
            Flag("grace", value: "DURATION", "how long the old key goes on, 0s to 30d", default: "24h"),
            SharedFlag.output(["text", "json"]),
        ] + keyPlace,
        examples: [
            Example(
                "kubernaut key rotate 3f2a90b1c4d5 --grace 2h --server https://kubernaut.example.com > key",
                "two hours for both")
        ]
    ) { invocation in
        let text = invocation.arguments[0]
        guard let grace = Duration(text: invocation.text("grace") ?? "24h"), grace >= .zero,
            grace <= APIKey.longestGrace
        else { throw CommandError(.usage, "--grace must be a duration of 0s to 30d, such as 24h") }
        let id = APIKeyText(text)?.id ?? text
        try show(try await KeyBook(invocation).rotate(id, grace: grace), invocation)
        invocation.console.note("key \(id) \(grace == .zero ? "is revoked" : "ends in \(grace.short)")")
        return .done
    }

    /// The one time that its text is seen.
    private static func show(_ made: Value, _ invocation: Invocation) throws {
        guard invocation.output != "json" else {
            return try invocation.console.put(String(decoding: made.prettyJSON(), as: UTF8.self))
        }
        try invocation.console.put("\(made["key"]?.string ?? "")\n")
        invocation.console.note(
            "key \(made["id"]?.string ?? "") for \(made["name"]?.string ?? ""), good until "
                + (made["expiresAt"]?.string ?? ""))
    }

    private static let keyPlace =
        [
            SharedFlag.store,
            Flag(
                "state", value: "DIR", "the daemon's state folder, whose store is changed directly", values: .folder),
        ] + SharedFlag.access
}

/// The keys of a running kubernaut, or those in a store.
private struct KeyBook {
    private enum Place {
        case server(ServerClient)
        case store(Store)
    }

    private let place: Place
    private let user: String

    init(_ invocation: Invocation) throws {
        user = AuditRecord.Actor.operatorName(invocation.console)
        place =
            if let store = try StorePlace.typed(invocation) {
                .store(store)
            } else if let server = invocation.text("server") {
                .server(try ServerClient(server, invocation))
            } else {
                throw CommandError(
                    .usage, "whose keys?",
                    hint: "name a running kubernaut with --server, or the daemon's --state folder on its own machine")
            }
    }

    func make(_ order: KeyOrder) async throws -> Value {
        switch place {
        case .server(let client):
            func list(_ texts: [String]) -> Value { .list(texts.map { .string($0) }) }
            let scope = order.scope
            return try await client.value(
                "POST", "/api/v1/keys",
                [
                    "name": .string(order.name), "permissions": list(scope.permissions.map(\.rawValue).sorted()),
                    "environments": list(scope.environments.map(\.pattern)),
                    "services": list(scope.services.map(\.pattern)),
                    "expires": .string("\(order.lifetime.components.seconds)s"),
                ])
        case .store(let store): return try await make(order, in: store, at: wallClock())
        }
    }

    private func make(_ order: KeyOrder, in store: Store, at now: Instant) async throws -> Value {
        let text = APIKeyText()
        let key = order.key(text, createdBy: user, ownerID: nil, at: now)
        try await store.add(key)
        try await note(.keyCreated, key, store, now)
        var answer = key.json(at: now)
        answer["key"] = .string(text.text.withUnsafeValue { $0 })
        return answer
    }

    func rotate(_ id: String, grace: Duration) async throws -> Value {
        switch place {
        case .server(let client):
            return try await client.value(
                "POST", "/api/v1/keys/\(percentEncoded(id))/rotate",
                ["grace": .string("\(grace.components.seconds)s")])
        case .store(let store):
            let now = wallClock()
            guard let old = try await store.key(id) else { throw unknown(id) }
            guard old.revokedAt == nil, old.expiresAt > now else {
                throw CommandError(
                    .conflict, "this key is revoked or has expired", hint: "make a new one: kubernaut key create")
            }
            let made = try await make(KeyOrder(replacing: old), in: store, at: now)
            if grace > .zero {
                try await store.shorten(id, to: now.adding(grace))
            } else {
                try await store.revoke(id, at: now)
            }
            try await note(.keyRevoked, old, store, now)
            return made
        }
    }

    private func unknown(_ id: String) -> CommandError {
        CommandError(.notFound, "there is no key \(id)", hint: "kubernaut key list names them")
    }

    func list() async throws -> [Value] {
        switch place {
        case .server(let client): return try await client.value("GET", "/api/v1/keys")["items"]?.list ?? []
        case .store(let store):
            let now = wallClock()
            return try await store.keys().map { $0.json(at: now) }
        }
    }

    func revoke(_ id: String) async throws {
        switch place {
        case .server(let client): _ = try await client.value("DELETE", "/api/v1/keys/\(percentEncoded(id))")
        case .store(let store):
            guard let key = try await store.key(id) else { throw unknown(id) }
            guard key.revokedAt == nil else { return }
            let now = wallClock()
            try await store.revoke(id, at: now)
            try await note(.keyRevoked, key, store, now)
        }
    }

    private func note(_ action: AuditRecord.Action, _ key: APIKey, _ store: Store, _ now: Instant) async throws {
        var record = AuditRecord(
            id: TimeOrderedID.make(at: now), at: now, actor: AuditRecord.Actor(name: user), channel: .cli,
            action: action, result: .done)
        if action == .keyCreated { record.to = key.id } else { record.from = key.id }
        record.detail = "\(key.name), past the daemon"
        try await store.append(record)
    }
}

extension AuditRecord.Actor {
    /// Who works on the daemon's machine, as its system knows them.
    fileprivate static func operatorName(_ console: Console) -> String {
        let user =
            console.variable("SUDO_USER") ?? console.variable("USER") ?? console.variable("LOGNAME") ?? "operator"
        return "\(user)@\(hostName)"
    }
}
