// SPDX-License-Identifier: Apache-2.0

public import Domain
import HTTPClient
import JSON
import Lifecycle

/// One cluster's API: manifests and names in, objects and changes out.
///
/// HTTP/2 over one connection where the server speaks TLS. At most 16 calls run at once, fewer while the server
/// answers 429; watches are not counted. Every object it gives back has `apiVersion` and `kind`, in lists too.
public final class KubernetesCluster: Cluster {
    let connection: Connection
    let discoveryCache: DiscoveryCache
    /// Nil where nobody else writes.
    private let fence: WriteFence?

    /// - Parameters:
    ///   - version: kubernaut's own, for the `User-Agent`.
    ///   - callsInFlight: 1 or more.
    public convenience init(
        _ access: ClusterAccess, version: String, callsInFlight: Int = 16, limits: CallLimits = CallLimits()
    ) {
        let find: ClusterAccess.Finder = { () throws(ClusterAccessError) in access }
        self.init(finding: find, version: version, callsInFlight: callsInFlight, limits: limits)
    }

    /// - Parameter find: Called when the first request is made, then once a minute, after a refusal and when the server
    ///   cannot be reached. Blocks to read small files.
    public init(
        finding find: @escaping ClusterAccess.Finder, version: String, callsInFlight: Int = 16,
        limits: CallLimits = CallLimits()
    ) {
        connection = Connection(
            find, userAgent: "kubernaut/\(version) (linux/\(machine))", callsInFlight: callsInFlight,
            limits: limits)
        discoveryCache = DiscoveryCache(connection)
        fence = nil
    }

    private init(_ cluster: KubernetesCluster, fence: WriteFence) {
        (connection, discoveryCache) = (cluster.connection, cluster.discoveryCache)
        self.fence = fence
    }

    /// The fence is asked when a write has got through the line; client and server both give it up in time.
    public func fenced(by fence: WriteFence) -> any Cluster { KubernetesCluster(self, fence: fence) }

    public func discovery(refresh: Bool) async throws(ClusterError) -> Discovery {
        try await discoveryCache.discovery(refresh: refresh)
    }

    /// What the server says it is: `v1.36.2`.
    public func serverVersion() async throws(ClusterError) -> String {
        let operation = "asking the cluster for its version"
        let answer = try await connection.result(of: .init(path: ResourcePath("/version"), operation: operation))
        guard let version = try object(answer, operation)["gitVersion"]?.string else {
            throw ClusterError(.unavailable, operation: operation, detail: "the answer has no gitVersion")
        }
        return version
    }

    // MARK: Reading

