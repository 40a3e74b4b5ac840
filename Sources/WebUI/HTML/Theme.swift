// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer

/// Light or dark, as the reader chose it, in a cookie; nothing else is in there.
enum Theme: String, Sendable, CaseIterable {
    case system, light, dark

    private static let cookie = "kn_theme"
    private static let year = 31_536_000

    /// The system's choice where the cookie says nothing that is known.
    init(_ cookies: Cookies) {
        self = cookies[Self.cookie].flatMap { Theme(rawValue: $0) } ?? .system
    }

    /// Without `Secure`: it is no secret, and works where pages are reached without TLS, too.
    var setCookie: String {
        "\(Self.cookie)=\(rawValue); Path=/; Max-Age=\(self == .system ? 0 : Self.year); HttpOnly; SameSite=Lax"
    }
}

/// Three buttons. A choice leads back to the page it was made on.
///
/// - Parameter keepsQuery: Not on pages whose query is about something else than what they show, as the login's.
func themeForm(_ context: PageContext, keepsQuery: Bool) -> HTML {
    let buttons = Theme.allCases.map { theme -> HTML in
        "<button name=\"theme\" value=\"\(theme.rawValue)\" aria-pressed=\"\(theme == context.theme ? "true" : "false")\">\(theme.rawValue)</button>"
    }
    return """
        <form class="theme" method="post" action="/theme"><span class="dim">Theme</span>\
        <input type="hidden" name="return" value="\(context.path)\(keepsQuery ? context.query.text : "")"/>\(buttons)</form>
        """
}

extension WebPages {
    /// Changes nothing but a cookie, so it needs no form token; other sites may not do even that.
    func chooseTheme(_ request: HTTPRequest, _ context: PageContext) -> HTTPResponse {
        let form = Query(String(decoding: request.body, as: UTF8.self))
        var response = Reply.redirect(to: ReturnTarget(form["return"]).text)
        let isForeign = request.headers["Sec-Fetch-Site"].map { $0 != "same-origin" && $0 != "none" } ?? false
        if !isForeign, let theme = form["theme"].flatMap({ Theme(rawValue: $0) }) {
            response.headers.append("Set-Cookie", theme.setCookie)
        }
        return response
    }
}
