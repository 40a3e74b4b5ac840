// SPDX-License-Identifier: Apache-2.0

import Access
import Domain

/// `/`: the whole pipeline in one line, then every service in every environment.
func overviewPage(_ context: PageContext) -> Page {
    let status = context.status
    let filter = ReleaseMatrix.Filter(context.query)
    let matrix = ReleaseMatrix(status, filter)
    let hasServices = status.environments.contains { !$0.services.isEmpty }
    let content: HTML =
        hasServices
        ? """
        \(headline(status))
        \(environmentStrip(context))
        \(filterForm(status, filter, context.query))
        \(matrixTable(matrix, context))
        \(pager(matrix.page, of: matrix.pageCount, context))
        """ : firstSteps(status)
    return Page(
        title: "Overview", section: .overview, topics: ["releases"], alternate: "/api/v1/status",
        commands: ["curl http://\(context.host)/api/v1/status"],
        content: content)
}

private func headline(_ status: DaemonStatus) -> HTML {
    let problems = status.environments.flatMap { environment in
        environment.services.filter(\.verdict.isProblem).map { (environment.environment.name, $0) }
    }
    let total = Set(status.environments.flatMap { $0.services.map(\.name) }).count
    let scope = "\(counted(total, "service")) in \(counted(status.environments.count, "environment"))"
    guard !problems.isEmpty else {
        return "<div class=\"headline\"><h1>What runs where</h1><p class=\"dim\">\(scope), nothing needs you</p></div>"
    }
    let items = problems.sorted { $0.1.verdict.severity < $1.1.verdict.severity }.prefix(3).map {
        name, service -> HTML in
        """
        <li>\(service.verdict.badge.html) <span><a href="/services/\(service.name)"><b>\(service.name)</b></a> in \
        \(environmentLink(name)) – \(service.reason)</span></li>
        """
    }
    let more =
        problems.count > 3 ? "<li class=\"dim\">and \(problems.count - 3) more, first in the table</li>" : "" as HTML
    return """
        <div class="headline"><h1>What runs where</h1><p class="dim">\(scope)</p></div>
        <ul class="problems" aria-label="\(counted(problems.count, "problem"))">\(items)\(more)</ul>
        """
}

// MARK: - the strip

private func environmentStrip(_ context: PageContext) -> HTML {
    let boxes = context.status.environments.enumerated().map { index, environment -> HTML in
        let gap = index == 0 ? "" : stripGap(environment, after: context.status.environments[index - 1], context)
        return "\(gap)\(environmentBox(environment, context))"
    }
    return "<ol class=\"strip\" aria-label=\"Pipeline\">\(boxes)</ol>"
}

private func stripGap(
    _ environment: EnvironmentStatus, after before: EnvironmentStatus, _ context: PageContext
) -> HTML {
    let behind = environment.positions.values.filter { $0.releasesBehind > 0 }
    let releases = behind.reduce(0) { $0 + $1.releasesBehind }
    let words: HTML =
        behind.isEmpty
        ? "<span class=\"dim\">in step</span>"
        : "<b>\(counted(releases, "release"))</b> <span>in \(counted(behind.count, "service"))</span> <span>\(releases == 1 ? "waits" : "wait")</span>"
    let (from, to) = (before.environment.name, environment.environment.name)
    let link: HTML =
        environment.positions.values.contains { $0.gap != nil }
        ? "<a href=\"\(promotionPath(from: from, to: to))\">Preview promotion<span class=\"hidden\"> from \(from) to \(to)</span></a>"
        : ""
    return "<li class=\"gap\"><span class=\"arrow\" aria-hidden=\"true\"></span>\(words)\(link)</li>"
}

private func environmentBox(_ environment: EnvironmentStatus, _ context: PageContext) -> HTML {
    let services = environment.services.filter { $0.verdict != .notHere }
    let counts = Dictionary(grouping: services, by: \.verdict).mapValues(\.count)
    let badges = counts.sorted { $0.key.severity < $1.key.severity }.map { verdict, count -> HTML in
        "<li>\(verdict.badge.counted(count))</li>"
    }
    let worst = services.map(\.verdict).min { $0.severity < $1.severity } ?? .healthy
    let tone = environment.problem == nil ? worst.badge.tone : "bad"
    return """
        <li class="env tone-\(tone)"><h2>\(environmentLink(environment.environment.name))</h2>
        <ul class="counts">\(badges)</ul>\(bar(counts))
        <p class="dim">\(commitText(environment.head?.id)) \(age(environment.head?.date, at: context.now)) · \
        \(environment.progress)</p>\(orders(environment, context))</li>
        """
}

