// SPDX-License-Identifier: Apache-2.0

import Domain

/// Keeps the index up to date on one kind: one list, then a watch on our label, for as long as it is wanted.
struct KindFollower: Sendable {
    let bench: Workbench
    let book: EnvironmentBook
    let kind: GroupKind

    static let backoff = Backoff(base: .milliseconds(800), cap: .seconds(30))
    /// A watch that lived this long was no failure, however it ended.
    static let healthyAge = Duration.seconds(60)

    /// What the end of the last watch leaves open about what was seen before.
    private enum Doubt {
        case none
        /// It broke: the server may have another past by now, restored from a backup.
        case broken
        /// The server was away, long enough for that past to have caught up with ours.
        case away
    }

    /// Returns when its task is cancelled.
    func run() async {
        var failures = 0
        var doubt = Doubt.none
        while !Task.isCancelled {
            let start = bench.time.uptime()
            let ended = await follow(&doubt)
            bench.index.setFollowed(kind, false)
            // Of a watch that was merged from several nothing is known but that it ended.
            if bench.reach.isRestricted(kind) { bench.index.forget(kind) }
            if case .none = doubt, ended != .away, bench.time.uptime() - start < bench.settings.orderlyWatch {
                doubt = .broken
            }
            if ended == .away { doubt = .away }
            if bench.time.uptime() - start >= Self.healthyAge { failures = 0 }
            switch ended {
            case .newRules: bench.index.forget(kind)
            case .byServer where failures == 0, .lostPlace where failures == 0: failures = 1
            case .byServer, .lostPlace, .failed, .away:
                let delay = Self.backoff.delay(afterFailures: failures, unitRandom: bench.time.unitRandom())
                failures += 1
                guard (try? await bench.time.sleep(delay)) != nil else { return }
            }
        }
    }

    private enum End {
        case byServer
        case lostPlace
        case newRules
        case failed
        case away
    }

    private func follow(_ doubt: inout Doubt) async -> End {
        do {
            if book.current.clusterProblem != nil { try await greet() }
            guard let resource = try await resource() else { return .failed }
            if try await isRewound(doubt, resource) { bench.index.rewind(kind) }
            if bench.index.version(of: kind) == nil {
                try await LiveReader(bench: bench, interruption: Interruption()).list(resource, book.current.desired)
            }
            guard let version = bench.index.version(of: kind) else { return .failed }
            doubt = .none
            let rules = bench.index.rulesVersion
            let events = bench.cluster.watch(
                resource, namespace: nil, labels: bench.applySet.selector, from: version,
                detail: bench.index.detail(for: kind))
            bench.index.setFollowed(kind, true)
            for try await event in events {
                bench.index.observe(event, of: kind)
                // Bookmarks come every minute: by then at the latest, new rules judge what old ones judged.
                guard bench.index.rulesVersion == rules else { return .newRules }
            }
            return .byServer
        } catch {
            note(error)
            switch (error as? ClusterError)?.code {
            case .gone?:
                bench.index.forget(kind)
                return .lostPlace
            case .unknownKind?, .notFound?:
                // Its CRD was deleted. Unknown is not gone: list again when the kind is served again.
                bench.index.forget(kind)
                return .failed
            case .unreachable?, .unavailable?: return .away
            default: return .failed
            }
        }
    }

    /// Whether what was seen before may never have happened, by what the server says now: versions went backwards.
    ///
    /// After an outage the numbers prove nothing, since a restored server counts on: one list of our own objects does.
    private func isRewound(_ doubt: Doubt, _ resource: APIResource) async throws(ClusterError) -> Bool {
        guard let version = bench.index.version(of: kind) else { return false }
        switch doubt {
        case .none: return false
        case .away: return true
        case .broken:
            // Nothing has this label: only the list's own version is wanted.
            let nothing = try await bench.cluster.list(
                resource, namespace: resource.isNamespaced ? bench.applySet.namespace : nil,
                labels: "\(Conventions.environmentLabel)=,\(Conventions.serviceLabel)=", detail: .metadata)
            return isLater(version, than: nothing.resourceVersion)
        }
    }

    /// What keeps us from seeing the cluster is what people must know, also while nothing is to be applied.
    private func note(_ error: any Error) {
        guard let error = error as? ClusterError else { return }
        switch error.code {
        case .unreachable, .unauthorized, .unavailable:
            book.update { $0.clusterProblem = $0.clusterProblem ?? "\(error)" }
        default: break
        }
    }

    /// Whether the cluster answers again: a watch alone may stay silent for a minute.
    private func greet() async throws(ClusterError) {
        let set = bench.applySet
        _ = try await bench.cluster.get(
            ApplySet.resource, namespace: set.namespace, name: set.name, detail: .metadata)
        book.update { $0.clusterProblem = nil }
        // What failed while it was away is worth another try at once.
        bench.retries.forgetAll()
    }

    private func resource() async throws(ClusterError) -> APIResource? {
        if let known = try await bench.cluster.discovery(refresh: false).resource(for: kind) { return known }
        return try await bench.cluster.discovery(refresh: true).resource(for: kind)
    }
}
