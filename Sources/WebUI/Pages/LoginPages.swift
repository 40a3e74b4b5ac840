// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import Logging

extension WebPages {
    /// `/login`: says what signing in means. No text of the URL is shown here.
    func loginPage(_ context: PageContext) -> Page {
        let target = ReturnTarget(context.query["return"])
        let start = LoginSite.startPath + Query([("return", target.text)]).text
        let content: HTML =
            access.gate.login == nil
            ? "<p>This daemon has no login: whoever reaches it may look. <a href=\"/\">All releases</a></p>"
            : """
            \(endedBanner(context.query["ended"]))<p><a class="button" href="\(start)">Sign in with GitHub</a></p>
            <p class="dim">You will be sent to GitHub. kubernaut asks for your name and your teams.</p>
            <details><summary>Problems signing in?</summary><ul>
            <li>You are not a member of an organization that may sign in, or have not accepted the invitation.</li>
            <li>The organization has not approved this application: an owner must, once.</li>
            <li>The organization wants single sign-on: open GitHub, sign on there, come back.</li>
            <li>Your browser does not keep cookies of this site.</li>
            </ul></details>
            """
        return Page(
            title: "Sign in", section: .none,
            content: "<div class=\"headline\"><h1>Sign in</h1></div><section class=\"card\">\(content)</section>")
    }

    /// The words are ours; the query only chooses among them.
    private func endedBanner(_ what: String?) -> HTML {
        switch what {
        case "order":
            "<p role=\"alert\"><b>Your session has ended, and nothing was changed.</b> Sign in again: you are led back to what you wanted to do, with what you wrote.</p>"
        case "page": "<p role=\"alert\"><b>Your session has ended.</b> Sign in again to go on where you were.</p>"
        default: ""
        }
    }

    func startLogin(_ context: PageContext) -> HTTPResponse {
        guard let login = access.gate.login else { return Reply.redirect(to: "/") }
        let start = login.start(returningTo: ReturnTarget(context.query["return"]))
        return Reply.redirect(to: start.location, setting: start.cookies)
    }

    func finishLogin(_ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        guard let login = access.gate.login else { return Reply.redirect(to: "/") }
        let query = context.query
        let answer = LoginSite.Answer(
            state: query["state"], code: query["code"], issuer: query["iss"], error: query["error"])
        do {
            let (redirect, person) = try await login.finish(
                answer, cookies: Cookies(request.headers.all("Cookie")), browser: request.headers["User-Agent"])
            logger.notice(
                "Somebody signed in", ["login": person.login, "id": "\(person.id)", "peer": request.peer])
            await note(.signIn, .done, by: Caller.person(person).actor, over: .web) { record in
                record.detail = "from \(request.peer)"
            }
            return Reply.redirect(to: redirect.location, setting: redirect.cookies)
        } catch let error as LoginError {
            await noteRefusal(error, request)
            logger.notice("A sign-in failed", ["error": "\(error)", "peer": request.peer])
            var response = Reply.page(loginProblem(error), status: error.status, context)
            response.headers.append("Set-Cookie", login.forgetLogin.description)
            return response
        }
    }

    /// Whom GitHub knows and we do not let in. What anybody can cause without an account there is in the log alone: it must not
    /// fill the audit.
    private func noteRefusal(_ error: LoginError, _ request: HTTPRequest) async {
        guard [.notAMember, .restricted, .singleSignOn].contains(error.code) else { return }
        await note(.signIn, .refused, by: Caller.nobody.actor, over: .web) { record in
            record.detail = "\(error), from \(request.peer)"
        }
    }

    private func loginProblem(_ error: LoginError) -> Page {
        let help = error.help.map { url -> HTML in "<p>\(externalLink(url, "See this at GitHub"))</p>" }
        return errorPage(
            error.status, "You are not signed in",
            "\(error.sentence)</p>\(help)<p class=\"dim\">\(error.detail)</p><p><a href=\"/login\">Sign in again</a>")
    }

