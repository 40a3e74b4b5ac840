// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
public import Lifecycle

/// Wakes the streams of everybody who watches a page, and counts them.
///
/// A wake-up carries nothing: each stream looks for itself what changed since it last told, and whether its reader may still see
/// it. So nothing can pile up for a slow reader, and several quick changes are one.
public final class LiveHub: Service {
    public struct Limits: Sendable {
        /// Over all readers; each costs a connection.
        public var streams = 2000
        /// Of one person or key, over all their browsers.
        public var perCaller = 16
        /// Between two comments that keep proxies from closing a silent stream; permissions are checked as often.
        public var beat = Duration.seconds(20)
        /// Changes that come within this time are told as one.
        public var gather = Duration.milliseconds(500)

        public init() {}
    }

    private struct State {
        var next = 0
        var streams: [Int: (owner: String, wake: AsyncStream<Void>.Continuation)] = [:]
        var counts: [String: Int] = [:]
    }

    public let name = "live pages"
    let limits: Limits
    private let changes: @Sendable () -> AsyncStream<Void>
    private let state = Lock(State())
    private let stops: AsyncStream<Void>
    private let stopping: AsyncStream<Void>.Continuation
    let views = LiveViews()
    /// Differs from process to process, so that no number of another one is taken for ours.
    private let epoch = String(UInt32.random(in: .min ... .max), radix: 36)

    /// - Parameter changes: An element after every change of the daemon's status; ends with its task.
    public init(limits: Limits = Limits(), changes: @escaping @Sendable () -> AsyncStream<Void>) {
        self.limits = limits
        self.changes = changes
        (stops, stopping) = AsyncStream.makeStream(of: Void.self)
    }

    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in self.changes() {
                    self.wakeAll()
                    try? await Task.sleep(for: self.limits.gather)
                }
            }
            group.addTask {
                while (try? await Task.sleep(for: self.limits.beat)) != nil { self.wakeAll() }
            }
            for await _ in stops {}
            group.cancelAll()
        }
    }

    public func stop() { stopping.finish() }

    /// Has every stream look again whether its reader may go on; after a sign-out, for one.
    public func wakeAll() {
        let wakes = state.withLock { $0.streams.values.map(\.wake) }
        for wake in wakes { wake.yield() }
    }

    /// How many watch now.
    public var count: Int { state.withLock { $0.streams.count } }

    /// Names a status for `id`, `Last-Event-ID` and `since`.
    func revision(of status: DaemonStatus) -> String { "\(epoch)-\(status.version)" }

    enum Entry {
        case admitted(LiveSeat)
        /// This reader has too many already.
        case tooMany
        case full
    }

    /// - Parameter owner: Whose streams are counted together; nil for somebody who cannot be told from others.
    func enter(_ owner: String?) -> Entry {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let outcome: (id: Int?, isFull: Bool) = state.withLock { [limits] state in
            guard state.streams.count < limits.streams else { return (nil, true) }
            if let owner {
                guard state.counts[owner, default: 0] < limits.perCaller else { return (nil, false) }
                state.counts[owner, default: 0] += 1
            }
            state.next += 1
            state.streams[state.next] = (owner ?? "", wake)
            return (state.next, false)
        }
        guard let id = outcome.id else { return outcome.isFull ? .full : .tooMany }
        return .admitted(LiveSeat(wakes: wakes) { [weak self] in self?.leave(id) })
    }

    private func leave(_ id: Int) {
        state.withLock { state in
            guard let owner = state.streams.removeValue(forKey: id)?.owner, let count = state.counts[owner] else {
                return
            }
            state.counts[owner] = count > 1 ? count - 1 : nil
        }
    }
}

/// One reader's place; given back when nobody holds it any more.
final class LiveSeat: Sendable {
    let wakes: AsyncStream<Void>
    private let leave: @Sendable () -> Void

    init(wakes: AsyncStream<Void>, leave: @escaping @Sendable () -> Void) {
        self.wakes = wakes
        self.leave = leave
    }

    deinit { leave() }
}

/// What readers with the same rights see of one status: computed once for all of them.
final class LiveViews: Sendable {
    /// Who sees the same.
    enum Sight: Sendable, Hashable {
        case local(Role?)
        case grants([Grant])
        case key(KeyScope)
    }

    private struct State {
        var version = -1
        var statuses: [Sight: DaemonStatus] = [:]
        var fingerprints: [Sight: [LiveTopic: String]] = [:]
    }

    private let state = Lock(State())

    func fingerprints(of topics: [LiveTopic], in status: DaemonStatus, for visit: Visit) -> [LiveTopic: String] {
        let sight = visit.sight
        let known = state.withLock { state -> ([LiveTopic: String], DaemonStatus?) in
            if state.version != status.version { state = State(version: status.version) }
            return (state.fingerprints[sight] ?? [:], state.statuses[sight])
        }
        let missing = topics.filter { known.0[$0] == nil }
        guard !missing.isEmpty else { return known.0 }
        let visible = known.1 ?? status.visible(to: visit.caller, visit.rules)
        let made = Dictionary(missing.map { ($0, visible.fingerprint(of: $0)) }) { first, _ in first }
        let all = known.0.merging(made) { first, _ in first }
        state.withLock { state in
            // Readers choose their topics: what is kept of them is bounded.
            guard state.version == status.version, state.fingerprints.count < 1000 else { return }
            state.statuses[sight] = visible
            if all.count < 1000 { state.fingerprints[sight] = all }
        }
        return all
    }
}

extension Visit {
    fileprivate var sight: LiveViews.Sight {
        switch caller {
        case .nobody: .grants([])
        case .local: .local(rules.localRole)
        case .person(let person): .grants(rules.grants(of: person))
        case .key(let key): .key(key.scope)
        }
    }
}
