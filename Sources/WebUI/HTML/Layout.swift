// SPDX-License-Identifier: Apache-2.0

import Access
import Domain

/// What every page knows.
struct PageContext: Sendable {
    /// As the reader may see it.
    let status: DaemonStatus
    let visit: Visit
    let now: Instant
    /// The daemon's version.
    let version: String
    /// As it was asked for, without the query.
    let path: String
    let query: Query
    /// How the reader reached us: `Host`, with its port.
    var host = "localhost"
    var theme = Theme.system
    /// Nil for those who get no forms.
    var formSecret: [UInt8]?

    static let refreshSeconds = 15
    /// Seconds between two loads, when the reader asked for it.
    var refresh: Int? { query["refresh"].flatMap { Int($0) }.flatMap { (5...3600).contains($0) ? $0 : nil } }
}

/// One page before it has its frame.
struct Page: Sendable {
    enum Section: String, Sendable {
        case overview, releases, environments, promotions, syncs, holds, system, none
    }

    /// Most specific first; without the product's name.
    var title: String
    var section: Section
    /// The parts of the site that it shows, for live updates; empty for none.
    var topics: [String] = []
    /// The same facts as JSON.
    var alternate: String?
    /// The same from a shell.
    var commands: [String] = []
    var content: HTML
}

extension Page {
    /// The whole document.
    func document(_ context: PageContext) -> HTML {
        let problems = context.status.environments.flatMap(\.services).count { $0.verdict.isProblem }
        let icon = problems > 0 ? Assets.iconProblem.path : Assets.icon.path
        let alternateLink = alternate.map { path -> HTML in
            "<link rel=\"alternate\" type=\"application/json\" href=\"\(path)\"/>"
        }
        let script: HTML = topics.isEmpty ? "" : "<script src=\"\(Assets.live.path)\" defer=\"defer\"></script>"
        let watched: HTML = topics.isEmpty ? "" : " data-topics=\"\(topics.joined(separator: ","))\""
        let theme: HTML = context.theme == .system ? "" : " data-theme=\"\(context.theme.rawValue)\""
        return """
            <!DOCTYPE html>
            <html lang="en"\(theme)><head><meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <title>\(title) – kubernaut</title>
            <link rel="stylesheet" href="\(Assets.style.path)"/>
            <link rel="icon" type="image/svg+xml" href="\(icon)"/>\(alternateLink)\(script)
            </head><body>
            <a class="skip" href="#main">Skip to content</a>\(Icon.sprite)
            \(header(context))
            \(banners(context.status, context.now))
            <main id="main" tabindex="-1"\(watched)>
            <p class="printed dim">kubernaut, \(context.now.description.prefix(10)), seen by \(context.visit.caller.name)</p>
            \(content)
            </main>
            \(footer(context))
            </body></html>

            """
    }

    private func header(_ context: PageContext) -> HTML {
        let entries: [(Section, StaticString, StaticString)] = [
            (.overview, "/", "Overview"), (.releases, "/releases", "Releases"),
            (.environments, "/envs", "Environments"), (.promotions, "/promotions", "Promotions"),
            (.syncs, "/syncs", "Syncs"), (.holds, "/holds", "Holds"),
            (.system, "/system", "System"),
        ]
        let links = entries.map { entry -> HTML in
            let current: HTML = entry.0 == section ? " aria-current=\"page\"" : ""
            return "<li><a href=\"\(entry.1)\"\(current)>\(entry.2)</a></li>"
        }
        return """
            <header class="top"><div class="wide">
            <a class="brand" href="/">\(Icon.brand)<span>kubernaut</span></a>
            <nav aria-label="Main"><ul>\(links)</ul></nav>
            <p class="git-state">\(gitState(context))</p>
            \(reader(context))
            </div></header>
            """
    }

    /// Who reads, and the way out. A link would let any page of any site sign people out: this is a form.
    private func reader(_ context: PageContext) -> HTML {
        guard let session = context.visit.session else { return "" }
        return """
            <form class="reader" method="post" action="/logout">\
            \(context.tokenField)\
            <a href="/account">\(session.person.login)</a> <button>Sign out</button></form>
            """
    }

    private func gitState(_ context: PageContext) -> HTML {
        guard context.status.fetchProblem == nil else {
            return Badge(icon: .unknown, word: "git unreachable").html
        }
        guard let fetched = context.status.lastFetchAt else { return "<span class=\"dim\">reading git…</span>" }
        return """
            <span class="b good">\(Icon.healthy.image) git</span> \
            <span class="dim">read \(Age.text(of: fetched, at: context.now))</span>
            """
    }

    private func banners(_ status: DaemonStatus, _ now: Instant) -> HTML {
        var banners = status.banners.map { text -> HTML in "<li class=\"note\">\(Icon.drifted.image) \(text)</li>" }
        if let problem = status.policyProblem {
            banners.append(
                """
                <li class="alarm">\(Icon.failed.image) <b>The newest pipeline is not followed:</b> \(problem). \
                The last good one stays in force.</li>
                """)
        }
        if let problem = status.fetchProblem {
            let since = status.fetchProblemSince.map { " since \($0.forPeople)" } ?? ""
            banners.append(
                """
                <li class="alarm">\(Icon.unknown.image) <b>Git does not answer\(since).</b> \(problem). \
                You see the last state that was read; changes in clusters are still shown.</li>
                """)
        }
        if let problem = status.storeProblem {
            banners.append(
                """
                <li class="alarm">\(Icon.unknown.image) <b>The store does not answer.</b> \(problem). What runs is shown and kept \
                up to date; earlier syncs, the audit and keys are not there for now, and nobody can sign in or change anything here.</li>
                """)
        }
        return banners.isEmpty ? "" : "<ul class=\"banners wide\" role=\"status\">\(banners)</ul>"
    }

    private func footer(_ context: PageContext) -> HTML {
        let heads = context.status.environments.map { environment -> HTML in
            "<li>\(environmentLink(environment.environment.name)) \(commitText(environment.head?.id))</li>"
        }
        let isRefreshing = context.refresh != nil
        let target =
            context.path + context.query.with("refresh", isRefreshing ? nil : "\(PageContext.refreshSeconds)").text
        let words: HTML = isRefreshing ? "Stop refreshing" : "Refresh every \(PageContext.refreshSeconds) seconds"
        // A page on which somebody fills in a form must not go away under their hands.
        let refresh: HTML = topics.isEmpty ? "" : "<li><a href=\"\(target)\">\(words)</a></li>"
        let json = alternate.map { path -> HTML in "<li><a href=\"\(path)\">This page as JSON</a></li>" }
        let shell = commands.map { command -> HTML in "<code>\(command)</code>" }.joined("\n")
        let cli: HTML =
            commands.isEmpty
            ? "" : "<details><summary>The same from a shell</summary><pre tabindex=\"0\">\(shell)</pre></details>"
        return """
            <footer><div class="wide">
            \(cli)
            <ul class="links">\(refresh)\(json)</ul>
            <ul class="heads"><li class="dim">\(context.status.repository)</li>\(heads)</ul>
            <ul><li class="dim">kubernaut \(context.version)</li><li><a href="/help">Help</a></li><li>\(themeForm(context, keepsQuery: section != .none))</li></ul>
            </div></footer>
            """
    }
}