    func logout(_ context: PageContext) async throws -> HTTPResponse {
        guard let login = access.gate.login, let session = context.visit.session else { return Reply.redirect(to: "/") }
        let cookies = try await login.end(session)
        // Their open pages end now, not at the next beat.
        sources.hub?.wakeAll()
        logger.notice("Somebody signed out", ["login": session.person.login])
        await note(.signOut, .done, by: context.visit.caller.actor, over: .web)
        var response = Reply.redirect(to: "/login", setting: cookies)
        response.headers["Clear-Site-Data"] = "\"cache\", \"storage\""
        return response
    }

    /// `/account`: who you are here, and why you may or may not.
    func accountPage(_ context: PageContext) async throws -> Page {
        let visit = context.visit
        var who: [(HTML, HTML?)] = [("You are", "\(visit.caller.name)")]
        var grants: [Grant] = []
        if case .person(let person) = visit.caller {
            let teams = person.teams.map { "\($0.organization)/\($0.slug)" }.sorted()
            grants = visit.rules.grants(of: person)
            who += [
                ("GitHub number", "\(person.id)"),
                ("Teams", teams.isEmpty ? "none" : "\(teams.joined(separator: ", "))"),
                ("Teams were read", "\(Age.text(of: person.teamsReadAt, at: context.now))"),
            ]
        }
        let rows = grants.map { grant -> HTML in
            row(
                """
                \(rowHead("\(grant.role.rawValue)"))\
                \(cell("Environments", "\(grant.environments.map(\.pattern).joined(separator: ", "))"))\
                \(cell("Services", "\(grant.services.map(\.pattern).joined(separator: ", "))"))\
                \(cell("By", "<code>\("\(grant.location)" as String)</code>"))
                """)
        }
        let places = context.status.environments.map { environment -> HTML in
            let name = environment.environment.name
            let may = Permission.allCases.filter { visit.rules.allows(visit.caller, $0, at: .environment(name)) }
            return row(
                """
                \(rowHead(environmentLink(name)))\
                \(cell("All services", may.isEmpty ? "some services only" : "\(may.map(\.rawValue).joined(separator: ", "))"))
                """)
        }
        let noGrant: HTML =
            "<p>No grant in <code>kubernaut.yaml</code> names you or your teams. Ask whoever keeps that file.</p>"
        return Page(
            title: "Account", section: .none, alternate: "/api/v1/me",
            content: """
                <div class="headline"><h1>Account</h1></div>
                \(card("Who", id: "who", "\(facts(who))\(refreshTeamsForm(context))"))
                \(card("What you may do", id: "may", table(caption: "By environment", columns: ["Environment", "All services"], rows: places)))
                \(card("Grants", id: "grants", rows.isEmpty ? noGrant : table(caption: "Grants that name you", columns: ["Role", "Environments", "Services", "By"], rows: rows)))
                \(try await sessionsCard(context))
                <p><a href="/account/keys">Keys for machines</a> · <a href="/audit">What you did</a></p>
                """)
    }
}

extension LoginError {
    fileprivate var status: Int {
        switch code {
        case .declined, .expired: 400
        case .notAMember, .restricted, .singleSignOn, .revoked: 403
        case .misconfigured: 500
        case .throttled, .unreachable: 503
        }
    }

    fileprivate var sentence: HTML {
        switch code {
        case .declined: "You cancelled at GitHub."
        case .expired: "This sign-in was begun elsewhere, took too long, or was used before."
        case .notAMember: "Your account is not an active member of an organization that may sign in."
        case .restricted: "kubernaut was not allowed to read your organizations."
        case .singleSignOn: "Your organization wants you to sign on to it first."
        case .revoked: "GitHub no longer accepts this sign-in."
        case .misconfigured: "The login is not set up right. Whoever runs kubernaut must mend it."
        case .throttled: "GitHub asks us to wait a moment."
        case .unreachable: "GitHub does not answer as it should. Try again."
        }
    }
}
