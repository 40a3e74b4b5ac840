// SPDX-License-Identifier: Apache-2.0

import Domain
import History
import Logging
import Platform

/// Where a daemon remembers passes, the audit, keys and sessions.
struct StorePlace: Sendable {
    /// Nil for a file in the state folder.
    var url: Secret?
    /// The database's password, when the URL has none.
    var passwordFile: String?

    /// - Throws: `HistoryError` for an address that cannot be one; nothing is opened yet.
    func store(
        state: String, warn: @escaping @Sendable (String) -> Void = { _ in },
        tell: @escaping @Sendable (HistoryError?) -> Void = { _ in }
    ) throws(HistoryError) -> Store {
        guard let url else { return Store(sqlite: "\(state)/history.sqlite", warn: warn) }
        return Store(postgres: try PostgresAddress(url: url, password: password), tell: tell)
    }

    /// The store that `--state` or `--store` names, for whoever works on the daemon's machine; nil when neither does, or when a
    /// server was typed.
    ///
    /// - Throws: `.notFound` for a folder that is no daemon's: a typing error must not make a store.
    static func typed(_ invocation: Invocation) throws -> Store? {
        let isDirect = invocation.isOn("state") || invocation.isOn("store")
        if invocation.isOn("server") {
            guard isDirect else { return nil }
            throw CommandError(.usage, "--server goes without --state and --store", hint: "give one of them")
        }
        if let folder = invocation.text("state") {
            guard !invocation.isOn("store") else {
                throw CommandError(.usage, "--state and --store are two stores", hint: "give one of them")
            }
            let path = invocation.console.path(folder)
            guard Files.exists("\(path)/history.sqlite") else {
                throw CommandError(
                    .notFound, "there is no daemon's store in \(path)",
                    hint: "name the folder that serve has as --state, or --store URL")
            }
            return Store(sqlite: "\(path)/history.sqlite")
        }
        guard let text = invocation.text("store") else { return nil }
        do {
            return try StorePlace(url: try parsed(text, from: "--store")).store(state: "")
        } catch let error as ConfigurationError {
            throw CommandError(.usage, error.description)
        }
    }

    private var password: (@Sendable () throws -> Secret)? {
        passwordFile.map { file in
            { @Sendable in
                let text = String(decoding: try Files.read(file, limit: 4096), as: UTF8.self)
                // Only the end of the line goes: a password may begin or end with a space.
                return Secret(String(text.prefix { $0 != "\n" && $0 != "\r\n" }))
            }
        }
    }

    /// - Throws: `ConfigurationError` when `text` is no address of a store; says nothing of it, for it may hold a password.
    static func parsed(_ text: String, from source: String) throws -> Secret {
        guard PostgresAddress.isURL(text) else {
            throw ConfigurationError(
                description: "\(source) must be a URL such as postgres://kubernaut@db.example.org/kubernaut")
        }
        return Secret(text)
    }
}
