// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer

extension WebPages {
    func notFound(
        _ path: String, _ isAPI: Bool, _ context: PageContext, near: NotFound = NotFound()
    ) -> HTTPResponse {
        let known = ["envs", "services", "syncs", "system", "metrics", "readyz", "livez", "healthz"]
        let first = path.split(separator: "/").first.map(String.init) ?? ""
        let pages =
            known.contains(first)
            ? [] : nearNames(to: first, among: ["envs", "syncs", "system"]).map { ("/\($0)", "/\($0)") }
        let suggestions = near.near + pages
        let names = suggestions.map(\.name).joined(separator: ", ")
        if isAPI {
            return Reply.problem(
                404, "Not Found", detail: "there is nothing at \(path)",
                hint: names.isEmpty ? nil : "did you mean \(names)?")
        }
        let page = errorPage(404, "Not found", notFoundText(path, suggestions: suggestions))
        return Reply.page(page, status: 404, context)
    }

    func methodNotAllowed(_ route: Route, _ isAPI: Bool, _ context: PageContext) -> HTTPResponse {
        let methods = route.methods.joined(separator: ", ")
        var response =
            isAPI
            ? Reply.problem(405, "Method Not Allowed", detail: "this address answers to \(methods)")
            : Reply.page(
                errorPage(405, "Not possible here", "This address answers to \(methods) only."), status: 405, context)
        response.headers["Allow"] = methods
        return response
    }

    /// A request that is refused before anybody knows whose it is: a page for a browser that asks for one, a problem document for
    /// everybody else. The page shows nothing but these words.
    func refusal(
        _ status: Int, _ title: String, _ detail: String, hint: String? = nil, to request: HTTPRequest
    ) -> HTTPResponse {
        guard !Self.isForMachines(request), (request.headers["Accept"] ?? "").contains("text/html") else {
            return Reply.problem(status, title, detail: detail, hint: hint)
        }
        let visit = Visit(visitor: Gate.Visitor(.nobody), rules: AccessRules(policy: .empty))
        let context = PageContext(
            status: DaemonStatus(repository: ""), visit: visit, now: now(), version: version, path: "/", query: Query(),
            theme: Theme(Cookies(request.headers.all("Cookie"))))
        let words: HTML = "\(detail.prefix(1).uppercased())\(detail.dropFirst()).\(hint.map { " \($0)." } ?? "")"
        return Reply.page(errorPage(status, title, words), status: status, context)
    }

    /// The store is away: where it is, is nobody's business here; the log says it.
    func away(_ isAPI: Bool, _ context: PageContext) -> HTTPResponse {
        let detail = "the store does not answer right now"
        if isAPI {
            return Reply.problem(503, "Service Unavailable", detail: detail, hint: "try again in a moment")
        }
        return Reply.page(
            errorPage(503, "Not there right now", "\(detail). Try again in a moment."), status: 503, context)
    }

    func failure(_ number: String, _ isAPI: Bool, _ context: PageContext) -> HTTPResponse {
        let hint = "try again; if it stays, the daemon's log says more at number \(number)"
        if isAPI {
            return Reply.problem(500, "Internal Server Error", detail: "kubernaut could not answer this", hint: hint)
        }
        let page = errorPage(
            500, "That did not work",
            "kubernaut could not make this page; what you were doing may still have been done. Try again, and if it stays, tell whoever runs kubernaut the number <code>\(number)</code>: the daemon's log has it, with the reason.</p><p><a href=\"/\">Overview</a>"
        )
        return Reply.page(page, status: 500, context)
    }
}
