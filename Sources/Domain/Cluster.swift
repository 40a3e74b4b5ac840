// SPDX-License-Identifier: Apache-2.0

/// How a kind is served: its URL part, scope and verbs, as the cluster's discovery says.
public struct APIResource: Sendable, Hashable {
    public let kind: GroupVersionKind
    /// The URL part: `deployments`.
    public let plural: String
    public let isNamespaced: Bool
    public let verbs: Set<String>

    public init(kind: GroupVersionKind, plural: String, isNamespaced: Bool, verbs: Set<String>) {
        self.kind = kind
        self.plural = plural
        self.isNamespaced = isNamespaced
        self.verbs = verbs
    }
}

/// What a cluster serves, as far as it could be asked.
public struct Discovery: Sendable {
    private let byKind: [GroupVersionKind: APIResource]
    /// The version the server prefers, per kind.
    private let preferred: [GroupKind: APIResource]
    /// Group-versions that did not answer: their kinds are unknown, never gone.
    public let unavailable: Set<String>

    /// - Parameter resources: In the order of the server's preference; sub-resources left out.
    public init(resources: [APIResource], unavailable: Set<String> = []) {
        byKind = Dictionary(resources.map { ($0.kind, $0) }) { first, _ in first }
        preferred = Dictionary(resources.map { ($0.kind.groupKind, $0) }) { first, _ in first }
        self.unavailable = unavailable
    }

    /// Nil when the cluster does not serve this kind in this version.
    public func resource(for kind: GroupVersionKind) -> APIResource? { byKind[kind] }

    /// The resource in the version that the server prefers.
    public func resource(for kind: GroupKind) -> APIResource? { preferred[kind] }

    public var resources: [APIResource] { byKind.values.sorted { $0.kind.description < $1.kind.description } }
}

/// One page of objects, whole: pages were followed to the end.
public struct ObjectList: Sendable {
    public let items: [Value]
    /// Where a watch continues.
    public let resourceVersion: String

    public init(items: [Value], resourceVersion: String) {
        self.items = items
        self.resourceVersion = resourceVersion
    }
}

/// Whether answers carry whole objects or `PartialObjectMetadata` only.
public enum Detail: Sendable, Hashable {
    case whole
    case metadata
}

public enum WatchEvent: Sendable {
    case added(Value)
    case modified(Value)
    /// The object's last state.
    case deleted(Value)
    /// Nothing changed up to this resource version.
    case bookmark(resourceVersion: String)
}

/// What a delete must find, or it is refused with `.conflict`.
public struct Preconditions: Sendable, Hashable {
    public let uid: String?
    public let resourceVersion: String?

    public init(uid: String? = nil, resourceVersion: String? = nil) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }
}

public enum Propagation: String, Sendable, Hashable {
    case background = "Background"
    case foreground = "Foreground"
    case orphan = "Orphan"
}

/// What the server gave back for a write.
public struct WriteResult: Sendable {
    /// The object as the server has it now.
    public let object: Value
    /// Whether this write brought the object into being (HTTP 201).
    public let wasCreated: Bool
    /// Texts of `Warning` headers, for people.
    public let warnings: [String]

    public init(object: Value, wasCreated: Bool, warnings: [String]) {
        self.object = object
        self.wasCreated = wasCreated
        self.warnings = warnings
    }
}

/// A cluster's API, one object at a time. Port; `KubernetesAPI` is the implementation.
///
/// Every function throws `ClusterError` and nothing else, and ends early with `.cancelled` when its task is
/// cancelled. Every object given back has its own `apiVersion` and `kind`, also in lists and as metadata only.
public protocol Cluster: Sendable {
    /// What the cluster serves. Cached; `refresh` asks again.
    func discovery(refresh: Bool) async throws(ClusterError) -> Discovery

    /// Nil when there is no such object.
    func get(_ resource: APIResource, namespace: String?, name: String, detail: Detail) async throws(ClusterError)
        -> Value?

    /// All objects of a kind, across namespaces unless one is named; pages are followed.
    ///
    /// - Parameter labels: A label selector, `key=value`; empty for all.
    func list(_ resource: APIResource, namespace: String?, labels: String, detail: Detail) async throws(ClusterError)
        -> ObjectList

    /// Changes after `resourceVersion`. The stream ends when the server ends it, and throws `ClusterError`,
    /// `.gone` when the version is too old: list again.
    func watch(
        _ resource: APIResource, namespace: String?, labels: String, from resourceVersion: String, detail: Detail
    ) -> AsyncThrowingStream<WatchEvent, any Error>

