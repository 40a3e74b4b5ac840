// SPDX-License-Identifier: Apache-2.0

import Domain

extension WebPages {
    /// The passes that may have applied what a service's history shows, by environment; as far as the reader may see them.
    func historyPasses(_ service: Name, _ context: PageContext) async throws -> [PassRecord] {
        var passes: [PassRecord] = []
        for environment in context.status.environments where environment.releases[service] != nil {
            passes += try await sources.history.passes(of: environment.environment.name, before: nil, limit: 200)
        }
        return passes.filter { context.mayRead($0) }
    }
}

/// `/services/{service}/history?env=`: every release an environment has had, newest first.
///
/// - Parameter passes: Newest first within each environment.
func historyPage(_ service: Name, passes: [PassRecord], _ context: PageContext) -> Page {
    let environments = context.status.environments.filter { $0.releases[service] != nil || $0.service(service) != nil }
    let chosen = context.query["env"].flatMap { Name($0) }
    let shown = environments.filter { chosen == nil || $0.environment.name == chosen }
    let all: HTML =
        chosen == nil ? "<b>all</b>" : "<a href=\"/services/\(service)/history\">all</a>"
    let choices = environments.map { environment -> HTML in
        let name = environment.environment.name
        return name == chosen
            ? "<b>\(name)</b>" : "<a href=\"/services/\(service)/history?env=\(name)\">\(name)</a>"
    }
    let tables = shown.map { environment in
        historyCard(service, environment, passes.filter { $0.environment == environment.environment.name }, context)
    }
    let content: HTML = tables.isEmpty ? "<p class=\"empty\">\(service) has no history here.</p>" : "\(tables)"
    return Page(
        title: "History of \(service)\(chosen.map { " in \($0)" } ?? "")", section: .releases,
        alternate: "/api/v1/services/\(service)",
        commands: ["kubernaut history \(service) --env \(chosen ?? environments.last?.environment.name ?? service)"],
        content: """
            <div class="headline"><h1>History of \(serviceLink(service))</h1><p class="dim">what each environment has had, newest first</p></div>
            <p class="choices">Environment: \(([all] + choices).joined(" · "))</p>
            \(content)
            """)
}

private func historyCard(
    _ service: Name, _ environment: EnvironmentStatus, _ passes: [PassRecord], _ context: PageContext
) -> HTML {
    let name = environment.environment.name
    let events = environment.releases[service] ?? []
    let rows = events.enumerated().map { index, event -> HTML in
        let before = events.dropFirst(index + 1).first?.release?.version
        let move = ReleaseMove(event, before: before)
        let from: HTML =
            before.map { before -> HTML in
                before == event.release?.version ? "" : " <span class=\"dim\">after \(before)</span>"
            }
            ?? ""
        let reason = (event.reason ?? event.release?.note).map { text -> HTML in "<div class=\"reason\">\(text)</div>" }
        let end = index == 0 ? nil : events[index - 1].commit.date
        let version: HTML = event.release.map { releaseLink($0) } ?? "<span class=\"dim\">none</span>"
        return row(
            """
            \(cell("When", dateAndAge(event.commit.date, at: context.now)))\
            \(rowHead(version))\
            \(cell("What", "\(move.badge.html)\(from)\(reason)"))\
            \(cell("By", "\(event.actor ?? event.commit.author)"))\
            \(cell("Stayed", stayed(event.commit.date, end, context.now)))\
            \(cell("Applied", applied(event.commit.id, passes)))\
            \(cell("Commit", "\(commitText(event.commit.id)) \(event.commit.subject)"))\
            \(cell("Back", back(event, events, service, name)))
            """)
    }
    let list: HTML =
        rows.isEmpty
        ? "<p class=\"empty\">No release is known.</p>"
        : table(
            caption: "History of \(service) in \(name)",
            columns: ["When", "Version", "What", "By", "Stayed", "Applied", "Commit", "Back"], rows: rows)
    let more: HTML =
        events.count >= 50
        ? "<p class=\"dim\">Older ones: <code>git log \(environment.environment.branch) -- environments/releases/\(service).yaml</code></p>"
        : ""
    return """
        <section class="card" aria-labelledby="in-\(name)"><div class="card-head"><h2 id="in-\(name)">\(environmentLink(name))</h2></div>
        \(list)\(more)</section>

        """
}

/// The way back to a release that is not the newest.
private func back(_ event: ReleaseEvent, _ events: [ReleaseEvent], _ service: Name, _ environment: Name) -> HTML {
    guard let version = event.release?.version, version != events.first?.release?.version else { return "" }
    return
        "<a href=\"\(rollbackPath(service, in: environment, to: version))\">Roll back<span class=\"hidden\"> to \(version)</span></a>"
}

private func stayed(_ start: Instant, _ end: Instant?, _ now: Instant) -> HTML {
    end.map { "\(Age.text(of: start, at: $0).replacing("just now", with: "under a minute"))" } ?? "<b>now</b>"
}

/// The first pass that brought the commit.
private func applied(_ commit: CommitID, _ passes: [PassRecord]) -> HTML {
    guard let pass = passes.last(where: { $0.commit == commit }) else { return "<span class=\"dim\">–</span>" }
    return """
        <a href="/syncs/\(percentEncoded(pass.id))">\(pass.outcome.badge.html)</a> \
        <span class="dim">\(text(of: pass.finishedAt.since(pass.startedAt)))</span>
        """
}
