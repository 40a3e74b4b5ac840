// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import Logging

/// Who asks, and what that lets them see and do.
struct Visit: Sendable {
    let visitor: Gate.Visitor
    let rules: AccessRules

    var caller: Caller { visitor.caller }
    var session: Session? { visitor.session }
}

/// A request that is answered with a no.
struct Refused: Error {
    let refusal: Refusal
}

extension WebPages {
    /// Protected actions look at teams that are at most this old.
    private static let freshness = Duration.seconds(60)

    /// - Throws: `Gate.Problem` for credentials that are wrong.
    func visit(_ request: HTTPRequest, _ route: Route?, _ status: DaemonStatus) async throws(Gate.Problem) -> Visit {
        let rules = AccessRules(policy: status.policy, localRole: access.localRole)
        // Signing in must work with a broken cookie, and probes without a database.
        guard let route, route.rule != .open else { return Visit(visitor: Gate.Visitor(.nobody), rules: rules) }
        let changesSomething = !["GET", "HEAD"].contains(request.method)
        let visitor = try await access.gate.visitor(
            cookies: request.headers.all("Cookie"), authorization: request.headers["Authorization"],
            peer: request.peer, freshness: changesSomething ? Self.freshness : nil)
        return Visit(visitor: visitor, rules: rules)
    }

    /// - Throws: `Refused`.
    func check(_ route: Route, _ request: HTTPRequest, _ visit: Visit) throws(Refused) {
        switch route.rule {
        case .open: return
        case .someone:
            if visit.caller == .nobody { throw Refused(refusal: Refusal(.view, .site, .notSignedIn)) }
        case .needs(let permission, let place):
            if case .refused(let refusal) = visit.rules.decide(visit.caller, permission, at: place) {
                throw Refused(refusal: refusal)
            }
            // Teams that could not be read for long let one look, no more.
            if permission != .view, case .person(let person) = visit.caller, let login = access.gate.login,
                !login.isFresh(person)
            {
                throw Refused(refusal: Refusal(permission, place, .staleTeams))
            }
        }
        try checkOrigin(request, visit)
    }

    /// A change that a browser sends with a session must come from a page of this site: the browser says so itself, or the form
    /// carries the session's token.
    private func checkOrigin(_ request: HTTPRequest, _ visit: Visit) throws(Refused) {
        guard !["GET", "HEAD"].contains(request.method), let session = visit.session else { return }
        let site = request.headers["Sec-Fetch-Site"]
        let origin = request.headers["Origin"].map { $0.split(separator: "/").last.map(String.init) ?? "" }
        let isOwn = site.map { $0 == "same-origin" } ?? (origin == nil || origin == request.headers["Host"])
        let token =
            Query(String(decoding: request.body, as: UTF8.self))["form_token"] ?? request.headers["X-Form-Token"]
        guard isOwn, let token, FormToken.isGood(token, for: session.formSecret) else {
            throw Refused(refusal: Refusal(.view, .site, .foreignForm))
        }
    }

    /// The answer to a refusal. What a caller may not see does not exist for them; nobody is told to sign in first.
    func answer(_ refusal: Refusal, to request: HTTPRequest, isAPI: Bool, _ context: PageContext) -> HTTPResponse {
        switch refusal.cause {
        case .notSignedIn where isAPI:
            var response = Reply.problem(
                401, "Unauthorized", detail: "sign in, or send a key in Authorization: Bearer", hint: "see /login")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        case .notSignedIn:
            let target = ReturnTarget(request.method == "GET" ? request.rawPath + context.query.text : "/")
            return Reply.redirect(to: "/login" + Query([("return", target.text)]).text)
        case .noGrant where refusal.permission == .view:
            return notFound(request.rawPath, isAPI, context)
        case .noGrant, .lowRole, .outOfScope, .notOpen, .staleTeams, .foreignForm:
            logger.notice(
                "A request was refused",
                ["who": context.visit.caller.name, "path": request.rawPath, "why": "\(refusal)"])
            if isAPI {
                return Reply.problem(
                    403, "Forbidden", detail: "\(refusal)", hint: "GET /api/v1/me lists what you may do")
            }
            let page = errorPage(
                403, "Not allowed", "\("\(refusal)" as String).</p><p><a href=\"/account\">What you may do</a>")
            return Reply.page(page, status: 403, context)
        }
    }

    func answer(_ problem: Gate.Problem, to request: HTTPRequest) -> HTTPResponse {
        switch problem {
        case .badKey:
            var response = Reply.problem(
                401, "Unauthorized", detail: "this key is unknown, expired or revoked",
                hint: "an admin makes keys with kubernaut key create")
            response.headers["WWW-Authenticate"] = "Bearer error=\"invalid_token\""
            return response
        case .wait(let duration):
            var response = Reply.problem(
                429, "Too Many Requests", detail: "too many wrong keys came from this address")
            response.headers["Retry-After"] = "\(max(1, duration.components.seconds))"
            return response
        case .unavailable(let reason):
            logger.error("A session could not be read", ["error": reason])
            return Reply.problem(
                503, "Service Unavailable", detail: "sessions cannot be read right now", hint: "try again")
        }
    }
}
