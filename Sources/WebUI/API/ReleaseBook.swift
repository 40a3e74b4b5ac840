// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain

/// A release as the branches remember it.
struct KnownRelease: Sendable, Hashable {
    let record: ReleaseRecord
    /// The oldest commit that recorded it, and on which environment's branch.
    let commit: Commit
    /// Where it is recorded now, in pipeline order.
    var environments: [Name]
    /// Whether nobody took it away: it is recorded somewhere, or was replaced by another.
    var isActive: Bool
    /// The commit that took it away last; nil while it is active.
    var removal: Commit?

    var id: String { record.listID }
    var createdOn: Instant { commit.date }
    var createdBy: String { commit.author }
}

/// Every release that environments remember, of the services that a reader may see.
struct ReleaseBook: Sendable {
    private struct Key: Hashable {
        let service: Name
        let version: String
    }

    /// Newest first.
    let releases: [KnownRelease]

    init(_ status: DaemonStatus) {
        var found: [Key: KnownRelease] = [:]
        for environment in status.environments {
            for (service, events) in environment.releases {
                Self.read(events, of: service, in: environment.environment.name, into: &found)
            }
        }
        releases = found.values.sorted {
            ($1.createdOn, $1.record.service.text, $1.record.version) < (
                $0.createdOn, $0.record.service.text, $0.record.version
            )
        }
    }

    /// - Parameter events: Newest first.
    private static func read(
        _ events: [ReleaseEvent], of service: Name, in environment: Name, into found: inout [Key: KnownRelease]
    ) {
        for (index, event) in events.enumerated() {
            guard let record = event.release else { continue }
            let next = index > 0 ? events[index - 1] : nil
            let isRemoved = next.map { $0.release == nil } ?? false
            let key = Key(service: service, version: record.version)
            guard var known = found[key] else {
                found[key] = KnownRelease(
                    record: record, commit: event.commit, environments: index == 0 ? [environment] : [],
                    isActive: !isRemoved, removal: isRemoved ? next?.commit : nil)
                continue
            }
            if event.commit.date < known.commit.date {
                known = KnownRelease(
                    record: record, commit: event.commit, environments: known.environments, isActive: known.isActive,
                    removal: known.removal)
            }
            if index == 0 { known.environments.append(environment) }
            known.isActive = known.isActive || !isRemoved
            known.removal = known.isActive ? nil : known.removal ?? next?.commit
            found[key] = known
        }
    }

    /// Nil for what nobody released, or what was taken away.
    func active(_ id: String) -> KnownRelease? { releases.first { $0.isActive && $0.id == id.lowercased() } }

    func release(_ service: Name, _ version: String) -> KnownRelease? {
        releases.first { $0.record.service == service && $0.record.version == version }
    }
}
