// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import Render

// The three sentences a list of releases can say instead of rows: dashboards and scripts look for these words.
private let loading: StaticString = "Loading releases…"
private let failing: StaticString = "Error loading releases"
private let none: StaticString = "There are no releases"

/// `/releases`: every release of every service, newest first.
///
/// - Parameter lines: All that the reader may see, newest first.
func releasesReply(_ lines: [ReleaseLine], _ context: PageContext) -> HTTPResponse {
    let index = ReleaseIndex(context.status, lines, context.query)
    let isKnown = context.status.environments.contains { !$0.releases.isEmpty }
    let filter = ReleaseIndex.Filter(context.query)
    if !isKnown, !context.status.isReady, context.status.fetchProblem == nil {
        let page = releasesPage(index, filter, "<p class=\"empty\" role=\"status\">\(loading)</p>", context)
        var reply = Reply.page(page, status: 503, context)
        reply.headers["Retry-After"] = "2"
        return reply
    }
    let content: HTML
    if index.lines.isEmpty {
        if !isKnown,
            let problem = context.status.fetchProblem ?? context.status.environments.compactMap(\.sourceProblem).first
        {
            content = "<p class=\"empty\"><b class=\"bad\">\(failing)</b></p><p class=\"empty\">\(problem)</p>"
        } else if filter.isEmpty, isKnown == false {
            content = """
                <p class="empty">\(none)</p><p class="empty">A release is a record that Jenkins, or <code>kubernaut \
                release</code>, commits to the first environment's branch.</p>
                """
        } else {
            content = "<p class=\"empty\">\(none) that match these filters. <a href=\"/releases\">Clear filters</a></p>"
        }
    } else {
        content = releaseList(index, context)
    }
    return Reply.page(releasesPage(index, filter, content, context), context)
}

private func releasesPage(
    _ index: ReleaseIndex, _ filter: ReleaseIndex.Filter, _ content: HTML, _ context: PageContext
) -> Page {
    let matching: HTML = filter.isEmpty ? "" : " that match"
    return Page(
        title: "Releases", section: .releases, topics: ["releases"], alternate: "/api/v1/services",
        commands: ["kubernaut history SERVICE", "curl http://\(context.host)/api/v1/services"],
        content: """
            <div class="headline"><h1>Releases</h1><p class="dim">\(counted(index.total, "release"))\(matching), newest first</p>\
            <div class="actions"><a href="/releases.atom\(context.query["env"].map { Query([("env", $0)]).text } ?? "")" type="application/atom+xml">Feed</a></div></div>
            \(quickFilters(filter, context))
            \(filterForm(filter, context))
            <section class="card" aria-label="Releases">\(content)</section>
            \(pager(index, context))
            """)
}

private func quickFilters(_ filter: ReleaseIndex.Filter, _ context: PageContext) -> HTML {
    let pipeline = context.status.environments.map(\.environment.name)
    func link(_ words: String, _ query: Query, isCurrent: Bool) -> HTML {
        isCurrent
            ? "<b aria-current=\"true\">\(words)</b>"
            : "<a href=\"/releases\(query.with("before", nil).with("after", nil).text)\">\(words)</a>"
    }
    let standings = ReleaseIndex.Standing.allCases.map { standing in
        link(
            standing.words(pipeline), context.query.with("show", standing.rawValue),
            isCurrent: filter.standing == standing)
    }
    let days: [(String, Int64)] = [("last 24 hours", 1), ("last 7 days", 7)]
    let recent = days.map { words, days -> HTML in
        // Whole hours: the address, and so the page, stays the same for a while.
        let hour = context.now.milliseconds / 3_600_000
        let since = Instant(milliseconds: (hour - days * 24) * 3_600_000)
        return link(words, context.query.with("since", since.description), isCurrent: filter.since == since)
    }
    let all = link("all", Query(), isCurrent: filter.isEmpty)
    return "<p class=\"choices\">Show \(([all] + standings + recent).joined(" · "))</p>"
}

