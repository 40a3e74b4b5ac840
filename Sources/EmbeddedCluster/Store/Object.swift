// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

/// Where an object lives; `namespace` is empty for a cluster-wide one.
struct ObjectKey: Hashable, Sendable, Comparable {
    let namespace: String
    let name: String

    static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        left.namespace == right.namespace
            ? left.name.precedesInBytes(right.name) : left.namespace.precedesInBytes(right.namespace)
    }
}

/// One object anywhere in the store.
struct ObjectReference: Hashable, Sendable {
    let resource: ResourceID
    let key: ObjectKey
}

// The members of `metadata` that the server itself reads and writes.
extension Value {
    var metadata: Value {
        get { self["metadata"] ?? [:] }
        set { self["metadata"] = newValue }
    }

    var name: String { self[at: "metadata", "name"]?.string ?? "" }
    var namespace: String { self[at: "metadata", "namespace"]?.string ?? "" }
    var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    var uid: String { self[at: "metadata", "uid"]?.string ?? "" }
    var labels: Map { self[at: "metadata", "labels"]?.map ?? Map() }
    var annotations: Map { self[at: "metadata", "annotations"]?.map ?? Map() }
    var generation: Int64 { self[at: "metadata", "generation"]?.integer ?? 0 }
    var finalizers: [String] { (self[at: "metadata", "finalizers"]?.list ?? []).compactMap(\.string) }
    var ownerReferences: [Value] { self[at: "metadata", "ownerReferences"]?.list ?? [] }
    var isTerminating: Bool { self[at: "metadata", "deletionTimestamp"] != nil }

    /// The revision of the last change; 0 for an object that is not stored yet.
    var revision: Int64 { self[at: "metadata", "resourceVersion"]?.string.flatMap { Int64($0) } ?? 0 }

    /// Nil when no owner is in charge.
    var controllerUID: String? {
        ownerReferences.first { $0["controller"]?.bool == true }?["uid"]?.string
    }

    /// The member at a chain of keys; setting makes the maps on the way, nil removes the member.
    subscript(keys: [String]) -> Value? {
        get {
            var value = self
            for key in keys {
                guard let next = value[key] else { return nil }
                value = next
            }
            return value
        }
        set {
            guard let first = keys.first else { return }
            if keys.count == 1 {
                self[first] = newValue
            } else if newValue != nil || self[first] != nil {
                var inner = self[first] ?? [:]
                inner[Array(keys.dropFirst())] = newValue
                self[first] = inner
            }
        }
    }

    var compactText: String { jsonText() }

    /// Whether this is a list or map without members.
    var isEmptyCollection: Bool {
        switch self {
        case .list(let items): items.isEmpty
        case .map(let map): map.isEmpty
        default: false
        }
    }
}
