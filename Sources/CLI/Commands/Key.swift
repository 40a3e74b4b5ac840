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
        let made = try await KeyBook(invocation).make(order)
        if invocation.output == "json" {
            try invocation.console.put(String(decoding: made.prettyJSON(), as: UTF8.self))
        } else {
            try invocation.console.put("\(made["key"]?.string ?? "")\n")
            invocation.console.note(
                "key \(made["id"]?.string ?? "") for \(order.name), good until \(made["expiresAt"]?.string ?? "")")
        }
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
        case .store(let store):
            let now = wallClock()
            let text = APIKeyText()
            let key = order.key(text, createdBy: user, ownerID: nil, at: now)
            try await store.add(key)
            try await note(.keyCreated, key, store, now)
            var answer = key.json(at: now)
            answer["key"] = .string(text.text.withUnsafeValue { $0 })
            return answer
        }
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
            guard let key = try await store.key(id) else {
                throw CommandError(.notFound, "there is no key \(id)", hint: "kubernaut key list names them")
            }
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