/// What people ordered about the environment as a whole.
private func orders(_ environment: EnvironmentStatus, _ context: PageContext) -> HTML {
    var items: [HTML] = []
    if let hold = environment.services.lazy.compactMap(\.hold).first(where: \.isForAll) {
        items.append("<p>\(Badge(icon: .held, word: "Held").html)\(words(hold.by, hold.until)): \(hold.reason)</p>")
    }
    if let suspension = environment.suspension {
        let name = environment.environment.name
        // Who may not reads on the environment's page what it takes.
        let canEnd = !suspension.isInGit && context.visit.allows(.suspend, at: .environment(name))
        items.append(
            "<p>\(Badge(icon: .held, word: "Suspended").html)\(words(suspension.by, suspension.until)): \(suspension.reason)</p>"
                + (canEnd ? endSuspensionCorner(name, context) : "")
        )
    }
    return "\(items)"
}

private func words(_ by: String?, _ until: Instant?) -> HTML {
    "\(by.map { " by \($0)" } ?? "")\(until.map { " until \($0.forPeople)" } ?? "")"
}

/// The shares of the verdicts as a bar; decoration, since the numbers stand above it.
private func bar(_ counts: [Verdict: Int]) -> HTML {
    let total = max(1, counts.values.reduce(0, +))
    var x = 0.0
    let parts = counts.sorted { $0.key.severity > $1.key.severity }.map { verdict, count -> HTML in
        let width = 100 * Double(count) / Double(total)
        defer { x += width }
        return "<rect class=\"\(verdict.badge.tone)\" x=\"\(tenths(x))\" width=\"\(tenths(width))\" height=\"4\"/>"
    }
    return """
        <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">\(parts)</svg>
        """
}

private func tenths(_ number: Double) -> String {
    let value = Int((number * 10).rounded())
    return "\(value / 10).\(value % 10)"
}

extension EnvironmentStatus {
    /// Why this environment as a whole is not as it should be; nil when all is well.
    var problem: String? { sourceProblem ?? signature?.sentence ?? clusterProblem }

    /// Where the daemon stands with it, in two or three words.
    var progress: HTML {
        if sourceProblem != nil { return "<b class=\"bad\">not readable</b>" }
        if signature?.isRefused == true { return "<b class=\"bad\">not well signed</b>" }
        if clusterProblem != nil { return "<b class=\"bad\">cluster unreachable</b>" }
        if isReconciling { return "<span class=\"busy\">reconciling</span>" }
        guard let head else { return "reading" }
        return appliedCommit == head.id ? "applied" : "<span class=\"warn\">not fully applied</span>"
    }
}

// MARK: - the filter

private func filterForm(_ status: DaemonStatus, _ filter: ReleaseMatrix.Filter, _ query: Query) -> HTML {
    let verdicts = Verdict.allCases.map { verdict -> HTML in
        let selected: HTML = filter.status == verdict ? " selected=\"selected\"" : ""
        return "<option value=\"\(verdict.slug)\"\(selected)>\(verdict.rawValue)</option>"
    }
    let teams = Set(status.environments.flatMap { $0.services.compactMap(\.team) }).sorted().map { team -> HTML in
        let selected: HTML = filter.team == team.text ? " selected=\"selected\"" : ""
        return "<option\(selected)>\(team)</option>"
    }
    let team: HTML =
        teams.isEmpty
        ? "" : "<label>Team <select name=\"team\"><option value=\"\">any</option>\(teams)</select></label>"
    let environments = status.environments.map(\.environment.name).map { name -> HTML in
        let selected: HTML = filter.environment == name.text ? " selected=\"selected\"" : ""
        return "<option\(selected)>\(name)</option>"
    }
    let kept = ["sort", "refresh"].compactMap { name -> HTML? in
        query[name].map { "<input type=\"hidden\" name=\"\(name)\" value=\"\($0)\"/>" }
    }
    let clear: HTML = filter.isEmpty ? "" : "<a href=\"/\">Clear filters</a>"
    return """
        <form class="filter" method="get" action="/" role="search" aria-label="Services">
        <label>Service <input type="search" name="q" value="\(filter.search)" size="18" placeholder="any"/></label>
        \(team)
        <label>In <select name="env"><option value="">any environment</option>\(environments)</select></label>
        <label>Status <select name="status"><option value="">any</option>\(verdicts)</select></label>
        <label class="check"><input type="checkbox" name="behind" value="1"\(filter.onlyBehind ? " checked=\"checked\"" : "")/> \
        only with something waiting</label>
        \(kept)<button type="submit">Apply</button> \(clear)</form>
        """
}

/// Nothing to show yet: what has to happen first.
private func firstSteps(_ status: DaemonStatus) -> HTML {
    func step(_ isDone: Bool, _ text: HTML) -> HTML {
        "<li>\((isDone ? Badge(icon: .healthy, word: "done") : Badge(icon: .waiting, word: "to do")).html) \(text)</li>"
    }
    return """
        <div class="headline"><h1>Nothing released yet</h1></div>
        <section class="card"><ol class="steps">
        \(step(status.lastFetchAt != nil, "Point kubernaut at a repository: <code>kubernaut serve --repo URL</code>"))
        \(step(!status.environments.isEmpty, "Describe environments and services there: <code>kubernaut init</code> writes a first set of files"))
        \(step(false, "Commit a release record to the first environment's branch: <code>environments/releases/SERVICE.yaml</code>"))
        </ol></section>
        """
}
