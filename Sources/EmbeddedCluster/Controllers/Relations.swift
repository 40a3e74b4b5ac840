// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Who belongs to whom by labels, kept from the stream of changes, so that no step looks at all objects of a kind.
final class Relations: Sendable {
    private struct Label: Hashable, Sendable {
        let namespace: String
        let key: String
        let value: String
    }

    private struct State: Sendable {
        /// Pods by each of their labels, Services by one pair of their selector.
        var byLabel: [ResourceID: [Label: Set<ObjectKey>]] = [:]
        /// ReplicaSets and pods without a controller.
        var orphans: [ResourceID: Set<ObjectKey>] = [:]
    }

    private let state = Lock(State())

    func note(_ resource: ResourceID, from old: Value?, to new: Value?) {
        guard let key = (new ?? old)?.key else { return }
        if resource == .services {
            move(.services, key, from: Self.pair(of: old), to: Self.pair(of: new))
        } else if resource == .pods {
            move(.pods, key, from: Self.labels(of: old), to: Self.labels(of: new))
        }
        guard resource == .pods || resource == .replicaSets else { return }
        let isOrphan = new.map { $0.controllerUID == nil } ?? false
        state.withLock { state in
            if isOrphan {
                state.orphans[resource, default: []].insert(key)
            } else {
                state.orphans[resource]?.remove(key)
            }
        }
    }

    /// Candidates: every pod that matches is among them. Nil when the selector names no pair to look up.
    func pods(for selector: LabelSelector, in namespace: String) -> Set<ObjectKey>? {
        for requirement in selector.requirements {
            guard case .isIn(let key, let values) = requirement else { continue }
            return state.withLock { state in
                values.reduce(into: []) {
                    $0.formUnion(state.byLabel[.pods]?[Label(namespace: namespace, key: key, value: $1)] ?? [])
                }
            }
        }
        return nil
    }

    /// Candidates: every Service that selects these labels is among them.
    func services(for labels: Map, in namespace: String) -> Set<ObjectKey> {
        state.withLock { state in
            labels.reduce(into: []) { found, entry in
                guard let value = entry.value.string else { return }
                let label = Label(namespace: namespace, key: entry.key, value: value)
                found.formUnion(state.byLabel[.services]?[label] ?? [])
            }
        }
    }

    func orphans(_ resource: ResourceID, in namespace: String) -> [ObjectKey] {
        state.withLock { state in (state.orphans[resource] ?? []).filter { $0.namespace == namespace } }
    }

    private func move(_ resource: ResourceID, _ key: ObjectKey, from old: [Label], to new: [Label]) {
        guard old != new else { return }
        state.withLock { state in
            for label in old {
                state.byLabel[resource]?[label]?.remove(key)
                if state.byLabel[resource]?[label]?.isEmpty == true { state.byLabel[resource]?[label] = nil }
            }
            for label in new { state.byLabel[resource, default: [:]][label, default: []].insert(key) }
        }
    }

    private static func labels(of object: Value?) -> [Label] {
        guard let object else { return [] }
        return object.labels.compactMap { entry in
            entry.value.string.map { Label(namespace: object.namespace, key: entry.key, value: $0) }
        }
    }

    private static func pair(of service: Value?) -> [Label] {
        guard let service, let first = service[at: "spec", "selector"]?.map?.first, let value = first.value.string
        else {
            return []
        }
        return [Label(namespace: service.namespace, key: first.key, value: value)]
    }
}
