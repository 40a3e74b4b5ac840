// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import Logging

/// Where somebody is signed in, on `/account`, and what they can do about it.
extension WebPages {
    func sessionsCard(_ context: PageContext) async throws -> HTML {
        guard let login = access.gate.login, let own = context.visit.session else { return "" }
        let rows = try await login.sessions(of: own.person).map { session -> HTML in
            let isThis = session.digest == own.digest
            return row(
                """
                \(rowHead("\(session.browser ?? "an unknown browser")\(isThis ? " <b>this one</b>" : "" as HTML)"))\
                \(cell("Signed in", dateAndAge(session.createdAt, at: context.now)))\
                \(cell("Last seen", age(session.seenAt, at: context.now) ?? ""))\
                \(cell("End", """
                <form method="post" action="/account/sessions/\(session.digest)/end">\(context.tokenField)\
                <button>\(isThis ? "Sign out" : "End" as HTML)</button></form>
                """))
                """)
        }
        return card(
            "Where you are signed in", id: "sessions",
            table(caption: "Your sessions", columns: ["Browser", "Signed in", "Last seen", "End"], rows: rows))
    }

    /// The button that reads the caller's teams again; nothing for who has none.
    func refreshTeamsForm(_ context: PageContext) -> HTML {
        guard context.visit.session != nil else { return "" }
        return """
            <form method="post" action="/account/teams/refresh">\(context.tokenField)<button>Read my teams again</button></form>
            """
    }

    /// `POST /account/sessions/{digest}/end`. Only one's own: another's is not there.
    func endSession(_ digest: String, _ context: PageContext) async throws -> HTTPResponse {
        guard let login = access.gate.login, let own = context.visit.session else { throw NotFound() }
        if digest == own.digest { return try await logout(context) }
        guard let session = try await login.sessions(of: own.person).first(where: { $0.digest == digest }) else {
            throw NotFound()
        }
        _ = try await login.end(session)
        await note(.signOut, .done, by: context.visit.caller.actor, over: .web) { record in
            record.detail = "of another browser: \(session.browser ?? "unknown")"
        }
        return Reply.redirect(to: "/account")
    }

    /// `POST /account/teams/refresh`.
    func refreshTeams(_ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        guard let login = access.gate.login, context.visit.session != nil else { throw NotFound() }
        // Somebody impatient must not use up what GitHub lets us ask.
        _ = try await login.session(Cookies(request.headers.all("Cookie")), freshness: .seconds(5))
        return Reply.redirect(to: "/account")
    }
}
