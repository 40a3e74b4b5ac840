// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Domain
import Lifecycle

/// The objects of two renderings side by side; what is the same is left out.
struct ManifestComparison: Sendable {
    struct Pair: Sendable {
        let key: ResourceKey
        let before: Manifest?
        let after: Manifest?
        var service: Name? { (after ?? before)?.service }
    }

    /// In the order of their keys.
    let pairs: [Pair]
    /// In the order of their names.
    let services: [Name]

    /// A service that fails on either side has no objects there, and says nothing about deletions: it is left out.
    init(_ before: Rendering, _ after: Rendering) {
        let failed = Set((before.services + after.services).filter(\.isFailed).map(\.name))
        let old = Self.manifests(before, without: failed)
        let new = Self.manifests(after, without: failed)
        var pairs: [Pair] = []
        for (key, manifest) in new where old[key]?.digest != manifest.digest {
            pairs.append(Pair(key: key, before: old[key], after: manifest))
        }
        if !after.isUnreadable {
            for (key, manifest) in old where new[key] == nil {
                pairs.append(Pair(key: key, before: manifest, after: nil))
            }
        }
        self.pairs = pairs.sorted { $0.key < $1.key }
        services = Set(pairs.compactMap(\.service)).sorted()
    }

    private static func manifests(_ rendering: Rendering, without failed: Set<Name>) -> [ResourceKey: Manifest] {
        var found: [ResourceKey: Manifest] = [:]
        for service in rendering.services where !failed.contains(service.name) {
            for manifest in service.manifests {
                let key = ResourceKey(
                    groupKind: manifest.kind.groupKind, namespace: manifest.namespace, name: manifest.name)
                found[key] = manifest
            }
        }
        return found
    }

    /// On all cores when there are many.
    func diffs(named environment: Name, mask: SecretMask) -> [ObjectDiff] {
        let size = 64
        let parts = (pairs.count + size - 1) / size
        let found = Lock([ObjectDiff]())
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let some = pairs[part * size..<min((part + 1) * size, pairs.count)]
            func side(_ name: String, _ manifest: (Pair) -> Manifest?) -> DiffSide {
                let objects = some.compactMap { pair in
                    manifest(pair).map { DiffObject(key: pair.key, service: $0.service, object: $0.object) }
                }
                return DiffSide(name: name, objects: objects)
            }
            let diffs = compare(
                side("\(environment) now", \.before), side("\(environment) after", \.after), mask: mask)
            found.withLock { $0 += diffs }
        }
        return found.withLock { $0 }.sorted { $0.key < $1.key }
    }
}
