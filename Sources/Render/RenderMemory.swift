// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Lifecycle

/// What rendering made of inputs that it saw before: hash of inputs → hash of rendered objects.
///
/// Whether two branches mean the same for a service takes no objects, only whether theirs are equal. As long as a template
/// differs between two environments, which is most of the time, everything would be rendered a second time at every commit
/// to find that out; with this, only what has inputs that nobody saw before.
///
/// The objects themselves are kept for the last rendering alone, in `RenderCache`: to render a service again takes a tenth
/// of a millisecond, to keep it some ten kilobytes.
///
/// Bounded, and safe from any thread.
public final class RenderMemory: Sendable {
    /// A rendered service without its objects.
    struct Outcome: Sendable, Hashable {
        /// Hash over the objects, in order; nil for a service that failed.
        let objects: String?
        /// Hash over which objects they are, whatever they say.
        let identities: String
        let needs: [Name]

        init(of service: RenderedService, namespace: String) {
            let isFailed = service.isFailed
            objects = isFailed ? nil : Self.hash(service.manifests.map(\.digest))
            identities = Self.hash(
                service.manifests.map { manifest in
                    let key = ObjectIdentity(manifest, namespace: namespace).key
                    return "\(key.groupKind) \(key.namespace ?? "") \(key.name)"
                })
            needs = service.needs
        }

        private static func hash(_ lines: [String]) -> String {
            sha256Hex(Array(lines.joined(separator: "\n").utf8))
        }
    }

    private struct State {
        /// What was asked for lately, by the hash of inputs.
        var young: [String: Outcome] = [:]
        /// What was asked for before that; dropped when `young` is full.
        var old: [String: Outcome] = [:]
        var renderings = 0
    }

    private let state = Lock(State())
    /// Twice as many are kept; about 250 bytes each.
    private let limit: Int

    /// - Parameter limit: Twice as many outcomes are kept at most.
    public init(limit: Int = 30_000) { self.limit = limit }

    /// How many services had to be rendered since the start, because their inputs were new.
    public var renderings: Int { state.withLock(\.renderings) }

    /// How many outcomes are kept.
    var count: Int { state.withLock { $0.young.count + $0.old.count } }

    func outcome(of inputs: String) -> Outcome? {
        state.withLock { state in
            if let known = state.young[inputs] { return known }
            guard let known = state.old.removeValue(forKey: inputs) else { return nil }
            keep(known, inputs, &state)
            return known
        }
    }

    /// - Parameter isNew: Whether it was rendered for this.
    func note(_ outcome: Outcome, of inputs: String, isNew: Bool) {
        state.withLock { state in
            if isNew { state.renderings += 1 }
            keep(outcome, inputs, &state)
        }
    }

    private func keep(_ outcome: Outcome, _ inputs: String, _ state: inout State) {
        if state.young.count >= limit {
            state.old = state.young
            state.young = [:]
        }
        state.young[inputs] = outcome
    }
}
