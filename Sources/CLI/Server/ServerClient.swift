// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import JSON
import Platform

/// A running kubernaut, asked over its REST interface with the key that the caller has for it.
///
/// The one place where commands speak with a server: address, key, authority and the words for what it refuses.
struct ServerClient: Sendable {
    /// Without a slash at its end.
    let server: String
    private let token: Secret?
    private let client: HTTPClient

    /// - Throws: `.usage` for an address that is none, and for a key that would go in the clear to another machine.
    init(_ server: String, _ invocation: Invocation) throws {
        guard server.hasPrefix("https://") || server.hasPrefix("http://") else {
            throw CommandError(
                .usage, "--server must be a URL such as https://kubernaut.example.com, not \"\(server)\"")
        }
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        token = try Self.token(invocation)
        if token != nil, server.hasPrefix("http://"), !Self.isLoopback(server) {
            throw CommandError(
                .usage, "the token would go over plain http to another machine", hint: "use https:// for --server")
        }
        // Whoever can write to the repository could collect the keys of all who use it.
        if token != nil, invocation.isFromRepository("server") {
            throw CommandError(
                .usage, "the key would go to \(server), which the repository's settings name and not you",
                hint: "name it with --server or KUBERNAUT_SERVER")
        }
        client = HTTPClient(try Self.configuration(invocation))
    }

    func shutdown() { client.shutdown() }

    /// - Throws: `CommandError` when no answer came; whatever was answered is returned.
    func send(
        _ method: String, _ path: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
        timeout: Duration = .seconds(30)
    ) async throws(CommandError) -> HTTPClientResponse {
        var request = HTTPClientRequest(method, "\(server)\(path)", headers: headers, body: body, timeout: timeout)
        request.headers["Accept"] = request.headers["Accept"] ?? "application/json"
        // What a page of another site cannot send.
        request.headers["X-Kubernaut"] = "1"
        request.authorization = token
        do throws(HTTPClientError) {
            return try await client.send(request)
        } catch {
            let exit: ExitCode =
                switch error.code {
                case .invalidRequest: .usage
                case .untrusted: .notPermitted
                case .timedOut, .timedOutAfterSending: .timedOut
                case .cancelled: .interrupted
                case .notConnected, .interrupted, .tooLarge: .unavailable
                }
            throw CommandError(
                exit, "\(error)",
                hint: error.code == .untrusted
                    ? "name your own authority with --ca FILE"
                    : error.isUnsent || method == "GET" ? nil : "it may have been done; look before saying it again")
        }
    }

    /// Sends JSON and reads JSON.
    ///
    /// - Throws: `CommandError` for every answer that is not 2xx, with what the server said.
    func value(_ method: String, _ path: String, _ body: Value? = nil) async throws(CommandError) -> Value {
        var headers: HTTPHeaders = [:]
        if body != nil { headers["Content-Type"] = "application/json" }
        let response = try await send(method, path, headers: headers, body: body?.json() ?? [])
        guard (200..<300).contains(response.status) else { throw refusal(response) }
        if response.body.isEmpty { return .null }
        do {
            return try parseJSON(response.body)
        } catch {
            throw CommandError(.failed, "\(server)\(path) is no JSON: \(error)", hint: "is it a kubernaut?")
        }
    }

    /// What a refused request means to a person and to a script.
    ///
    /// - Parameter purpose: What the key would have to be allowed: "release this service".
    func refusal(_ response: HTTPClientResponse, purpose: String = "do this") -> CommandError {
        // Who answers with something else than JSON has nothing to say to us.
        let body = try? parseJSON(response.body)
        let said = body?["detail"]?.string ?? body?["message"]?.string ?? body?["title"]?.string ?? Self.text(response)
        let message = "\(server) answered \(response.status)\(said.isEmpty ? "" : ": \(said)")"
        let hint = response.status == 401 ? nil : body?["hint"]?.string
        let exit = body?["code"]?.string.flatMap(Self.exit(ofCode:)) ?? Self.exit(response.status)
        return CommandError(exit, message, hint: hint ?? hintText(response.status, purpose))
    }

    /// The first line of an answer that is no JSON; nothing of a page.
    private static func text(_ response: HTTPClientResponse) -> String {
        guard response.headers["Content-Type"]?.hasPrefix("text/plain") == true else { return "" }
        let line = String(decoding: response.body.prefix(300), as: UTF8.self).split(whereSeparator: \.isNewline).first
        return line.map(String.init) ?? ""
    }

    /// The exit code that the same refusal has where a command makes the change itself; nil for what only a server says.
    static func exit(ofCode code: String) -> ExitCode? {
        switch code {
        case "bad-request": .usage
        case "not-allowed", "unauthorized", "unwritable": .notPermitted
        case "not-found": .notFound
        case "conflict", "moved", "held", "busy": .conflict
        case "invalid": .no
        default: nil
        }
    }

    private static func exit(_ status: Int) -> ExitCode {
        switch status {
        case 401, 403: .notPermitted
        case 404: .notFound
        case 409, 412: .conflict
        case 422: .no
        case 408, 504: .timedOut
        case 429, 500...: .unavailable
        default: .failed
        }
    }

    private func hintText(_ status: Int, _ purpose: String) -> String? {
        switch status {
        case 401 where token == nil: "set KUBERNAUT_TOKEN_FILE, or KUBERNAUT_TOKEN, to a key that may \(purpose)"
        case 401: "kubernaut key create makes another"
        case 404: "is it a kubernaut, and one that is new enough?"
        case 301, 302, 303, 307, 308: "redirects are not followed; name the address that it points to"
        case 429, 500...: "try again"
        default: nil
        }
    }

    // MARK: - key and authority

    /// `KUBERNAUT_TOKEN`, or the file of `--token-file`, which counts first; nil for neither.
    private static func token(_ invocation: Invocation) throws -> Secret? {
        let console = invocation.console
        var text = console.variable("KUBERNAUT_TOKEN") ?? ""
        if let file = invocation.text("token-file") {
            let bytes = file == "-" ? try console.readInput() : try Files.read(console.path(file), limit: 64 << 10)
            text = String(decoding: bytes, as: UTF8.self)
        }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count < 2 else { throw CommandError(.usage, "the token must be one word") }
        return words.first.map { Secret("Bearer \($0)") }
    }

    private static func configuration(_ invocation: Invocation) throws -> HTTPClientConfiguration {
        let console = invocation.console
        var tls = HTTPClientTLS()
        if let file = invocation.text("ca") ?? console.variable("SSL_CERT_FILE") {
            tls.authorities = try Files.read(console.path(file), limit: 16 << 20)
        }
        return HTTPClientConfiguration(tls: tls, userAgent: "kubernaut/\(kubernautVersion)")
    }

    private static func isLoopback(_ server: String) -> Bool {
        var host = server.dropFirst("http://".count).prefix { $0 != "/" }
        if host.hasPrefix("[::1]") { return true }
        host = host.prefix { $0 != ":" }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "localhost"
            || (numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil })
    }
}
