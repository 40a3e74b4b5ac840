// SPDX-License-Identifier: Apache-2.0

import Domain
public import HTTPServer
import Webhooks

extension WebPages {
    /// What every address takes.
    static let bodyLimit = 64 << 10

    /// Releases bring their templates, and a push of many commits lists them all. Each address refuses what is too long for it alone
    /// (`Route.bodyLimit`); so many long ones are read at once.
    public static let largeBodies = LargeBodies(limitBytes: 1 << 20) { method, path in
        (Route(rawPath: path, method: method)?.bodyLimit ?? 0) > bodyLimit
    }

    /// `POST /hooks/{name}`: for forges. They show what we answer to whoever set the hook up, so it says what to do; not what was
    /// wrong with a signature.
    func hook(_ name: Name, _ request: HTTPRequest) throws -> HTTPResponse {
        let message = HookMessage(headers: request.headers, body: request.body, peer: request.peer, at: now())
        guard let delivery = sources.hooks?.receive(message, for: name) else { throw NotFound() }
        switch delivery.result {
        case .accepted, .ignored: return Reply.text("\(delivery.result.rawValue): \(delivery.detail)\n", status: 202)
        case .duplicate, .pong: return Reply.text("\(delivery.detail)\n")
        case .unreadable: return Reply.text("\(delivery.detail)\n", status: 400)
        case .unavailable:
            // The cause names a file of the daemon's machine: it is for the log.
            var response = Reply.text("this hook cannot be checked right now; try again later\n", status: 503)
            response.headers["Retry-After"] = "60"
            return response
        case .refused:
            var response = Reply.text("not accepted: the signature or token is missing or not good\n", status: 401)
            response.headers["WWW-Authenticate"] = "Webhook-Signature"
            return response
        }
    }
}
