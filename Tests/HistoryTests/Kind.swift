// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import History
import TestKit

/// Every make of store: the contracts hold for each.
enum Kind: String, CaseIterable, Sendable {
    case memory
    case sqlite
    case postgres

    struct Ports: Sendable {
        let history: any PassHistory
        let audit: any AuditLog
        let keys: any KeyStore
        let sessions: any SessionStore
    }

    func make(in folder: TemporaryFolder) async throws -> Ports {
        switch self {
        case .memory:
            return Ports(
                history: MemoryHistory(), audit: MemoryAudit(), keys: MemoryKeys(), sessions: MemorySessions())
        case .sqlite:
            return Ports(Store(sqlite: "\(folder.path)/history.sqlite", pageLimit: nil, isDurable: false))
        case .postgres:
            let server = try PostgresServer.shared.get()
            let address = try PostgresAddress(url: Secret(server.url(try server.makeDatabase())))
            return Ports(Store(postgres: address))
        }
    }
}

extension Kind.Ports {
    init(_ store: Store) { self.init(history: store, audit: store, keys: store, sessions: store) }
}
