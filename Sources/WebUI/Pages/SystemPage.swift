// SPDX-License-Identifier: Apache-2.0

import Domain
import Webhooks

/// `/system`: what the daemon stands on.
func systemPage(_ context: PageContext, hooks: HookDesk?, sinks: [SinkStatus]) -> Page {
    let status = context.status
    let git: HTML =
        status.fetchProblem.map { problem in
            """
            \(Badge(icon: .unknown, word: "does not answer").html) \(problem)\
            \(status.fetchProblemSince.map { " <span class=\"dim\">since \($0.forPeople)</span>" } as HTML?)
            """
        } ?? Badge(icon: .healthy, word: "reachable").html
    let clusters = Dictionary(grouping: status.environments) { $0.environment.cluster ?? "default" }
    let rows = clusters.sorted { $0.key < $1.key }.map { name, environments -> HTML in
        let problem = environments.lazy.compactMap(\.clusterProblem).first
        let state: HTML =
            problem.map { "\(Badge(icon: .unknown, word: "unreachable").html) <div class=\"reason\">\($0)</div>" }
            ?? Badge(icon: .healthy, word: "reachable").html
        return row(
            """
            \(rowHead("\(name)"))\(cell("State", state))\
            \(cell("Environments", environments.map { environmentLink($0.environment.name) }.joined(", ")))\
            \(cell("Objects", "\(environments.flatMap { $0.services.flatMap(\.objects) }.count)"))
            """)
    }
    let machine: [(HTML, HTML?)] = [
        ("Version", "kubernaut \(context.version)"),
        (
            "Ready",
            status.isReady
                ? Badge(icon: .healthy, word: "yes").html
                : "\(Badge(icon: .waiting, word: "not yet").html) every environment must be read once"
        ),
        ("Snapshot", "number \(status.version)"),
        (
            "Probes",
            "<a href=\"/livez?verbose\">livez</a> · <a href=\"/readyz?verbose\">readyz</a> · <a href=\"/metrics\">metrics</a>"
        ),
    ]
    return Page(
        title: "System", section: .system, topics: ["system"], alternate: "/api/v1/status",
        content: """
            <div class="headline"><h1>System</h1><p class="dim">what kubernaut itself stands on</p></div>
            \(card("kubernaut", id: "daemon", facts(machine)))
            \(card("Git", id: "git", facts([
                ("Repository", "<code>\(status.repository)</code>"), ("State", git),
                ("Last read", status.lastFetchAt.map { "\(Age.text(of: $0, at: context.now))" } ?? "not yet"),
            ])))
            \(hooksCard(hooks, context))
            \(notificationsCard(sinks, context))
            \(card("Clusters", id: "clusters", table(caption: "Clusters", columns: ["Cluster", "State", "Environments", "Objects"], rows: rows)))
            """)
}

/// For the first seconds of a daemon's life.
func loadingPage() -> Page {
    Page(
        title: "Reading the repository", section: .none,
        content: """
            <div class="headline"><h1>Reading the repository</h1><p class="dim">503</p></div>
            <section class="card" aria-label="Why"><p role="status">kubernaut has just started and has not read the config \
            repository yet. This takes a few seconds; the page loads itself again.</p>
            <p>Takes it longer? <a href="/system">System</a> says what it waits for.</p></section>
            """)
}

/// Pages for what went wrong: what, why, what to do.
func errorPage(_ status: Int, _ title: String, _ explanation: HTML) -> Page {
    Page(
        title: title, section: .none,
        content: """
            <div class="headline"><h1>\(title)</h1><p class="dim">\(status)</p></div>
            <section class="card"><p>\(explanation)</p></section>
            """)
}

/// The explanation of a 404, with names that may have been meant.
func notFoundText(_ path: String, suggestions: [(path: String, name: String)]) -> HTML {
    let links = suggestions.map { suggestion -> HTML in "<li><a href=\"\(suggestion.path)\">\(suggestion.name)</a></li>"
    }
    let near: HTML = links.isEmpty ? "" : "</p><p>Did you mean:</p><ul>\(links)</ul><p>"
    return "There is nothing at <code>\(path)</code>.\(near) <a href=\"/\">Overview</a>"
}
