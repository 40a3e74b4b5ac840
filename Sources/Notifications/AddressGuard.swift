// SPDX-License-Identifier: Apache-2.0

import Domain
import Glibc
import HTTPClient
import Lifecycle
import Platform

/// Keeps notices from being sent where nobody meant them to go: checks an address before a connection is made, and says
/// to which addresses it must be made, so that a name cannot mean something else a moment later.
actor AddressGuard {
    // Resolving blocks: on a queue of its own.
    private let executor = SerialQueueExecutor(label: "notifications.resolver")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    typealias Lookup = @Sendable (_ host: String) -> [NetworkAddress]
    private let lookup: Lookup

    init(lookup: @escaping Lookup = systemLookup) { self.lookup = lookup }

    enum Problem: Error, Sendable, CustomStringConvertible {
        /// Only a change of the configuration helps.
        case refused(String)
        /// It may be found later.
        case unknown(String)

        var description: String {
            switch self {
            case .refused(let why), .unknown(let why): why
            }
        }
    }

    /// The addresses that `url` may be reached at now; never empty.
    ///
    /// - Throws: `Problem.refused` also when only one of several addresses is not good: who can add one could choose.
    func addresses(of url: String, for sink: Sink) throws(Problem) -> [String] {
        // The address may be a secret: it is in no message, its host is.
        guard let target = HTTPTarget(url) else { throw .refused("its address is no http or https URL") }
        guard target.isSecure || sink.allowsPlain else {
            throw .refused("\(target.host) is reached without TLS; use https, or say allowPlain: true")
        }
        let found = NetworkAddress(target.host).map { [$0] } ?? lookup(target.host)
        guard !found.isEmpty else { throw .unknown("\(target.host) cannot be resolved") }
        if !sink.allowsPrivate, let bad = found.first(where: { !$0.isPublic }) {
            throw .refused(
                "\(target.host) leads to \(bad), inside of the network; if that is meant, say allowPrivate: true")
        }
        return found.map(\.description)
    }
}

/// Asks the system's resolver. Blocks.
@Sendable private func systemLookup(_ host: String) -> [NetworkAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [NetworkAddress] = []
    var entry = list
    while let info = entry?.pointee {
        if let address = NetworkAddress(info.ai_addr), !found.contains(address) { found.append(address) }
        entry = info.ai_next
    }
    return Array(found.prefix(16))
}

extension NetworkAddress {
    /// Nil for other families.
    fileprivate init?(_ address: UnsafeMutablePointer<sockaddr>?) {
        guard let address else { return nil }
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let inner = raw.assumingMemoryBound(to: sockaddr_in.self).pointee.sin_addr
            self.init(bytes: withUnsafeBytes(of: inner) { Array($0) })
        case AF_INET6:
            let inner = raw.assumingMemoryBound(to: sockaddr_in6.self).pointee.sin6_addr
            self.init(bytes: withUnsafeBytes(of: inner) { Array($0) })
        default: return nil
        }
    }
}
