// SPDX-License-Identifier: Apache-2.0

import Domain

// Who an object belongs to, and which of its fields are ours.

extension ResourceKey {
    /// What `kubernaut.dev/object` says on the object itself: `Deployment.apps/shop/cart`, `Namespace/shop`.
    var identity: String { [groupKind.description, namespace, name].compactMap(\.self).joined(separator: "/") }

    /// Reads `identity`; nil when the text is none.
    init?(identity: String) {
        let parts = identity.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || parts.count == 3, let name = parts.last, !name.isEmpty else { return nil }
        self.init(groupKind: GroupKind(parts[0]), namespace: parts.count == 3 ? parts[1] : nil, name: name)
    }

    /// The key of a live object; nil when it lacks a kind or a name.
    init?(of object: Value, kind: GroupKind? = nil) {
        guard let kind = kind ?? object.groupVersionKind?.groupKind, let name = object.objectName else { return nil }
        self.init(groupKind: kind, namespace: object.objectNamespace, name: name)
    }
}

/// What a live object's marks say about whose it is.
enum Ownership: Sendable, Hashable {
    case ours
    /// Carries our label, but the identity of another object: somebody copied one of ours.
    case copy
    /// Carries our label, but no identity: ours to apply, never to prune.
    case unproven
    /// A member of another ApplySet, by its id.
    case another(String)
    case nobody

    init(of object: Value, key: ResourceKey, in applySet: ApplySet) {
        switch object.label(Conventions.applySetPartOfLabel) {
        case applySet.id?:
            let identity = object.annotation(Conventions.objectAnnotation)
            self = identity == key.identity ? .ours : identity == nil ? .unproven : .copy
        case let other?: self = .another(other)
        case nil: self = .nobody
        }
    }
}

/// The fields of an object that kubernaut owns, as the server keeps them in `metadata.managedFields`.
enum OwnFields {
    /// A hash over our entries, to tell within this process whether anyone took a field from us; 0 without an entry.
    static func fingerprint(of object: Value) -> Int {
        let ours = entries(of: object).filter(isOurs)
        guard !ours.isEmpty else { return 0 }
        var hasher = Hasher()
        for entry in ours {
            hasher.combine(entry["operation"]?.string)
            hasher.combine(entry["fieldsV1"])
        }
        return hasher.finalize()
    }

    /// The other manager that last wrote a field that git sets, and that field; nil when none can be named.
    static func contender(in live: Value, against desired: Value) -> (manager: String, field: String)? {
        let others = entries(of: live).filter { !isOurs($0) && $0["subresource"]?.string == nil }
        let newestFirst = others.sorted { ($0["time"]?.string ?? "") > ($1["time"]?.string ?? "") }
        for entry in newestFirst {
            guard let manager = entry["manager"]?.string, let fields = entry["fieldsV1"],
                let path = firstShared(fields, desired, FieldPath())
            else { continue }
            return (manager, path.description)
        }
        return nil
    }

    private static func entries(of object: Value) -> [Value] { object[at: "metadata", "managedFields"]?.list ?? [] }

    private static func isOurs(_ entry: Value) -> Bool {
        entry["manager"]?.string == Conventions.fieldManager && entry["subresource"]?.string == nil
    }

    /// The first leaf of `fields` (`f:` members of fieldsV1) that `desired` sets too.
    private static func firstShared(_ fields: Value, _ desired: Value, _ path: FieldPath) -> FieldPath? {
        for entry in fields.map ?? Map() {
            guard entry.key.hasPrefix("f:") else { continue }
            let key = String(entry.key.dropFirst(2))
            guard let member = desired[key] else { continue }
            let here = path.appending(key)
            if member.map == nil || entry.value.map?.isEmpty != false { return here }
            if let found = firstShared(entry.value, member, here) { return found }
        }
        return nil
    }
}
