// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain
import HTTPServer
import JSON

/// Answers with the header fields that each kind of answer must have.
enum Reply {
    /// Nothing may run, be framed or be loaded from elsewhere: pages are text and one style sheet. Those that keep themselves
    /// fresh may run the site's own script as well.
    private static let contentSecurityPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'"

    private static func response(_ status: Int, type: String, cache: String, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: [
                "Content-Type": type, "Cache-Control": cache, "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
            ], body: .bytes(body))
    }

    static func page(_ page: Page, status: Int = 200, _ context: PageContext) -> HTTPResponse {
        let cache = status == 200 ? "private, no-cache" : "no-store"
        // The validator is of the page before its form tokens, which are masked anew each time.
        let document = page.document(context).text
        let sent = FormSlot.filled(document, from: context.formSecret)
        var response = response(status, type: "text/html; charset=utf-8", cache: cache, Array(sent.utf8))
        if sent != document, status == 200 { response.headers["ETag"] = tag(of: Array(document.utf8)) }
        response.headers["Vary"] = "Cookie"
        response.headers["Content-Security-Policy"] =
            contentSecurityPolicy + (page.topics.isEmpty ? "" : "; script-src 'self'; connect-src 'self'")
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if let seconds = context.refresh, status == 200 { response.headers["Refresh"] = "\(seconds)" }
        return response
    }

    /// A page that is the same for everybody, signed in or not.
    static func publicPage(_ page: Page, _ context: PageContext) -> HTTPResponse {
        var response = Self.page(page, context)
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response
    }

    /// A page with a form that changes something: it is made for this moment, and nobody keeps it.
    static func changePage(_ page: Page, status: Int = 200, _ context: PageContext) -> HTTPResponse {
        var response = Self.page(page, status: status, context)
        response.headers["Cache-Control"] = "no-store"
        return response
    }

    static func json(_ value: Value, status: Int = 200) -> HTTPResponse {
        response(
            status, type: "application/json", cache: status == 200 ? "private, no-cache" : "no-store",
            value.prettyJSON())
    }

    static func text(_ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8") -> HTTPResponse {
        response(status, type: type, cache: "no-store", Array(text.utf8))
    }

    /// 303: whatever was sent, what comes next is fetched.
    static func redirect(to location: String, setting cookies: [SetCookie] = []) -> HTTPResponse {
        var response = HTTPResponse(status: 303, headers: ["Location": location, "Cache-Control": "no-store"])
        for cookie in cookies { response.headers.append("Set-Cookie", cookie.description) }
        return response
    }

    static func asset(_ asset: Asset) -> HTTPResponse {
        response(200, type: asset.type, cache: "public, max-age=31536000, immutable", asset.content)
    }

    /// RFC 9457. `hint` says what to do next.
    static func problem(_ status: Int, _ title: String, detail: String, hint: String? = nil) -> HTTPResponse {
        var problem: Value = [
            "type": "about:blank", "title": .string(title), "status": .integer(Int64(status)),
            "detail": .string(detail),
        ]
        if let hint { problem["hint"] = .string(hint) }
        var response = json(problem, status: status)
        response.headers["Content-Type"] = "application/problem+json"
        return response
    }

    /// With the number under which the log knows it, and in a problem document with its code.
    static func numbered(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        let id = hex(randomBytes(8))
        response.headers["X-Request-Id"] = id
        guard response.headers["Content-Type"] == "application/problem+json", case .bytes(let bytes) = response.body,
            var problem = try? parseJSON(bytes)
        else { return response }
        if problem["code"] == nil { problem["code"] = .string(code(of: response.status)) }
        problem["requestId"] = .string(id)
        response.body = .bytes(problem.prettyJSON())
        return response
    }

    private static func code(of status: Int) -> String {
        switch status {
        case 401: "unauthorized"
        case 403: ActionFailure.Code.notAllowed.rawValue
        case 404: ActionFailure.Code.notFound.rawValue
        case 405: "method-not-allowed"
        case 413: "too-large"
        case 421: "misdirected"
        case 429: "too-many-requests"
        case 503: ActionFailure.Code.unavailable.rawValue
        case 400..<500: ActionFailure.Code.badRequest.rawValue
        default: ActionFailure.Code.failed.rawValue
        }
    }

    /// What monitors of the first generation read.
    static func seedStatus(exists: Bool, version: String) -> HTTPResponse {
        let known: Value = [
            "name": "kubernaut", "version": .string(version),
            "description": "brings what a config repository says to Kubernetes, and keeps it so",
        ]
        var response = json(exists ? known : ["message": "there is no such address"], status: exists ? 200 : 404)
        response.headers["Cache-Control"] = "no-cache, no-store, must-revalidate"
        response.headers["Pragma"] = "no-cache"
        response.headers["Expires"] = "0"
        return response
    }

    /// Why something was not done, with the places in files.
    static func problem(_ failure: ActionFailure) -> HTTPResponse {
        var problem: Value = [
            "type": "about:blank", "title": .string(failure.code.title), "status": Value(failure.code.status),
            "code": .string(failure.code.rawValue), "detail": .string(failure.message),
        ]
        if let hint = failure.hint { problem["hint"] = .string(hint) }
        if let first = failure.diagnostics.first(where: { $0.severity == .error }) {
            problem["location"] = first.location.json
        }
        if !failure.diagnostics.isEmpty { problem["diagnostics"] = .list(failure.diagnostics.map(\.json)) }
        if !failure.conflicts.isEmpty { problem["conflicts"] = .list(failure.conflicts.map(\.json)) }
        if !failure.branches.isEmpty { problem["moved"] = .list(failure.branches.map(\.json)) }
        var response = json(problem, status: failure.code.status)
        response.headers["Content-Type"] = "application/problem+json"
        if failure.code.status == 503 { response.headers["Retry-After"] = "5" }
        return response
    }

    /// With a weak validator; for an answer of bytes.
    static func tagged(_ response: HTTPResponse) -> HTTPResponse {
        guard case .bytes(let body) = response.body else { return response }
        var answer = response
        answer.headers["ETag"] = response.headers["ETag"] ?? tag(of: body)
        return answer
    }

    private static func tag(of body: [UInt8]) -> String { "W/\"\(sha256Hex(body).prefix(20))\"" }

    /// Adds a weak validator, and answers 304 when the client has the same content already.
    ///
    /// Weak, because compression changes the bytes. The content is the validator: ages on pages are coarse, so it
    /// stays the same while nothing a reader could see has changed.
    static func conditional(_ response: HTTPResponse, for request: HTTPRequest) -> HTTPResponse {
        guard ["GET", "HEAD"].contains(request.method), response.status == 200,
            response.headers["Cache-Control"] != "no-store",
            case .bytes(let body) = response.body
        else { return response }
        let tag = response.headers["ETag"] ?? Self.tag(of: body)
        var answer = response
        answer.headers["ETag"] = tag
        let known = (request.headers["If-None-Match"] ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
        guard known.contains(tag) || known.contains("*") else { return answer }
        answer.status = 304
        answer.body = .bytes([])
        answer.headers["Content-Type"] = nil
        return answer
    }
}
