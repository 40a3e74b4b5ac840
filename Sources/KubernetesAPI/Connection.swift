// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import Lifecycle

/// How long things may take.
public struct CallLimits: Sendable {
    /// One call; a little more than a server works on one.
    public var call = Duration.seconds(75)
    /// How long the kernel keeps trying to deliver what the server does not acknowledge, also while this process is
    /// stopped. Where another process may take over, it bounds how late a write can arrive.
    public var unacknowledged = Duration.seconds(30)
    /// How long a watch may be silent before it counts as ended, in whole seconds: two bookmarks are due meanwhile.
    public var silence = Duration.seconds(180)
    /// Seconds after which the server is asked to end a watch; spread, so that those of many clients do not end at once.
    public var watch = 300...600

    public init() {}
}

/// Sends calls to one API server: credentials, the bound on calls in flight, and errors in the words of the port.
final class Connection: Sendable {
    /// One call, ready but for server and credentials.
    struct Call {
        var method = "GET"
        var path: ResourcePath
        /// What is being done, with its subject: "applying Deployment/shop/cart".
        let operation: String
        var accept = "application/json"
        var contentType: String?
        var body: [UInt8] = []
        /// Asked right before the call is sent; nil for calls that may always be.
        var fence: WriteFence?
    }

    private let sessions: SessionStore
    private let gate: RequestGate

    private let timeout: Duration
    let silence: Duration
    let watchSeconds: ClosedRange<Int>
    /// Bytes of one answer: a page of 500 objects of 1 MiB would be 500 MiB; usual ones are a hundredth of that.
    private static let answerLimit = 512 << 20

    init(_ find: @escaping ClusterAccess.Finder, userAgent: String, callsInFlight: Int, limits: CallLimits) {
        timeout = limits.call
        silence = limits.silence
        watchSeconds = limits.watch
        sessions = SessionStore(find, userAgent: userAgent, unacknowledged: limits.unacknowledged)
        gate = RequestGate(limit: callsInFlight)
    }

    /// The answer to a call, whatever its status.
    func answer(to call: Call) async throws(ClusterError) -> HTTPClientResponse {
        guard await gate.enter() else {
            throw ClusterError(.cancelled, operation: call.operation, detail: "cancelled")
        }
        do throws(ClusterError) {
            let answer = try await withFreshCredentials(call) { session throws(HTTPClientError) in
                let answer = try await self.send(call, session)
                return (answer, answer.status)
            }
            gate.leave(throttled: answer.status == 429)
            return answer
        } catch {
            gate.leave()
            throw error
        }
    }

    private func send(_ call: Call, _ session: Session) async throws(HTTPClientError) -> HTTPClientResponse {
        guard let fence = call.fence else { return try await session.client.send(request(call, session)) }
        guard let allowance = fence.begin() else {
            let refusal = WriteFence.refusal(call.operation)
            throw HTTPClientError(.cancelled, operation: refusal.operation, detail: refusal.detail)
        }
        defer { fence.end() }
        // The server gives up with us: what it has not stored by then, it never stores.
        var call = call
        call.path = call.path.adding("timeout", "\(max(1, Int(allowance / .milliseconds(1))))ms")
        return try await session.client.send(request(call, session, timeout: min(allowance, timeout)))
    }

    /// The answer to a call, when its status is 2xx.
    func result(of call: Call) async throws(ClusterError) -> HTTPClientResponse {
        let answer = try await answer(to: call)
        guard (200..<300).contains(answer.status) else {
            throw ClusterError(
                status: answer.status, headers: answer.headers, body: answer.body, operation: call.operation)
        }
        return answer
    }

    /// An answer that arrives piece by piece; not counted among the calls in flight.
    ///
    /// - Parameter silence: How long the server may say nothing.
    func stream(_ call: Call, silence: Duration) async throws(ClusterError) -> HTTPClientStream {
        let stream = try await withFreshCredentials(call) { session throws(HTTPClientError) in
            var request = self.request(call, session)
            request.timeout = nil
            request.idleTimeout = silence
            let stream = try await session.client.stream(request)
            return (stream, stream.head.status)
        }
        guard (200..<300).contains(stream.head.status) else {
            throw ClusterError(
                status: stream.head.status, headers: stream.head.headers, body: await Self.start(of: stream),
                operation: call.operation)
        }
        return stream
    }

    /// Runs a call, and once more with credentials read anew when the server refuses the first ones.
    private func withFreshCredentials<Answer: Sendable>(
        _ call: Call, _ run: (Session) async throws(HTTPClientError) -> (Answer, status: Int)
    ) async throws(ClusterError) -> Answer {
        var session = try await sessions.current(for: call.operation)
        for isLast in [false, true] {
            let refused: Answer
            do throws(HTTPClientError) {
                let (answer, status) = try await run(session)
                if status != 401 || isLast { return answer }
                refused = answer
            } catch {
                if error.isUnsent { sessions.doubt(session) }
                throw ClusterError(error, operation: call.operation)
                    .mentioning("reaching \(session.access.server) (\(session.access.origin))")
            }
            // Files, plugins and kubeconfigs may say something else by now; what says the same is not tried twice.
            let old = session
            session = try await sessions.renewed(after: old, wasRefused: true, for: call.operation)
            if !session.differs(from: old) { return refused }
        }
        throw ClusterError(.unauthorized, operation: call.operation, detail: "credentials refused", status: 401)
    }

    private func request(_ call: Call, _ session: Session, timeout: Duration? = nil) -> HTTPClientRequest {
        var headers: HTTPHeaders = ["Accept": call.accept]
        if let type = call.contentType { headers["Content-Type"] = type }
        if let person = session.access.impersonation { person.add(to: &headers) }
        return HTTPClientRequest(
            call.method, session.access.server + call.path.text, headers: headers, authorization: session.authorization,
            body: call.body, timeout: timeout ?? self.timeout, limit: Self.answerLimit)
    }

    /// Enough of a refusal's body to say why.
    private static func start(of stream: HTTPClientStream) async -> [UInt8] {
        var body: [UInt8] = []
        do {
            for try await piece in stream.body where body.count < 65_536 { body += piece }
        } catch {
            // The status alone must do: what is missing is only its explanation.
        }
        return body
    }
}

extension ClusterAccess.Impersonation {
    /// As Kubernetes' "user impersonation" wants it.
    fileprivate func add(to headers: inout HTTPHeaders) {
        headers["Impersonate-User"] = user
        headers["Impersonate-Uid"] = uid
        for group in groups { headers.append("Impersonate-Group", group) }
        for entry in extra { headers.append("Impersonate-Extra-\(percentEncoded(entry.key))", entry.value) }
    }
}

extension ClusterError {
    /// The same error with a connection problem's whereabouts.
    fileprivate func mentioning(_ place: String) -> ClusterError {
        guard code == .unreachable || code == .interrupted else { return self }
        return ClusterError(code, operation: operation, detail: "\(place): \(detail)")
    }
}
