// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import TestKit
import Testing

/// One answer and the code it must turn into.
struct RefusedCall: Sendable, CustomTestStringConvertible {
    let status: Int
    let body: String
    let code: ClusterError.Code
    let testDescription: String

    init(_ status: Int, _ body: String, _ code: ClusterError.Code, _ description: String) {
        self.status = status
        self.body = body
        self.code = code
        testDescription = "\(status) \(description)"
    }

    /// A `Status` object as the API server writes it.
    init(
        _ status: Int, reason: String, message: String = "no", details: String = "{}", _ code: ClusterError.Code,
        _ description: String
    ) {
        self.init(
            status,
            """
            {"kind":"Status","apiVersion":"v1","status":"Failure","reason":"\(reason)","message":"\(message)",
             "details":\(details),"code":\(status)}
            """, code, description)
    }
}

@Suite("Statuses become codes", .timeLimit(.minutes(1)))
struct StatusMappingTests {
    static let fieldManagerConflict = """
        {"causes":[{"reason":"FieldManagerConflict","message":"conflict with \\"kubectl\\" using apps/v1",
        "field":".spec.replicas"}]}
        """
    static let terminating = """
        {"name":"shop","kind":"namespaces","causes":[{"reason":"NamespaceTerminating","message":"namespace shop is \
        being terminated","field":"metadata.namespace"}]}
        """
    static func fieldCause(_ message: String) -> String {
        #"{"name":"x","causes":[{"reason":"FieldValueInvalid","message":"\#(message)","field":"spec.x"}]}"#
    }