    public func get(
        _ resource: APIResource, namespace: String?, name: String, detail: Detail
    ) async throws(ClusterError) -> Value? {
        let operation = "reading \(subject(resource, namespace, name))"
        let path = try path(resource, namespace, name, operation)
        do throws(ClusterError) {
            let answer = try await connection.result(
                of: .init(path: path, operation: operation, accept: detail.accept(list: false)))
            return try object(answer, operation).shown(as: resource, detail)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    public func list(
        _ resource: APIResource, namespace: String?, labels: String, detail: Detail
    ) async throws(ClusterError) -> ObjectList {
        let operation = "listing \(subject(resource, namespace, nil))"
        let path = try path(resource, namespace, nil, operation)
            .adding("limit", "500").adding("labelSelector", labels, if: !labels.isEmpty)
        // A list that takes longer than the server keeps old pages starts over; twice is a sign to give up.
        for isLast in [false, false, true] {
            do throws(ClusterError) {
                return try await pages(path, resource, detail, operation)
            } catch {
                if error.code != .gone || isLast { throw error }
            }
        }
        throw ClusterError(.gone, operation: operation, detail: "the list's pages expired again and again")
    }

    private func pages(
        _ path: ResourcePath, _ resource: APIResource, _ detail: Detail, _ operation: String
    ) async throws(ClusterError) -> ObjectList {
        var items: [Value] = []
        var token = ""
        while true {
            let page = path.adding("continue", token, if: !token.isEmpty)
            let answer = try await connection.result(
                of: .init(path: page, operation: operation, accept: detail.accept(list: true)))
            let list = try object(answer, operation)
            guard let version = list.resourceVersion else {
                throw ClusterError(
                    .unavailable, operation: operation, detail: "the answer is no list: no metadata.resourceVersion")
            }
            // Go writes an empty list as null.
            items += (list["items"]?.list ?? []).map { $0.shown(as: resource, detail) }
            token = list[at: "metadata", "continue"]?.string ?? ""
            if token.isEmpty { return ObjectList(items: items, resourceVersion: version) }
        }
    }

    public func log(
        pod: String, namespace: String, container: String, lines: Int
    ) async throws(ClusterError) -> String {
        let operation = "reading the log of \(container) in Pod/\(namespace)/\(pod)"
        let pods = APIResource(
            kind: GroupVersionKind(group: "", version: "v1", kind: "Pod"), plural: "pods", isNamespaced: true, verbs: []
        )
        let path = ResourcePath(try path(pods, namespace, pod, operation).text + "/log")
            .adding("container", container).adding("tailLines", "\(lines)").adding("limitBytes", "\(1 << 20)")
        let answer = try await connection.result(of: .init(path: path, operation: operation, accept: "*/*"))
        return String(decoding: answer.body, as: UTF8.self)
    }

    // MARK: Writing

    public func apply(
        _ object: Value, to resource: APIResource, force: Bool, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        let name = object.objectName ?? ""
        let operation = "applying \(subject(resource, object.objectNamespace, name))"
        let path = try path(resource, object.objectNamespace, name, operation).adding("force", "\(force)")
        return try await write("PATCH", path, object, "application/apply-patch+yaml", resource, dryRun, operation)
    }

    public func create(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        let operation = "creating \(subject(resource, object.objectNamespace, object.objectName ?? ""))"
        if resource.isNamespaced, object.objectNamespace == nil { throw missingNamespace(operation) }
        let path = try path(resource, object.objectNamespace, nil, operation)
        return try await write("POST", path, object, "application/json", resource, dryRun, operation)
    }

    public func replace(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        let name = object.objectName ?? ""
        let operation = "replacing \(subject(resource, object.objectNamespace, name))"
        let path = try path(resource, object.objectNamespace, name, operation)
        return try await write("PUT", path, object, "application/json", resource, dryRun, operation)
    }

    private func write(
        _ method: String, _ path: ResourcePath, _ object: Value, _ type: String, _ resource: APIResource,
        _ dryRun: Bool, _ operation: String
    ) async throws(ClusterError) -> WriteResult {
        let path = path.adding("fieldManager", Conventions.fieldManager).adding("fieldValidation", "Strict")
            .adding("dryRun", "All", if: dryRun)
        let answer = try await connection.result(
            of: .init(
                method: method, path: path, operation: operation, contentType: type, body: object.json(),
                fence: dryRun ? nil : fence))
        return WriteResult(
            object: try self.object(answer, operation).shown(as: resource, .whole),
            wasCreated: answer.status == 201, warnings: warningTexts(answer.headers.all("Warning")))
    }

    @discardableResult
    public func delete(
        _ resource: APIResource, namespace: String?, name: String, preconditions: Preconditions,
        propagation: Propagation, dryRun: Bool
    ) async throws(ClusterError) -> Bool {
        let operation = "deleting \(subject(resource, namespace, name))"
        var options: Value = [
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": .string(propagation.rawValue),
        ]
        var conditions = Map()
        conditions["uid"] = preconditions.uid.map { .string($0) }
        conditions["resourceVersion"] = preconditions.resourceVersion.map { .string($0) }
        if !conditions.isEmpty { options["preconditions"] = .map(conditions) }
        if dryRun { options["dryRun"] = ["All"] }
        do throws(ClusterError) {
            _ = try await connection.result(
                of: .init(
                    method: "DELETE", path: try path(resource, namespace, name, operation), operation: operation,
                    contentType: "application/json", body: options.json(), fence: dryRun ? nil : fence))
            return true
        } catch {
            if error.code == .notFound { return false }
            throw error
        }
    }

    // MARK: Parts

    /// `Deployment/shop/cart`; `Deployment/shop`, or `Deployment` for a collection.
    func subject(_ resource: APIResource, _ namespace: String?, _ name: String?) -> String {
        [resource.kind.kind, resource.isNamespaced ? namespace : nil, name].compactMap(\.self).joined(separator: "/")
    }

    func path(
        _ resource: APIResource, _ namespace: String?, _ name: String?, _ operation: String
    ) throws(ClusterError) -> ResourcePath {
        if let path = ResourcePath(resource, namespace: namespace, name: name) { return path }
        if resource.isNamespaced, namespace == nil { throw missingNamespace(operation) }
        throw ClusterError(
            .invalid, operation: operation, detail: "the name or namespace is empty or holds '/' or '%'; mend it")
    }

    private func missingNamespace(_ operation: String) -> ClusterError {
        ClusterError(.invalid, operation: operation, detail: "the kind has namespaces, and none is given")
    }

    func object(_ answer: HTTPClientResponse, _ operation: String) throws(ClusterError) -> Value {
        do throws(JSONError) {
            let value = try parseJSON(answer.body)
            if value.map != nil { return value }
        } catch {
            throw ClusterError(
                .unavailable, operation: operation, detail: "the answer is no JSON object: \(error)",
                status: answer.status)
        }
        throw ClusterError(
            .unavailable, operation: operation, detail: "the answer is JSON, but no object", status: answer.status)
    }
}

private let machine: String = {
    #if arch(x86_64)
        "amd64"
    #elseif arch(arm64)
        "arm64"
    #else
        "other"
    #endif
}()

extension Detail {
    /// Servers give metadata alone when asked like this; one that cannot gives the whole object.
    func accept(list: Bool) -> String {
        switch self {
        case .whole: "application/json"
        case .metadata:
            "application/json;as=PartialObjectMetadata\(list ? "List" : "");g=meta.k8s.io;v=v1,application/json"
        }
    }
}

extension Value {
    /// The object with its own `apiVersion` and `kind`, which items of lists and metadata-only answers lack.
    func shown(as resource: APIResource, _ detail: Detail) -> Value {
        var object: Value = self
        if detail == .metadata { object = ["metadata": self["metadata"] ?? [:]] }
        object["apiVersion"] = .string(resource.kind.apiVersion)
        object["kind"] = .string(resource.kind.kind)
        return object
    }
}