    /// Server-side apply of a whole object, with strict field validation, as field manager `kubernaut`.
    ///
    /// - Parameter force: Whether to take over fields that others own.
    func apply(_ object: Value, to resource: APIResource, force: Bool, dryRun: Bool) async throws(ClusterError)
        -> WriteResult

    /// POST of a whole object.
    func create(_ object: Value, in resource: APIResource, dryRun: Bool) async throws(ClusterError) -> WriteResult

    /// PUT of a whole object; with a `resourceVersion` in it only over that version.
    func replace(_ object: Value, in resource: APIResource, dryRun: Bool) async throws(ClusterError) -> WriteResult

    /// The last lines of what a container wrote.
    ///
    /// - Parameter lines: 1 or more.
    func log(pod: String, namespace: String, container: String, lines: Int) async throws(ClusterError) -> String

    /// Asks for deletion; returns when the server has accepted, which may be before the object is gone.
    ///
    /// - Returns: False when there was no such object.
    @discardableResult
    func delete(
        _ resource: APIResource, namespace: String?, name: String, preconditions: Preconditions,
        propagation: Propagation, dryRun: Bool
    ) async throws(ClusterError) -> Bool

    /// This cluster, through which writes go only while the fence lets them; dry runs and reads always do.
    func fenced(by fence: WriteFence) -> any Cluster
}

extension Cluster {
    /// For clusters that have no containers.
    public func log(pod: String, namespace: String, container: String, lines: Int) async throws(ClusterError) -> String
    {
        throw ClusterError(
            .notFound, operation: "reading the log of \(namespace)/\(pod)", detail: "this cluster keeps no logs")
    }
}

/// Why a cluster did not do what was asked, in terms a caller can act on.
public struct ClusterError: Error, Hashable, Sendable {
    /// What the caller can do about it. Switch on this; never on `detail`.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case notFound  // 404 for an object
        case unknownKind  // 404 for a kind: wait for discovery
        case alreadyExists  // 409 AlreadyExists: someone created it first
        case conflict  // 409 Conflict: another version, another uid, or fields another manager owns
        case gone  // 410: list again
        case invalid  // 400, 405, 415, 422: permanent until git changes
        case immutable  // 422 that names an immutable field
        case tooLarge  // 413, or etcd's "request is too large"
        case forbidden  // 403
        case terminating  // 403 because the namespace is being deleted
        case unauthorized  // 401: credentials refused
        case throttled  // 429: wait `retryAfter`
        case unavailable  // 5xx and answers that are no Kubernetes answer; a write may have happened
        case unreachable  // no connection: nothing was sent
        case interrupted  // connection lost or timed out after sending; a write may have happened
        case cancelled  // the caller asked to stop: no failure
    }

    public let code: Code
    /// What was being done, with its subject: "applying Deployment/shop/cart".
    public let operation: String
    /// The server's or the library's own words. Never contains credentials.
    public let detail: String
    /// The HTTP status; nil when there was no answer.
    public let status: Int?
    /// What the server asked to wait; nil when it did not.
    public let retryAfter: Duration?
    /// Per field: the path and what is wrong with it, from `details.causes`.
    public let causes: [Cause]

    public struct Cause: Sendable, Hashable {
        public let field: String
        public let reason: String
        public let message: String

        public init(field: String, reason: String, message: String) {
            self.field = field
            self.reason = reason
            self.message = message
        }
    }

    public init(
        _ code: Code, operation: String, detail: String, status: Int? = nil, retryAfter: Duration? = nil,
        causes: [Cause] = []
    ) {
        self.code = code
        self.operation = operation
        self.detail = detail
        self.status = status
        self.retryAfter = retryAfter
        self.causes = causes
    }

    /// Whether the same call may succeed later without a change in git or configuration.
    public var isRetryable: Bool {
        switch code {
        case .throttled, .unavailable, .unreachable, .interrupted, .gone, .terminating, .unknownKind: true
        case .notFound, .alreadyExists, .conflict, .invalid, .immutable, .tooLarge, .forbidden, .unauthorized,
            .cancelled:
            false
        }
    }
}

extension ClusterError: CustomStringConvertible {
    public var description: String { "\(operation) failed (\(code.rawValue)): \(detail)" }
}
