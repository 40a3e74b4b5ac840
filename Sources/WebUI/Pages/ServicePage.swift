// SPDX-License-Identifier: Apache-2.0

import Domain

/// `/services/{service}`: its way through the environments, its releases, its objects.
func servicePage(_ name: Name, _ context: PageContext) -> Page {
    let here = context.status.environments.map { environment in
        (environment, environment.services.first { $0.name == name && $0.verdict != .notHere })
    }
    let team = here.lazy.compactMap { $0.1?.team }.first.map { team -> HTML in "team \(team)" }
    let objects = here.compactMap { environment, service in service.map { objectsCard(environment, $0, context) } }
    return Page(
        title: "\(name)", section: .releases, alternate: "/api/v1/services/\(name)",
        commands: ["curl http://\(context.host)/api/v1/services/\(name)"],
        content: """
            <div class="headline"><h1>\(name)</h1><p class="dim">\(team ?? "service")</p></div>
            \(lane(name, here, context.now))
            \(card("Releases", id: "releases", releaseTable(name, context)))
            \(objects)
            """)
}

private func lane(_ name: Name, _ here: [(EnvironmentStatus, ServiceStatus?)], _ now: Instant) -> HTML {
    let boxes = here.enumerated().map { index, pair -> HTML in
        let (environment, service) = pair
        let gap = index == 0 ? "" : laneGap(environment.positions[name])
        let content: HTML =
            service.map { service in
                """
                <p class="release">\(service.release.map { "<span class=\"version\">\($0.version)</span>" } ?? "<span class=\"dim\">no release</span>")</p>
                <p>\(service.verdict.badge.html) <span class="dim">\(age(service.since, at: now))</span></p>
                \(service.reason.isEmpty ? "" : "<p class=\"reason\">\(service.reason)</p>")
                <p><a href="/envs/\(environment.environment.name)/services/\(name)/manifest">Manifest in \(environment.environment.name)</a></p>
                """
            } ?? "<p>\(Verdict.notHere.badge.html)</p>"
        return """
            \(gap)<li class="env tone-\((service?.verdict ?? .notHere).badge.tone)"><h2>\(environmentLink(environment.environment.name))</h2>\(content)</li>
            """
    }
    return "<ol class=\"strip\" aria-label=\"Where it runs\">\(boxes)</ol>"
}

private func laneGap(_ position: Position?) -> HTML {
    let words: HTML =
        switch position {
        case .behind(let count): "<b>\(counted(count, "release"))</b> <span>\(count == 1 ? "waits" : "wait")</span>"
        case .ahead: "<b>hotfix</b> <span>ahead</span>"
        case .differs: "<b>config</b> <span>differs</span>"
        case .inStep: "<span class=\"dim\">in step</span>"
        case .absent, nil: ""
        }
    return "<li class=\"gap\"><span class=\"arrow\" aria-hidden=\"true\"></span>\(words)</li>"
}

// MARK: - releases

/// One release, with all environments' knowledge of it.
struct ReleaseLine: Sendable {
    let release: ReleaseRecord
    /// The oldest commit that brought it anywhere.
    let firstSeen: Instant
    /// Where it runs now.
    let runsIn: [Name]
    /// Where it ran once.
    let ranIn: [Name]
}

/// Every release that any environment remembers, newest first. Pure.
func releaseLines(of service: Name, in environments: [EnvironmentStatus]) -> [ReleaseLine] {
    var order: [String] = []
    var records: [String: (release: ReleaseRecord, firstSeen: Instant, past: [Name])] = [:]
    for environment in environments {
        for event in environment.releases[service] ?? [] {
            guard let release = event.release else { continue }
            var known = records[release.version] ?? (release, event.commit.date, [])
            if records[release.version] == nil { order.append(release.version) }
            known.firstSeen = min(known.firstSeen, event.commit.date)
            if !known.past.contains(environment.environment.name) { known.past.append(environment.environment.name) }
            records[release.version] = known
        }
    }
    let now = environments.compactMap { environment in
        environment.services.first { $0.name == service }?.release.map { (environment.environment.name, $0.version) }
    }
    let lines = order.enumerated().compactMap { index, version -> (Int, ReleaseLine)? in
        guard let known = records[version] else { return nil }
        let runs = now.filter { $0.1 == version }.map(\.0)
        return (
            index,
            ReleaseLine(
                release: known.release, firstSeen: known.firstSeen, runsIn: runs,
                ranIn: known.past.filter { !runs.contains($0) })
        )
    }
    return lines.sorted { $0.1.firstSeen == $1.1.firstSeen ? $0.0 < $1.0 : $0.1.firstSeen > $1.1.firstSeen }.map(\.1)
}

