// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import Platform

/// Git's smart protocol over HTTP (gitprotocol-http(5)): each stream is one request and its answer.
final class HTTPConnection {
    private let conversation: RemoteConversation
    private var transfer: PullTransfer?
    /// The repository's URL; moves when the server redirects the first request.
    private var base: String
    private var authorization: Secret?

    init(_ conversation: RemoteConversation) {
        self.conversation = conversation
        base = conversation.remote.url.address
    }

    func stream(_ request: GitRequest) -> HTTPStream { HTTPStream(self, request) }

    /// Asks for the list of references and capabilities.
    func list() throws(GitError) -> PullTransfer {
        let service = conversation.service.rawValue
        let suffix = "/info/refs?service=\(service)"
        var headers = [("Accept", "*/*"), ("Pragma", "no-cache")]
        if conversation.asksForVersion2 { headers.append(Self.version2) }
        let (transfer, response) = try send(PullTransfer.Request("GET", base + suffix, headers: headers))
        try expect(response, "application/x-\(service)-advertisement", transfer)
        if response.url.hasSuffix(suffix) { base = String(response.url.dropLast(suffix.count)) }
        return transfer
    }

    /// Asks for objects, or brings some.
    func exchange(_ body: [UInt8]) throws(GitError) -> PullTransfer {
        let service = conversation.service.rawValue
        var headers = [
            ("Content-Type", "application/x-\(service)-request"), ("Accept", "application/x-\(service)-result"),
        ]
        if conversation.asksForVersion2 { headers.append(Self.version2) }
        let (transfer, response) = try send(
            PullTransfer.Request("POST", "\(base)/\(service)", headers: headers, body: body))
        try expect(response, "application/x-\(service)-result", transfer)
        return transfer
    }

    private static let version2 = ("Git-Protocol", "version=2")

    func failure(_ error: PullError) -> GitError { GitError(error, conversation.operation) }

    private func send(_ request: PullTransfer.Request) throws(GitError) -> (PullTransfer, PullTransfer.Response) {
        let transfer = try connected()
        var request = request
        request.authorization = authorization
        do throws(PullError) {
            let response = try transfer.send(request)
            guard response.status == 401, askUser() else { return (transfer, response) }
            request.authorization = authorization
            let second = try transfer.send(request)
            conversation.remote.user?.note(
                isAccepted: second.status != 401, conversation.remote.url, watch: conversation.watch)
            return (transfer, second)
        } catch {
            throw failure(error)
        }
    }

    /// Whether there is something to try now that the server has asked.
    private func askUser() -> Bool {
        let remote = conversation.remote
        guard remote.credentials == .none, let user = remote.user,
            let answer = user.ask(for: remote.url, watch: conversation.watch)
        else { return false }
        authorization = answer.withUnsafeValue { basic($0) }
        return true
    }

    /// Files are read once per fetch, before the first byte is sent.
    private func connected() throws(GitError) -> PullTransfer {
        if let transfer { return transfer }
        var authority: [UInt8]?
        if let path = conversation.remote.certificateAuthorityFile {
            authority = try secretFile(path, "the certificate authority")
        }
        authorization = try readAuthorization()
        let transfer = PullTransfer(watch: conversation.watch, certificateAuthority: authority)
        self.transfer = transfer
        return transfer
    }

    private func readAuthorization() throws(GitError) -> Secret? {
        let url = conversation.remote.url
        switch conversation.remote.credentials {
        case .basic(let file):
            let text = try line(of: file)
            if text.contains(":") { return basic(text) }
            return basic("\(url.user ?? "x-access-token"):\(text)")
        case .bearer(let file):
            return Secret("Bearer \(try line(of: file))")
        case .none, .sshKey:
            if let known = conversation.remote.user?.known { return known.withUnsafeValue { basic($0) } }
            guard let user = url.user else { return nil }
            return (url.password ?? Secret("")).withUnsafeValue { basic("\(user):\($0)") }
        }
    }

    private func basic(_ userAndPassword: String) -> Secret {
        Secret("Basic \(Base64.standard.text(Array(userAndPassword.utf8)))")
    }

