import Domain
import EmbeddedCluster
import HTTPServer
import KubernetesAPI
import Lifecycle
import Logging
import TestKit

@testable import Reconciler

/// An embedded cluster behind HTTP whose answers a test may replace, and environments that talk to it over the real
/// client, with a clock twenty times as fast as ours.
final class Wired: Sendable {
    /// Given the request and how many like it (method and path) came before; nil lets it through.
    typealias Intercept = @Sendable (HTTPRequest, Int) -> HTTPResponse?
    /// Given also what the server answered.
    typealias Alter = @Sendable (HTTPRequest, Int, HTTPResponse) -> HTTPResponse

    let cluster: KubernetesCluster
    let repository = TestRepository()
    let history = TestHistory()
    let requests = Lock<[String]>([])
    private let embedded = EmbeddedCluster()
    private let server: WebServer
    private let controllers: Task<Void, any Error>

    init(_ intercept: @escaping Intercept = { _, _ in nil }, alter: @escaping Alter = { $2 }) throws {
        let (embedded, requests) = (embedded, requests)
        server = WebServer { request in
            let line = "\(request.method) \(request.rawPath)"
            let count = requests.withLock { seen in
                defer { seen.append("\(line)?\(request.rawQuery)") }
                return seen.count { $0.split(separator: "?")[0] == line }
            }
            if let answer = intercept(request, count) { return answer }
            return alter(request, count, await embedded.handler(request))
        }
        var limits = CallLimits()
        limits.call = .seconds(2)
        cluster = KubernetesCluster(
            ClusterAccess(server: "http://127.0.0.1:\(try server.start())"), version: "test", limits: limits)
        // Ended by `end()`.
        controllers = Task { try await embedded.run() }
    }

    func end() async throws {
        embedded.stop()
        try await controllers.value
        server.stop()
    }

    /// Runs an environment's loop for as long as `body` takes.
    func running(
        _ environment: Environment, _ body: (EnvironmentLoop) async throws -> Void
    ) async throws {
        let rooms = EnvironmentLoop.Rooms(
            source: repository, render: repository.renderer, history: history, logger: .silent, time: .fast(20))
        let loop = EnvironmentLoop(environment, cluster: cluster, rooms: rooms) { _ in }
        // Ended by `stop()`.
        let running = Task { try await loop.run() }
        try await body(loop)
        loop.stop()
        try await running.value
        try await end()
    }

    func read(_ name: String, in namespace: String = "shop") async throws -> Value? {
        try await cluster.get(ApplySet.resource, namespace: namespace, name: name, detail: .whole)
    }

    /// Requests with this method and end of path.
    func count(_ method: String, _ suffix: String) -> Int {
        requests.withLock { $0.count { $0.hasPrefix(method) && $0.split(separator: "?")[0].hasSuffix(suffix) } }
    }

    /// A Kubernetes answer that says no.
    static func status(
        _ code: Int, _ reason: String, _ message: String, details: String = "{}", headers: HTTPHeaders = [:]
    ) -> HTTPResponse {
        let body =
            "{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"status\":\"Failure\",\"code\":\(code),"
            + "\"reason\":\"\(reason)\",\"message\":\"\(message)\",\"details\":\(details)}"
        var all = headers
        all["Content-Type"] = "application/json"
        return HTTPResponse(status: code, headers: all, body: .bytes(Array(body.utf8)))
    }
}