private func releaseTable(_ name: Name, _ context: PageContext) -> HTML {
    let lines = releaseLines(of: name, in: context.status.environments)
    guard !lines.isEmpty else { return "<p class=\"empty\">No release of \(name) is known yet.</p>" }
    let rows = lines.prefix(50).map { line -> HTML in
        let release = line.release
        let build = release.build.map { build -> HTML in
            externalLink(build.url, "\(build.job ?? "build")\(build.number.map { " #\($0)" } ?? "")")
        }
        let note = release.note.map { note -> HTML in "<div class=\"reason\">\(note)</div>" }
        return row(
            """
            \(rowHead("<span class=\"version\">\(release.version)</span>"))\
            \(cell("Source", "\(source(release.source))\(note)"))\
            \(cell("Where", places(line)))\
            \(cell("Released", "\(age(release.releasedAt ?? line.firstSeen, at: context.now))\(release.releasedBy.map { " <span class=\"dim\">by \($0)</span>" } as HTML?)"))\
            \(cell("Build", build ?? "<span class=\"dim\">–</span>"))\
            \(cell("Image", imageText(release.image)))
            """)
    }
    let columns: [HTML] = ["Version", "Source", "Where", "Released", "Build", "Image"]
    return table(caption: "Releases of \(name), newest first", columns: columns, rows: rows)
}

private func source(_ source: ReleaseRecord.SourceRevision?) -> HTML {
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
    guard var url = source.url else { return nil }
    if url.hasSuffix(".git") { url.removeLast(4) }
    return "\(url)/commit/\(percentEncoded(commit))"
}

private func places(_ line: ReleaseLine) -> HTML {
    let now = line.runsIn.map { name -> HTML in "<li class=\"now\">\(name)</li>" }
    let past = line.ranIn.map { name -> HTML in "<li class=\"past\"><span class=\"hidden\">formerly </span>\(name)</li>"
    }
    return now.isEmpty && past.isEmpty ? "<span class=\"dim\">–</span>" : "<ul class=\"chips\">\(now)\(past)</ul>"
}

// MARK: - objects

private func objectsCard(_ environment: EnvironmentStatus, _ service: ServiceStatus, _ context: PageContext) -> HTML {
    let name = environment.environment.name
    let rows = service.objects.sorted { $0.health.status.severity > $1.health.status.severity }.map { object -> HTML in
        let reason: HTML = object.health.reason.isEmpty ? "" : "<div class=\"reason\">\(object.health.reason)</div>"
        let sync: HTML =
            object.isInSync
            ? "<span class=\"dim\">as in git</span>" : Badge(icon: .drifted, word: "differs from git").html
        return row(
            """
            \(rowHead("\(object.key.groupKind.kind)"))\
            \(cell("Name", "<code>\(object.key.namespace.map { "\($0)/" } ?? "")\(object.key.name)</code>"))\
            \(cell("Health", "\(object.health.status.badge.html)\(reason)"))\
            \(cell("Git", sync))
            """)
    }
    let objects: HTML =
        rows.isEmpty
        ? "<p class=\"empty\">Nothing in the cluster.</p>"
        : table(
            caption: "Objects of \(service.name) in \(name)", columns: ["Kind", "Name", "Health", "Git"], rows: rows)
    return """
        <section class="card"><div class="card-head"><h2 id="in-\(name)">In \(name)</h2>\
        <a href="/envs/\(name)/services/\(service.name)/manifest">Manifest and where its values come from</a></div>
        \(diagnosticList(service.diagnostics))\(objects)</section>

        """
}