    private func line(of file: String) throws(GitError) -> String {
        let bytes = try secretFile(file, "the credentials")
        let text = String(decoding: bytes, as: UTF8.self)
        guard let line = text.split(whereSeparator: \.isNewline).first, !line.isEmpty else {
            throw GitError(
                code: .unauthorized, operation: conversation.operation,
                detail: "the credentials file \(file) is empty; write 'user:password' or a token into it")
        }
        return String(line)
    }

    private func secretFile(_ path: String, _ what: String) throws(GitError) -> [UInt8] {
        do throws(FileError) {
            return try Files.read(path, limit: 1 << 20)
        } catch {
            throw GitError(
                code: .unauthorized, operation: conversation.operation, detail: "\(what) cannot be read: \(error)")
        }
    }

    private func expect(_ response: PullTransfer.Response, _ type: String, _ transfer: PullTransfer) throws(GitError) {
        if response.status == 200, response.headers["content-type"]?.hasPrefix(type) == true { return }
        let said = transfer.readText().split(whereSeparator: \.isNewline).first.map { ": \($0.prefix(200))" } ?? ""
        let (code, detail): (GitError.Code, String) =
            switch response.status {
            case 401 where authorization == nil:
                (
                    .unauthorized,
                    "the server asks for credentials (HTTP 401); name a file that holds them, or set up a credential helper of git"
                )
            case 401, 407:
                (.unauthorized, "the server asks for other credentials (HTTP \(response.status)); check user and token")
            case 403 where conversation.service == .receivePack:
                (.unauthorized, "the server forbids to push (HTTP 403); check what the token may do\(said)")
            case 403: (.unauthorized, "the server forbids it (HTTP 403); check what the token may do\(said)")
            case 404, 410:
                (.notFound, "there is no such repository (HTTP \(response.status)); check the address\(said)")
            case 408, 429, 500...599: (.unreachable, "the server cannot answer now (HTTP \(response.status))\(said)")
            case 200:
                (
                    .notFound,
                    "the address answers \(response.headers["content-type"] ?? "without a type"), not git's protocol; check it"
                )
            default: (.other, "unexpected answer, HTTP \(response.status)\(said)")
            }
        throw GitError(code: code, operation: conversation.operation, detail: detail)
    }
}

/// One request of the conversation: gathers what is written, sends it at the first read.
final class HTTPStream: GitStream {
    private let connection: HTTPConnection
    private let request: GitRequest
    private var body: [UInt8] = []
    private var transfer: PullTransfer?

    init(_ connection: HTTPConnection, _ request: GitRequest) {
        self.connection = connection
        self.request = request
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(GitError) { body.append(contentsOf: bytes) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(GitError) -> Int {
        let transfer = try started()
        do throws(PullError) {
            return try transfer.read(into: buffer)
        } catch {
            throw connection.failure(error)
        }
    }

    func close() { transfer = nil }

    private func started() throws(GitError) -> PullTransfer {
        if let transfer { return transfer }
        let transfer =
            switch request {
            case .list: try connection.list()
            case .exchange: try connection.exchange(body)
            }
        self.transfer = transfer
        body = []
        return transfer
    }
}

extension GitError {
    init(_ error: PullError, _ operation: String) {
        switch error.code {
        case .stopped(let stop): self.init(stop, operation)
        case .connectTimedOut(let time):
            self.init(
                code: .timedOut, operation: operation, detail: "no connection within \(time); check address and network"
            )
        case .unreachable:
            self.init(code: .unreachable, operation: operation, detail: "\(error.detail); check address and network")
        case .untrusted:
            self.init(
                code: .certificateUntrusted, operation: operation,
                detail: "\(error.detail); if the server is right, name the authority that signed its certificate")
        case .redirected: self.init(code: .refused, operation: operation, detail: error.detail)
        case .invalidAuthority:
            self.init(
                code: .certificateUntrusted, operation: operation,
                detail: "the certificate authority file is no PEM certificate: \(error.detail)")
        case .other: self.init(code: .unreachable, operation: operation, detail: error.detail)
        }
    }
}
