// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
public import HTTPServer
import Lifecycle

/// Stands between kubernaut and an API server (or any plain HTTP server), counts requests, and may act at any.
public final class FaultProxy: Sendable {
    /// Sees a request before it is passed on; an answer given here is sent instead.
    public typealias Before = @Sendable (_ index: Int, HTTPRequest) async -> HTTPResponse?
    /// Sees the answer of the server before the client does, and may replace it.
    public typealias After = @Sendable (_ index: Int, HTTPRequest, HTTPResponse) async -> HTTPResponse

    public let url: String
    private let server: WebServer
    private let seen: Lock<[String]>

    /// - Parameters:
    ///   - upstream: `http://127.0.0.1:PORT`.
    ///   - script: What goes wrong on the way; nil for nothing.
    ///   - before: Called in the order of arrival; indices count from 0, watches included.
    public init(
        upstream: String, script: FaultScript? = nil, before: @escaping Before = { _, _ in nil },
        after: @escaping After = { $2 }
    ) throws(ServerError) {
        var configuration = WebServer.Configuration()
        configuration.bodyLimitBytes = 8 << 20
        configuration.compresses = false
        configuration.grace = .zero
        let client = HTTPClient(HTTPClientConfiguration(connectionsPerHost: 64))
        let seen = Lock<[String]>([])
        let pass: HTTPHandler = { request in
            let target = request.rawPath + (request.rawQuery.isEmpty ? "" : "?\(request.rawQuery)")
            return await Self.pass(request, to: upstream + target, through: client)
        }
        let way = script?.wrap(pass) ?? pass
        server = WebServer(configuration: configuration) { request in
            let target = request.rawPath + (request.rawQuery.isEmpty ? "" : "?\(request.rawQuery)")
            let index = seen.withLock { seen in
                seen.append("\(request.method) \(target)")
                return seen.count - 1
            }
            if let answer = await before(index, request) { return answer }
            return await after(index, request, await way(request))
        }
        self.seen = seen
        url = "http://127.0.0.1:\(try server.start())"
    }

    deinit { server.stop() }

    /// Method and target of every request so far, in the order of arrival.
    public var requests: [String] { seen.withLock { $0 } }

    /// Those that change something: no GET, no dry run.
    public var writes: [String] { requests.filter { !$0.hasPrefix("GET ") && !$0.contains("dryRun=All") } }

    private static let hopByHop: Set = [
        "connection", "keep-alive", "transfer-encoding", "content-length", "host", "te",
    ]

    private static func pass(_ request: HTTPRequest, to url: String, through client: HTTPClient) async -> HTTPResponse {
        let headers = HTTPHeaders(
            request.headers.fields.filter { !hopByHop.contains($0.name.lowercased()) })
        let outgoing = HTTPClientRequest(
            request.method, url, headers: headers, body: request.body, timeout: nil)
        do {
            let answer = try await client.stream(outgoing)
            let headers = HTTPHeaders(
                answer.head.headers.fields.filter { !hopByHop.contains($0.name.lowercased()) })
            guard request.rawQuery.contains("watch=") else {
                var body: [UInt8] = []
                for try await chunk in answer.body { body += chunk }
                return HTTPResponse(status: answer.head.status, headers: headers, body: .bytes(body))
            }
            return HTTPResponse(
                status: answer.head.status, headers: headers,
                body: .stream { writer in for try await chunk in answer.body { try await writer.write(chunk) } })
        } catch {
            return HTTPResponse(status: 502, body: .bytes(Array("\(error)".utf8)))
        }
    }
}
