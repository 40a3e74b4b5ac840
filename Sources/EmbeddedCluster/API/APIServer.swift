// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import JSON
import Lifecycle

/// Answers Kubernetes API requests: comes in an HTTP request, goes out an HTTP response.
struct APIServer: Sendable {
    let store: Store
    let objects: Objects
    let now: Now
    /// How long a watch lasts that sets no time of its own.
    let watchTimeout: Duration
    let bookmarkInterval: Duration

    func handle(_ request: HTTPRequest) async -> HTTPResponse {
        do throws(APIError) {
            return try route(request)
        } catch  where error.code == 404 && error.reason.isEmpty {
            return HTTPResponse(
                status: 404, headers: ["Content-Type": "text/plain"], body: .bytes(Array("\(error.message)\n".utf8)))
        } catch {
            var headers: HTTPHeaders = ["Content-Type": "application/json"]
            if let seconds = error.retryAfter { headers["Retry-After"] = String(seconds) }
            return HTTPResponse(status: error.code, headers: headers, body: .bytes(error.status.json()))
        }
    }

    private func route(_ request: HTTPRequest) throws(APIError) -> HTTPResponse {
        guard let path = URLText.path(request.rawPath) else { throw .badRequest("the URL has a bad escape") }
        switch path.first {
        case "api", "apis":
            if let answer = Discovery.answer(path, request, store.registry) { return answer }
            if let answer = try review(path, request) { return answer }
            guard let target = Target(path: path, store.registry) else {
                let group = path[0] == "api" ? "" : path.dropFirst().first ?? ""
                let version = path.dropFirst(path[0] == "api" ? 1 : 2).first ?? ""
                let isServed = !store.registry.resources(group: group, version: version).isEmpty
                throw isServed ? .unknownResource() : .unknownPath()
            }
            return try serve(target, request)
        case "openapi": return try OpenAPI.answer(path, request, store.registry)
        case "version": return Self.json(Discovery.version)
        case "healthz", "livez", "readyz": return Self.text("ok")
        case nil:
            return Self.json([
                "paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
            ])
        default: throw .unknownPath()
        }
    }

    /// Everybody may do everything here; `kubectl auth can-i` hears so. Nil for any other path.
    private func review(_ path: [String], _ request: HTTPRequest) throws(APIError) -> HTTPResponse? {
        guard path == ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"], request.method == "POST"
        else {
            return nil
        }
        do throws(JSONError) {
            var review = try parseJSON(request.body)
            review["status"] = ["allowed": true, "reason": "the embedded cluster knows no permissions"]
            return Self.json(review, status: 201)
        } catch {
            throw .badRequest("error decoding the review: \(error)")
        }
    }

    private func serve(_ target: Target, _ request: HTTPRequest) throws(APIError) -> HTTPResponse {
        let query = URLText.query(request.rawQuery)
        guard let form = Form(accept: request.headers["Accept"]) else {
            throw APIError(
                406, "NotAcceptable",
                "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
                    + "application/vnd.kubernetes.protobuf", details: [:])
        }
        let call = Call(target: target, query: query, form: form, request: request)
        if !target.subresource.isEmpty { return try subresource(call) }
        switch (request.method, target.name) {
        case ("GET", nil), ("HEAD", nil):
            return call.isWatch ? try watch(call) : try list(call)
        case ("GET", let name?), ("HEAD", let name?):
            if call.isWatch { return try watch(call, name: name) }
            return answer(try objects.find(target.resource, target.key), call)
        case ("POST", nil): return try create(call)
        case ("PUT", _?): return try replace(call)
        case ("PATCH", _?): return try patch(call)
        case ("DELETE", _?): return try delete(call)
        case ("DELETE", nil): return try deleteCollection(call)
        default: throw .methodNotAllowed()
        }
    }

    static func json(_ value: Value, status: Int = 200, warnings: [String] = []) -> HTTPResponse {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        for warning in warnings {
            let text = warning.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            headers.append("Warning", "299 - \"\(text)\"")
        }
        return HTTPResponse(status: status, headers: headers, body: .bytes(value.json()))
    }

    static func text(_ text: String) -> HTTPResponse {
        HTTPResponse(status: 200, headers: ["Content-Type": "text/plain"], body: .bytes(Array(text.utf8)))
    }
}

/// One request for objects, taken apart.
struct Call: Sendable {
    let target: Target
    let query: [String: String]
    let form: Form
    let request: HTTPRequest

    var isWatch: Bool { ["true", "1"].contains(query["watch"] ?? "") }

    /// How the object or an item of a list is shown.
    func shown(_ object: Value) -> Value {
        let version = Conversion.fromStored(object, target.resource, to: target.version)
        return form == .metadata ? Self.partial(version) : version
    }

    static func partial(_ object: Value) -> Value {
        ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object.metadata]
    }

    /// - Throws: 400 for selectors that cannot be read.
    func filter() throws(APIError) -> ObjectFilter {
        let labels = query["labelSelector"] ?? ""
        let fields = query["fieldSelector"] ?? ""
        guard let labelSelector = LabelSelector(labels) else {
            throw .badRequest("unable to parse requirement: \(labels)")
        }
        guard let fieldSelector = FieldSelector(fields) else {
            throw .badRequest("invalid selector: '\(fields)'; can't understand '\(fields)'")
        }
        if let unknown = fieldSelector.requirements.first(where: { !isSelectable($0.path) }) {
            let path = unknown.path.joined(separator: ".")
            throw .badRequest(
                Self.fieldLabels[target.resource.kind] == nil
                    ? "\"\(path)\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    : "field label not supported: \(path)")
        }
        return ObjectFilter(namespace: target.namespace, labels: labelSelector, fields: fieldSelector)
    }

    private func isSelectable(_ path: [String]) -> Bool {
        if path == ["metadata", "name"] || path == ["metadata", "namespace"] { return true }
        return !target.resource.isCustom
            && Self.fieldLabels[target.resource.kind]?.contains(path.joined(separator: ".")) == true
    }

    /// What else field selectors may ask for.
    private static let fieldLabels: [String: Set<String>] = [
        "Pod": [
            "status.phase", "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
            "status.podIP", "spec.hostNetwork", "status.nominatedNodeName",
        ],
        "Event": [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
            "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
            "reportingComponent", "source", "type",
        ],
        "Namespace": ["status.phase"], "Node": ["spec.unschedulable"], "Secret": ["type"],
        "Job": ["status.successful"], "ReplicaSet": ["status.replicas"],
        "Service": ["spec.clusterIP", "spec.type"],
    ]
}

/// Which objects a list or watch is about.
struct ObjectFilter: Sendable {
    /// Nil for all.
    let namespace: String?
    let labels: LabelSelector
    let fields: FieldSelector

    func matches(_ object: Value) -> Bool {
        (namespace.map { $0 == object.namespace } ?? true)
            && (labels.requirements.isEmpty || labels.matches(object.labels))
            && (fields.requirements.isEmpty || fields.matches(object))
    }
}
