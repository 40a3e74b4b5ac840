// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain

/// The set of objects that belong to one environment, as KEP-3659 describes it and `kubectl` reads it.
///
/// A ConfigMap in the environment's namespace is the parent: it says which kinds and namespaces may hold members.
/// Members carry the set's id as a label from the very write that creates them. The parent is widened before the
/// first member of a new kind is written and narrowed after the last one is gone, so whoever reads it after a crash
/// at any point still finds every member.
public struct ApplySet: Sendable, Hashable {
    public let environment: Name
    /// Of the parent.
    public let namespace: String

    public init(of environment: Environment) {
        self.environment = environment.name
        namespace = environment.namespace
        let identity = SHA256()
        identity.update("kubernaut-\(environment.name).\(environment.namespace).ConfigMap.")
        id = "applyset-\(Base64.url.text(identity.finish()))-v1"
    }

    /// The set that an environment had under its old name.
    init(of former: FormerEnvironment) {
        self.init(of: Environment(name: former.name, namespace: former.namespace))
    }

    /// The value of the label on parent and members.
    public let id: String

    public var name: String { "kubernaut-\(environment)" }
    /// Selects the members.
    public var selector: String { "\(Conventions.applySetPartOfLabel)=\(id)" }

    static let tooling = "kubernaut/v1"
    static let resource = APIResource(
        kind: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"), plural: "configmaps", isNamespaced: true,
        verbs: [])

    /// Where members may be.
    public struct Contents: Sendable, Hashable {
        public var groupKinds: Set<GroupKind>
        /// The parent's own namespace included.
        public var namespaces: Set<String>

        public init(groupKinds: Set<GroupKind> = [], namespaces: Set<String> = []) {
            self.groupKinds = groupKinds
            self.namespaces = namespaces
        }

        init(of keys: some Sequence<ResourceKey>) {
            self.init()
            for key in keys {
                groupKinds.insert(key.groupKind)
                if let namespace = key.namespace { namespaces.insert(namespace) }
            }
        }

        func union(_ other: Contents) -> Contents {
            Contents(
                groupKinds: groupKinds.union(other.groupKinds), namespaces: namespaces.union(other.namespaces))
        }
    }

    /// The parent that announces `contents` and remembers `memory`, ready for server-side apply.
    func parent(announcing contents: Contents, memory: ParentMemory = ParentMemory()) -> Value {
        var parent = announcement(contents)
        parent["data"] = memory.data
        return parent
    }

    private func announcement(_ contents: Contents) -> Value {
        let kinds = contents.groupKinds.map(\.description).sorted { $0.precedesInBytes($1) }
        let namespaces = contents.namespaces.subtracting([namespace]).sorted { $0.precedesInBytes($1) }
        return [
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": [
                "name": .string(name),
                "namespace": .string(namespace),
                "labels": [
                    Conventions.applySetIDLabel: .string(id),
                    Conventions.environmentLabel: .string(environment.text),
                ],
                "annotations": [
                    Conventions.applySetToolingAnnotation: .string(Self.tooling),
                    Conventions.applySetGroupKindsAnnotation: .string(kinds.joined(separator: ",")),
                    Conventions.applySetNamespacesAnnotation: .string(namespaces.joined(separator: ",")),
                ],
            ],
        ]
    }

    /// What a parent announces.
    ///
    /// Whether both marks of a parent are there.
    func isMarked(_ parent: Value) -> Bool {
        parent.label(Conventions.applySetIDLabel) != nil
            && parent.annotation(Conventions.applySetToolingAnnotation) != nil
    }

    /// A parent that lost one of its two marks is still this set's: it is mended with the next write.
    ///
    /// - Throws: `.conflict` when the object is no parent of this set: another tool's, or somebody's own ConfigMap.
    func contents(of parent: Value) throws(ClusterError) -> Contents {
        let tool = parent.annotation(Conventions.applySetToolingAnnotation)?.split(separator: "/").first
        let mark = parent.label(Conventions.applySetIDLabel)
        guard mark == id || mark == nil, tool == "kubernaut" || tool == nil, mark != nil || tool != nil else {
            throw ClusterError(
                .conflict, operation: "reading ConfigMap/\(namespace)/\(name)",
                detail: "it exists and is not this environment's ApplySet parent; rename or delete it, "
                    + "or give the environment another namespace")
        }
        func words(_ annotation: String) -> [String] {
            (parent.annotation(annotation) ?? "").split(separator: ",").map(String.init)
        }
        return Contents(
            groupKinds: Set(words(Conventions.applySetGroupKindsAnnotation).map { GroupKind($0) }),
            namespaces: Set(words(Conventions.applySetNamespacesAnnotation)).union([namespace]))
    }
}
