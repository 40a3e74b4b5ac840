// SPDX-License-Identifier: Apache-2.0

import Changes
import Crypto
import Domain
import Glibc
import HTTPClient
import JSON
import Platform

/// A release handed to a running kubernaut, which commits it: `POST /api/releases` as multipart/form-data.
///
/// The parts: `service`, `version`, `image`, the file `template` when one comes along, each further value under its own
/// name, and what else a record holds as `images.<name>`, `build.number`, `source.commit`, `releasedBy`, `note`, …
struct ReleasePost: Sendable {
    let server: String
    let request: ReleaseRequest

    /// - Throws: `.usage` for an address that is none.
    init(to server: String, _ request: ReleaseRequest) throws(CommandError) {
        guard server.hasPrefix("https://") || server.hasPrefix("http://") else {
            throw CommandError(
                .usage, "--server must be a URL such as https://kubernaut.example.com, not \"\(server)\"")
        }
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        self.request = request
    }

    /// - Returns: The id that the server gave the release.
    func send(_ invocation: Invocation) async throws -> String {
        let console = invocation.console
        let token = try Self.token(invocation)
        if token != nil, server.hasPrefix("http://"), !Self.isLoopback(server) {
            throw CommandError(
                .usage, "the token would go over plain http to another machine", hint: "use https:// for --server")
        }
        let client = HTTPClient(try Self.configuration(invocation))
        defer { client.shutdown() }
        let boundary = "kubernaut-\(hex(randomBytes(16)))"
        let timeout = try invocation.duration("timeout") ?? .seconds(120)
        var post = HTTPClientRequest(
            "POST", "\(server)/api/releases",
            headers: [
                "Content-Type": "multipart/form-data; boundary=\(boundary)", "Accept": "application/json",
                "X-Kubernaut": "1",
            ], body: Self.multipart(parts, boundary), timeout: timeout)
        post.authorization = token
        console.note("posting \(request.record.service) \(request.record.version) to \(server)")
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await client.send(post)
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
                    : error.isUnsent ? nil : "it may have been recorded; saying it again is safe")
        }
        return try answer(response)
    }

    // MARK: The answer

    private func answer(_ response: HTTPClientResponse) throws(CommandError) -> String {
        let body = try? parseJSON(response.body)
        if (200..<300).contains(response.status) {
            guard let id = body?["id"]?.string else {
                throw CommandError(
                    .failed, "\(server)/api/releases answered \(response.status) without an id",
                    hint: "is it a kubernaut?")
            }
            return id
        }
        let said = body?["detail"]?.string ?? body?["message"]?.string ?? body?["title"]?.string ?? plainText(response)
        let message = "\(server) answered \(response.status)\(said.isEmpty ? "" : ": \(said)")"
        throw CommandError(
            Self.exit(response.status), message, hint: body?["hint"]?.string ?? Self.hint(response.status))
    }

    /// The first line of an answer that is no JSON; nothing of a page.
    private func plainText(_ response: HTTPClientResponse) -> String {
        guard response.headers["Content-Type"]?.hasPrefix("text/plain") == true else { return "" }
        let line = String(decoding: response.body.prefix(300), as: UTF8.self).split(whereSeparator: \.isNewline).first
        return line.map(String.init) ?? ""
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

    private static func hint(_ status: Int) -> String? {
        switch status {
        case 401: "set KUBERNAUT_TOKEN_FILE, or KUBERNAUT_TOKEN, to a key that may release this service"
        case 404: "is it a kubernaut? It serves /api/releases"
        case 301, 302, 303, 307, 308: "redirects are not followed; name the address that it points to"
        default: nil
        }
    }

    // MARK: The request

    private struct Part {
        let name: String
        let bytes: [UInt8]
        var file: (name: String, type: String)?

        init(_ name: String, _ text: String) {
            self.name = name
            bytes = Array(text.utf8)
        }

        init(_ template: ReleaseRequest.Template) {
            name = "template"
            bytes = template.bytes
            file =
                template.format == .json
                ? ("kubernetes.json", "application/json") : ("kubernetes.yaml", "application/yaml")
        }
    }

    private var parts: [Part] {
        let record = request.record
        var parts = [
            Part("service", record.service.text), Part("version", record.version), Part("image", record.image),
        ]
        for (name, image) in record.images.sorted(by: { $0.key < $1.key }) {
            parts.append(Part("images.\(name)", image))
        }
        for entry in request.values {
            parts.append(Part(entry.key, entry.value.string ?? entry.value.jsonText()))
        }
        let facts: [(String, String?)] = [
            ("build.number", record.build?.number.map { "\($0)" }), ("build.url", record.build?.url),
            ("build.job", record.build?.job), ("source.url", record.source?.url),
            ("source.branch", record.source?.branch), ("source.commit", record.source?.commit),
            ("source.message", record.source?.message), ("source.author", record.source?.author),
            ("releasedBy", record.releasedBy), ("note", record.note),
            ("onlyIfNewer", request.isOnlyIfNewer ? "true" : nil), ("new", request.mayBeNew ? "true" : nil),
        ]
        parts += facts.compactMap { name, text in text.map { Part(name, $0) } }
        if let template = request.template { parts.append(Part(template)) }
        return parts
    }

    private static func multipart(_ parts: [Part], _ boundary: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            // RFC 7578, 5.1, and the WHATWG form encoding: what would end the name is escaped.
            let name = part.name.replacing("\"", with: "%22").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
            var head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\""
            if let file = part.file { head += "; filename=\"\(file.name)\"\r\nContent-Type: \(file.type)" }
            bytes += Array("\(head)\r\n\r\n".utf8) + part.bytes + Array("\r\n".utf8)
        }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }

    /// `KUBERNAUT_TOKEN`, or the file of `--token-file`; nil for neither.
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
        let host = server.dropFirst("http://".count)
        return ["127.", "localhost", "[::1]"].contains { host.hasPrefix($0) }
    }
}