private func filterForm(_ filter: ReleaseIndex.Filter, _ context: PageContext) -> HTML {
    let environments = context.status.environments.map(\.environment.name).map { name -> HTML in
        let selected: HTML = filter.environment == name ? " selected=\"selected\"" : ""
        return "<option\(selected)>\(name)</option>"
    }
    let kept = ["show", "refresh"].compactMap { name -> HTML? in
        context.query[name].map { "<input type=\"hidden\" name=\"\(name)\" value=\"\($0)\"/>" }
    }
    let since = filter.since.map { String($0.description.prefix(10)) } ?? ""
    let clear: HTML = filter.isEmpty ? "" : "<a href=\"/releases\">Clear filters</a>"
    return """
        <form class="filter" method="get" action="/releases" role="search" aria-label="Releases">
        <label>Service <input type="search" name="service" value="\(filter.service)" size="14" placeholder="any"/></label>
        <label>By <input type="search" name="author" value="\(filter.author)" size="12" placeholder="anybody"/></label>
        <label>Environment <select name="env"><option value="">any</option>\(environments)</select></label>
        <label>Since <input type="date" name="since" value="\(since)"/></label>
        \(kept)<button type="submit">Apply</button> \(clear)</form>
        """
}

private func releaseList(_ index: ReleaseIndex, _ context: PageContext) -> HTML {
    let rows = index.lines.map { line -> HTML in
        let release = line.release
        let build = release.build.map { build -> HTML in
            externalLink(build.url, "\(build.job ?? "build")\(build.number.map { " #\($0)" } ?? "")")
        }
        return """
            <tr role="row" id="\(release.id)">\
            \(cell("Created", dateAndAge(line.createdAt, at: context.now)))\
            \(rowHead(serviceLink(release.service)))\
            \(cell("Version", releaseLink(release)))\
            \(cell("Source", sourceText(release.source)))\
            \(cell("Where", places(line)))\
            \(cell("By", "\(release.releasedBy ?? "–")"))\
            \(cell("Build", build ?? "<span class=\"dim\">–</span>"))</tr>

            """
    }
    return table(
        caption: "Releases, newest first",
        columns: ["Created", "Service", "Version", "Source", "Where", "By", "Build"], rows: rows)
}

private func pager(_ index: ReleaseIndex, _ context: PageContext) -> HTML {
    guard index.newer != nil || index.older != nil else { return "" }
    func link(_ words: HTML, _ key: String, _ cursor: String?) -> HTML {
        guard let cursor else { return "<span class=\"dim\">\(words)</span>" }
        let query = context.query.with("before", nil).with("after", nil).with(key, cursor)
        return "<a href=\"/releases\(query.text)\">\(words)</a>"
    }
    return """
        <nav class="pager" aria-label="Pages">\(link("Newer releases", "after", index.newer)) \
        \(link("Older releases", "before", index.older))</nav>
        """
}

// MARK: - parts that other pages share

/// The address of a release's own page.
func releasePath(_ release: ReleaseRecord) -> String {
    "/services/\(release.service)/releases/\(percentEncoded(release.version))"
}

func releaseLink(_ release: ReleaseRecord) -> HTML {
    "<a class=\"version\" href=\"\(releasePath(release))\">\(release.version)</a>"
}

/// Commit, first line of its message, author and branch.
func sourceText(_ source: ReleaseRecord.SourceRevision?) -> HTML {
    guard let source else { return "<span class=\"dim\">–</span>" }
    let commit = source.commit.map { commit -> HTML in
        "<code>\(externalLink(commitAddress(source, commit), "\(String(commit.prefix(7)))"))</code>"
    }
    return """
        \(commit) \(source.message ?? "") <span class="dim">\(source.author ?? "")\
        \(source.branch.map { " on \($0)" } ?? "")</span>
        """
}

/// GitHub, GitLab and Gitea all answer to this form.
private func commitAddress(_ source: ReleaseRecord.SourceRevision, _ commit: String) -> String? {
    sourceAddress(source).map { "\($0)/commit/\(percentEncoded(commit))" }
}

/// The application's repository as browsers reach it.
func sourceAddress(_ source: ReleaseRecord.SourceRevision) -> String? {
    guard var url = source.url else { return nil }
    if url.hasSuffix(".git") { url.removeLast(4) }
    return url
}

/// Where a release runs, and where it ran.
func places(_ line: ReleaseLine) -> HTML {
    let now = line.runsIn.map { name -> HTML in "<li class=\"now\">\(name)</li>" }
    let past = line.ranIn.map { name -> HTML in "<li class=\"past\"><span class=\"hidden\">formerly </span>\(name)</li>"
    }
    return now.isEmpty && past.isEmpty ? "<span class=\"dim\">–</span>" : "<ul class=\"chips\">\(now)\(past)</ul>"
}