    static let calls: [RefusedCall] = [
        .init(400, reason: "BadRequest", .invalid, "unknown field"),
        .init(401, reason: "Unauthorized", .unauthorized, "refused credentials"),
        .init(401, "", .unauthorized, "of an authenticating proxy"),
        .init(403, reason: "Forbidden", .forbidden, "missing rights"),
        .init(403, reason: "Forbidden", details: terminating, .terminating, "a namespace on its way out"),
        .init(404, reason: "NotFound", details: #"{"name":"x","kind":"configmaps"}"#, .notFound, "no such object"),
        .init(
            404, reason: "NotFound", details: #"{"name":"shop","kind":"namespaces"}"#, .notFound, "no such namespace"),
        .init(
            404, reason: "NotFound", message: "the server could not find the requested resource", .unknownKind,
            "no such kind in the group"),
        .init(404, "404 page not found\n", .unknownKind, "no such group"),
        .init(404, "<html>nginx</html>", .unavailable, "of a proxy: says nothing about the object"),
        .init(405, reason: "MethodNotAllowed", .invalid, "verb not served"),
        .init(409, reason: "AlreadyExists", details: #"{"name":"x"}"#, .alreadyExists, "created by someone else"),
        .init(409, reason: "Conflict", details: #"{"name":"x"}"#, .conflict, "another version"),
        .init(409, reason: "Conflict", details: fieldManagerConflict, .conflict, "fields of another manager"),
        .init(410, reason: "Expired", .gone, "an old version"),
        .init(410, reason: "Gone", .gone, "an old version, in old words"),
        .init(413, reason: "RequestEntityTooLarge", .tooLarge, "over the request limit"),
        .init(413, "too big", .tooLarge, "of a proxy"),
        .init(415, reason: "UnsupportedMediaType", .invalid, "no server-side apply"),
        .init(422, reason: "Invalid", details: fieldCause("Required value"), .invalid, "a schema error"),
        .init(
            422, reason: "Invalid", details: fieldCause("Invalid value: x: field is immutable"), .immutable, "by field"),
        .init(
            422, reason: "Invalid",
            details: fieldCause(
                "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden"),
            .immutable, "of a StatefulSet"),
        .init(
            422, reason: "Invalid",
            details: fieldCause("Forbidden: spec is immutable after creation except resources.requests"), .immutable,
            "of a PersistentVolumeClaim"),
        .init(422, reason: "Invalid", message: "cannot change roleRef", .immutable, "of a RoleBinding"),
        .init(429, reason: "TooManyRequests", .throttled, "too many requests"),
        .init(429, "slow down", .throttled, "of a proxy"),
        .init(500, reason: "InternalError", .unavailable, "an admission webhook that failed"),
        .init(
            500, reason: "", message: "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .foo: no",
            .invalid,
            "an apply that fits no schema"),
        .init(500, reason: "", message: "etcdserver: request is too large", .tooLarge, "etcd's limit"),
        .init(502, "<html>Bad Gateway</html>", .unavailable, "of a load balancer"),
        .init(503, reason: "ServiceUnavailable", .unavailable, "not ready"),
        .init(504, reason: "Timeout", .unavailable, "the server's own time-out"),
        .init(302, "", .unavailable, "a redirect to a login page"),
        .init(200, "<html>Welcome</html>", .unavailable, "that is no JSON"),
        .init(200, "[]", .unavailable, "that is no object"),
    ]

    @Test("an answer turns into the code to act on", arguments: calls)
    func maps(call: RefusedCall) async throws {
        let server = try ScriptedServer { _ in [.answer(call.status, call.body)] }
        let error = await clusterError { () throws(ClusterError) in
            _ = try await server.cluster.apply(.configMap("x"), to: Kinds.configMap, force: true, dryRun: false)
        }
        #expect(error?.code == call.code)
        #expect(error?.status == call.status)
        #expect(error?.operation == "applying ConfigMap/shop/x")
    }

    @Test("field conflicts name the field and the other manager")
    func causes() async throws {
        let call = RefusedCall(409, reason: "Conflict", details: Self.fieldManagerConflict, .conflict, "")
        let server = try ScriptedServer { _ in [.answer(409, call.body)] }
        let error = await clusterError { () throws(ClusterError) in
            _ = try await server.cluster.apply(.configMap("x"), to: Kinds.configMap, force: false, dryRun: false)
        }
        #expect(
            error?.causes == [
                .init(
                    field: ".spec.replicas", reason: "FieldManagerConflict",
                    message: #"conflict with "kubectl" using apps/v1"#)
            ])
    }

    @Test(
        "the wait that the server asks for is kept",
        arguments: [(#""retryAfterSeconds":7"#, "", 7), ("", "3", 3), (#""retryAfterSeconds":0"#, "", 0)])
    func retryAfter(detail: String, header: String, seconds: Int) async throws {
        let body = #"{"kind":"Status","code":429,"message":"wait","details":{\#(detail)}}"#
        let server = try ScriptedServer { _ in
            [.answer(429, body, headers: header.isEmpty ? [:] : ["Retry-After": header])]
        }
        let error = await clusterError { () throws(ClusterError) in
            _ = try await server.cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
        }
        #expect(error?.retryAfter == (seconds > 0 ? .seconds(seconds) : nil))
    }

    @Test("a missing object is nil, a missing kind an error")
    func missing() async throws {
        let server = try ScriptedServer { request in
            request.target.hasSuffix("/gone")
                ? [.answer(404, RefusedCall(404, reason: "NotFound", details: #"{"name":"gone"}"#, .notFound, "").body)]
                : [.answer(404, "404 page not found\n", type: "text/plain")]
        }
        let cluster = server.cluster
        let object = try await cluster.get(Kinds.configMap, namespace: "a", name: "gone", detail: .whole)
        #expect(object == nil)
        let isDeleted = try await cluster.delete(
            Kinds.configMap, namespace: "a", name: "gone", preconditions: .init(), propagation: .background,
            dryRun: false)
        #expect(!isDeleted)
        let error = await clusterError { () throws(ClusterError) in
            _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
        }
        #expect(error?.code == .unknownKind)
    }

    @Test("a connection that breaks after sending leaves a write open; one that never came about does not")
    func ambiguous() async throws {
        let server = try ScriptedServer { _ in [.text("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), .reset] }
        let broken = await clusterError { () throws(ClusterError) in
            _ = try await server.cluster.apply(.configMap("x"), to: Kinds.configMap, force: true, dryRun: false)
        }
        #expect(broken?.code == .interrupted)
        let nobody = KubernetesCluster(
            ClusterAccess(server: "http://127.0.0.1:\(try FreePort.take(1)[0])"), version: "1")
        let refused = await clusterError { () throws(ClusterError) in
            _ = try await nobody.apply(.configMap("x"), to: Kinds.configMap, force: true, dryRun: false)
        }
        #expect(refused?.code == .unreachable)
    }
}
