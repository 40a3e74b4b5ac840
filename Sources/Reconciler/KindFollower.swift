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

    /// Returns when its task is cancelled.
    func run() async {
        var failures = 0
        while !Task.isCancelled {
            let start = bench.time.uptime()
            let ended = await follow()
            bench.index.setFollowed(kind, false)
            if bench.time.uptime() - start >= Self.healthyAge { failures = 0 }
            switch ended {
            case .byServer where failures == 0, .lostPlace where failures == 0: failures = 1
            case .byServer, .lostPlace, .failed:
                let delay = Self.backoff.delay(afterFailures: failures, unitRandom: bench.time.unitRandom())
                failures += 1
                guard (try? await bench.time.sleep(delay)) != nil else { return }
            }
        }
    }

    private enum End {
        case byServer
        case lostPlace
        case failed
    }

    private func follow() async -> End {
        do {
            if book.current.clusterProblem != nil { try await greet() }
            guard let resource = try await resource() else { return .failed }
            if bench.index.version(of: kind) == nil {
                try await LiveReader(bench: bench, interruption: Interruption()).list(resource, book.current.desired)
            }
            guard let version = bench.index.version(of: kind) else { return .failed }
            let events = bench.cluster.watch(
                resource, namespace: nil, labels: bench.applySet.selector, from: version,
                detail: Attention.detail(for: kind))
            bench.index.setFollowed(kind, true)
            for try await event in events { bench.index.observe(event, of: kind) }
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
            default: return .failed
            }
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
    }

    private func resource() async throws(ClusterError) -> APIResource? {
        if let known = try await bench.cluster.discovery(refresh: false).resource(for: kind) { return known }
        return try await bench.cluster.discovery(refresh: true).resource(for: kind)
    }
}
