// SPDX-License-Identifier: Apache-2.0

/// Type of object: API group (empty for the core group), version and kind.
public struct GroupVersionKind: Sendable, Hashable, CustomStringConvertible {
    public let group: String
    public let version: String
    public let kind: String

    public init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    /// From the two fields of a manifest: `apps/v1` and `Deployment`.
    public init(apiVersion: String, kind: String) {
        let bytes = apiVersion.utf8
        if let slash = bytes.firstIndex(of: UInt8(ascii: "/")) {
            group = String(apiVersion[..<slash])
            version = String(apiVersion[bytes.index(after: slash)...])
        } else {
            group = ""
            version = apiVersion
        }
        self.kind = kind
    }

    /// `apps/v1`, or `v1` for the core group.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }
    public var description: String { "\(apiVersion) \(kind)" }
}

/// A kind in any version of its API group, printed as KEP-3659 writes it: `Deployment.apps`, `Service`.
public struct GroupKind: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let group: String
    public let kind: String

    public init(group: String, kind: String) {
        self.group = group
        self.kind = kind
    }

    public init(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1)
        kind = String(parts.first ?? "")
        group = parts.count == 2 ? String(parts[1]) : ""
    }

    public var description: String { group.isEmpty ? kind : "\(kind).\(group)" }
    public static func < (left: GroupKind, right: GroupKind) -> Bool { left.description < right.description }
}

/// Names an object in any version of its API: group, kind, namespace and name.
public struct ResourceKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let groupKind: GroupKind
    /// Nil for an object of the whole cluster.
    public let namespace: String?
    public let name: String

    public init(groupKind: GroupKind, namespace: String?, name: String) {
        self.groupKind = groupKind
        self.namespace = namespace
        self.name = name
    }

    /// `Deployment/shop/cart`, or `Namespace/shop` for an object of the whole cluster.
    public var description: String { [groupKind.kind, namespace, name].compactMap(\.self).joined(separator: "/") }

    public static func < (left: ResourceKey, right: ResourceKey) -> Bool {
        (left.groupKind, left.namespace ?? "", left.name) < (right.groupKind, right.namespace ?? "", right.name)
    }
}

/// One object as git wants it: rendered, normalized, not yet known to any cluster.
public struct Manifest: Sendable, Hashable {
    public let kind: GroupVersionKind
    /// As written; nil where the manifest names none. Whether the kind has a namespace only the cluster knows.
    public let namespace: String?
    public let name: String
    /// The whole object, `apiVersion` and `kind` included.
    public let object: Value
    /// The service it belongs to.
    public let service: Name
    /// Where the document starts: its template and line.
    public let location: SourceLocation
    /// SHA-256 of the object's canonical JSON, 64 hexadecimal digits.
    public let digest: String

    public init(
        kind: GroupVersionKind, namespace: String?, name: String, object: Value, service: Name,
        location: SourceLocation, digest: String
    ) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.object = object
        self.service = service
        self.location = location
        self.digest = digest
    }
}

extension Value {
    /// Group, version and kind of an object; nil when `apiVersion` or `kind` is missing or empty.
    public var groupVersionKind: GroupVersionKind? {
        guard let version = self["apiVersion"]?.string, let kind = self["kind"]?.string, !version.isEmpty, !kind.isEmpty
        else { return nil }
        return GroupVersionKind(apiVersion: version, kind: kind)
    }

    public var objectName: String? { self[at: "metadata", "name"]?.string }
    public var objectNamespace: String? { self[at: "metadata", "namespace"]?.string }
    public var uid: String? { self[at: "metadata", "uid"]?.string }
    public var resourceVersion: String? { self[at: "metadata", "resourceVersion"]?.string }

    public func label(_ name: String) -> String? { self[at: "metadata", "labels"]?[name]?.string }
    public func annotation(_ name: String) -> String? { self[at: "metadata", "annotations"]?[name]?.string }
}
