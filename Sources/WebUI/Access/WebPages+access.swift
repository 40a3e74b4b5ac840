// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import Logging

/// The refusals of rules; those of changes have the same name in their room.
typealias AccessRefusal = Refusal

/// Who asks, and what that lets them see and do.
struct Visit: Sendable {
    let visitor: Gate.Visitor
    let rules: AccessRules
    /// Whether what is known of the person's teams is good enough to change anything.
    var isFresh = true
    /// How they came in.
    var channel = AuditRecord.Channel.web

    var caller: Caller { visitor.caller }
    var session: Session? { visitor.session }

    func allows(_ permission: Permission, at place: Place) -> Bool { rules.allows(caller, permission, at: place) }

    /// - Throws: What the rules say; and for anything but looking, when nobody knows their teams as they are now.
    func permit(_ permission: Permission, at place: Place) throws(AccessRefusal) -> Permit {
        let permit = try rules.permit(caller, permission, at: place)
        // Teams that could not be read for long let one look, no more.
        guard permission == .view || isFresh else { throw AccessRefusal(permission, place, .staleTeams) }
        return permit
    }

    /// The services of an environment where this caller may do something.
    func places(of permission: Permission, in environment: Name, _ status: DaemonStatus) -> [Name] {
        let services = status.environments.first { $0.environment.name == environment }?.services ?? []
        return services.map(\.name).filter { allows(permission, at: .service($0, in: environment)) }
    }
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
        var visit = Visit(visitor: visitor, rules: rules)
        if case .api = route { visit.channel = .api }
        if case .person(let person) = visitor.caller, let login = access.gate.login {
            visit.isFresh = login.isFresh(person)
        }
        return visit
    }

    /// - Throws: `Refused`, `ActionFailure`.
    func check(_ route: Route, _ request: HTTPRequest, _ visit: Visit) throws {
        switch route.rule {
        case .open: return
        case .someone, .decidedByAction:
            if visit.caller == .nobody { throw Refused(refusal: Refusal(.view, .site, .notSignedIn)) }
        case .needs(let permission, let place):
            do throws(AccessRefusal) {
                _ = try visit.permit(permission, at: place)
            } catch {
                throw Refused(refusal: error)
            }
        }
        try checkOrigin(request, visit)
    }

    /// A change that a browser sends must come from a page of this site: the browser says so itself, and the form carries a
    /// token that was made for its session; without login the site's own token stands in for it. Keys are never sent by a
    /// browser by itself.
    private func checkOrigin(_ request: HTTPRequest, _ visit: Visit) throws {
        guard !["GET", "HEAD"].contains(request.method) else { return }
        if case .key = visit.caller { return }
        if visit.caller == .nobody { return }
        let foreign = Refused(refusal: Refusal(.view, .site, .foreignForm))
        let site = request.headers["Sec-Fetch-Site"]
        let origin = request.headers["Origin"].map { $0.split(separator: "/").last.map(String.init) ?? "" }
        let isOwn = site.map { $0 == "same-origin" } ?? (origin == nil || origin == request.headers["Host"])
        guard isOwn else { throw foreign }
        let isAPI = visit.channel == .api
        let isJSON = Self.isJSON(request)
        if visit.session != nil || !isAPI {
            // A form of another site can hold any field, but set no header.
            let form = isAPI ? nil : Form(body: request.body)["form_token"]
            guard let token = form ?? request.headers["X-Form-Token"], let secret = formSecret(of: visit),
                FormToken.isGood(token, for: secret), !isAPI || isJSON || request.body.isEmpty
            else { throw foreign }
            return
        }
        // Nobody signed in: a form of any page could be sent here by a browser too old to say where it comes from.
        guard isAPI, request.method == "POST", !isJSON, request.headers["X-Kubernaut"] == nil else { return }
        let isUpload = (request.headers["Content-Type"] ?? "").lowercased().hasPrefix("multipart/form-data")
        guard isUpload, site == nil, origin == nil else {
            throw ActionFailure(
                .notAllowed, "a request that changes something must show that no foreign page sent it",
                hint: "send the header X-Kubernaut: 1, or Content-Type: application/json")
        }
    }

    private static func isJSON(_ request: HTTPRequest) -> Bool {
        (request.headers["Content-Type"] ?? "").lowercased().prefix { $0 != ";" && $0 != " " } == "application/json"
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
            let target = ReturnTarget(context.addressAfterLogin(request))
            var query = [("return", target.text)]
            // Who comes with a session that is none any more should not wonder what became of what they did.
            let hadSession = LoginSite.hasSessionCookie(Cookies(request.headers.all("Cookie")))
            if hadSession { query.append(("ended", request.method == "POST" ? "order" : "page")) }
            return Reply.redirect(to: "/login" + Query(query).text)
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
            return Reply.page(refusalPage(refusal, context), status: 403, context)
        }
    }

    /// The answer where something was not done.
    func answer(_ failure: ActionFailure, to request: HTTPRequest, isAPI: Bool, _ context: PageContext) -> HTTPResponse
    {
        if let refusal = failure.refusal { return answer(refusal, to: request, isAPI: isAPI, context) }
        if failure.code == .notFound, failure.hint == nil { return notFound(request.rawPath, isAPI, context) }
        if isAPI { return Reply.problem(failure) }
        return Reply.changePage(failurePage(failure, context), status: failure.code.status, context)
    }

    func answer(_ problem: Gate.Problem, to request: HTTPRequest) -> HTTPResponse {
        switch problem {
        case .badKey:
            var response = refusal(
                401, "Unauthorized", "this key is unknown, expired or revoked",
                hint: "an admin makes keys with kubernaut key create", to: request)
            response.headers["WWW-Authenticate"] = "Bearer error=\"invalid_token\""
            return response
        case .wait(let duration):
            let seconds = max(1, duration.components.seconds)
            var response = refusal(
                429, "Too Many Requests", "too many wrong keys came from this address",
                hint: "try again in \(seconds) seconds", to: request)
            response.headers["Retry-After"] = "\(seconds)"
            return response
        case .unavailable(let reason):
            logger.error("A session could not be read", ["error": reason])
            return refusal(
                503, "Service Unavailable", "sessions cannot be read right now", hint: "try again", to: request)
        }
    }
}
