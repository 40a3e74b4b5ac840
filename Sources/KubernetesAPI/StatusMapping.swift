// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import JSON

extension ClusterError {
    /// What an answer with a bad status means. Pure.
    ///
    /// A Kubernetes server explains itself in a `Status` object; anything else, a proxy's page for example, says
    /// nothing about the object that was asked for.
    init(status: Int, headers: HTTPHeaders, body: [UInt8], operation: String) {
        let seconds = headers["Retry-After"].flatMap { Int64($0) }
        if let value = try? parseJSON(body), value["kind"]?.string == "Status" {
            self.init(statusObject: value, status: status, retryAfterSeconds: seconds, operation: operation)
            return
        }
        let text = Self.excerpt(body)
        let code: Code =
            switch status {
            // The words of Go's own router: the server is a Kubernetes one, and the path is not served.
            case 404 where text == "404 page not found": .unknownKind
            case 401: .unauthorized
            case 403: .forbidden
            case 413: .tooLarge
            case 429: .throttled
            case 405, 415: .invalid
            default: .unavailable
            }
        self.init(
            code, operation: operation,
            detail: code == .unknownKind
                ? Self.unknownKindHint
                : "HTTP \(status) that is no Kubernetes answer: \(text.isEmpty ? "empty body" : text)",
            status: status, retryAfter: seconds.map { .seconds($0) })
    }

    /// From a `Status` object, as an answer's body or as a watch's last word.
    ///
    /// - Parameter status: The HTTP status; nil to take the object's own code.
    init(statusObject value: Value, status: Int? = nil, retryAfterSeconds: Int64? = nil, operation: String) {
        let status = status ?? value["code"]?.integer.map { Int($0) } ?? 500
        let message = value["message"]?.string ?? ""
        let details = value["details"]
        let causes = (details?["causes"]?.list ?? []).map {
            Cause(
                field: $0["field"]?.string ?? "", reason: $0["reason"]?.string ?? "",
                message: $0["message"]?.string ?? "")
        }
        let seconds = details?["retryAfterSeconds"]?.integer ?? retryAfterSeconds
        let code = Self.code(status: status, reason: value["reason"]?.string ?? "", message, causes, details)
        let words = message.isEmpty ? "HTTP \(status) without a message" : message
        self.init(
            code, operation: operation,
            detail: code == .unknownKind ? "\(words); \(Self.unknownKindHint)" : words, status: status,
            retryAfter: seconds.flatMap { $0 > 0 ? .seconds($0) : nil }, causes: causes)
    }

    private static let unknownKindHint =
        "the cluster does not serve this kind: install its CRD, or mend apiVersion and kind"

    private static func code(
        status: Int, reason: String, _ message: String, _ causes: [Cause], _ details: Value?
    ) -> Code {
        if isTooLarge(message) { return .tooLarge }
        // Server-side apply says so of an object that does not fit its schema, with the status 500: to ask again is vain.
        if message.hasPrefix("failed to create typed patch object") { return .invalid }
        switch status {
        case 401: return .unauthorized
        case 403: return causes.contains { $0.reason == "NamespaceTerminating" } ? .terminating : .forbidden
        case 404:
            // A missing object is named; a missing kind or path is not.
            return details?["name"]?.string.map { !$0.isEmpty } == true ? .notFound : .unknownKind
        case 409: return reason == "AlreadyExists" ? .alreadyExists : .conflict
        case 410: return .gone
        case 413: return .tooLarge
        case 422: return isImmutable(message, causes) ? .immutable : .invalid
        case 429: return .throttled
        case 400, 405, 406, 415: return .invalid
        default: return .unavailable
        }
    }

    /// The words of etcd, of its client and of the API server for an object over the limit.
    private static func isTooLarge(_ message: String) -> Bool {
        message.contains("etcdserver: request is too large")
            || message.contains("trying to send message larger than max")
            || message.contains("Request entity too large")
    }

    /// Kubernetes has no reason of its own for this; these are the words its validation uses.
    private static func isImmutable(_ message: String, _ causes: [Cause]) -> Bool {
        let texts = causes.isEmpty ? [message] : causes.map(\.message)
        return texts.contains { text in
            let text = text.lowercased()
            return text.contains("immutable") || text.contains("may not be changed")
                || text.contains("may not change once set") || text.contains("may not change fields other than")
                || text.contains("cannot change roleref")
                || (text.contains("updates to ")
                    && (text.contains(" for fields other than") || text.contains("are forbidden")))
        }
    }

    /// The start of a body that was not understood, on one line.
    private static func excerpt(_ body: [UInt8]) -> String {
        let text = String(decoding: body.prefix(200), as: UTF8.self)
        return text.split { $0.isWhitespace }.joined(separator: " ")
    }
}

extension ClusterError {
    /// What a request that got no answer means.
    init(_ error: HTTPClientError, operation: String) {
        let code: Code =
            switch error.code {
            case .invalidRequest, .notConnected, .untrusted, .timedOut: .unreachable
            case .timedOutAfterSending, .interrupted: .interrupted
            case .tooLarge: .tooLarge
            case .cancelled: .cancelled
            }
        let advice =
            switch error.code {
            case .untrusted:
                "; check the certificate authority, the server's name (tls-server-name) and the client certificate"
            case .invalidRequest: "; mend the server's URL or the certificates"
            case .notConnected, .timedOut, .timedOutAfterSending, .interrupted, .tooLarge, .cancelled: ""
            }
        self.init(code, operation: operation, detail: error.detail + advice)
    }
}
