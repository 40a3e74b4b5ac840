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
        title: "\(name)", section: .releases, topics: ["service:\(name)"], alternate: "/api/v1/services/\(name)",
        commands: ["curl http://\(context.host)/api/v1/services/\(name)"],
        content: """
            <div class="headline"><h1>\(name)</h1><p class="dim">\(team ?? "service")</p>\(serviceActions(name, context))</div>
            \(lane(name, here, context.now))
            \(card("Releases", id: "releases", aside: "<a href=\"/services/\(name)/history\">History in each environment</a>", releaseTable(name, context)))
            \(objects)
            """)
}

private func serviceActions(_ name: Name, _ context: PageContext) -> HTML {
    let environments = context.status.environments
    let promote = environments.enumerated().compactMap { index, environment -> HTML? in
        let to = environment.environment.name
        guard index > 0, environment.positions[name]?.gap != nil || environment.positions[name] == .absent else {
            return nil
        }
        let from = environments[index - 1].environment.name
        return
            "<a class=\"button\" href=\"\(promotionPath(from: from, to: to, services: [name]))\">Promote to \(to)</a>"
    }
    let link = environments.last.map { environment -> HTML in
        "<a href=\"/diff?service=\(name)&amp;a=env:\(environment.environment.name)&amp;b=env:\(environments.first?.environment.name ?? name)\">Compare environments</a>"
    }
    return "<div class=\"actions\">\(promote)\(link)</div>"
}

private func lane(_ name: Name, _ here: [(EnvironmentStatus, ServiceStatus?)], _ now: Instant) -> HTML {
    let boxes = here.enumerated().map { index, pair -> HTML in
        let (environment, service) = pair
        let gap = index == 0 ? "" : laneGap(environment.positions[name])
        let content: HTML =
            service.map { service in
                """
                <p class="release">\(service.release.map { releaseLink($0) } ?? "<span class=\"dim\">no release</span>")</p>
                <p>\(service.verdict.badge.html) <span class="dim">\(age(service.since, at: now))</span></p>
                \(service.reason.isEmpty ? "" : "<p class=\"reason\">\(service.reason)</p>")\(heldLine(service))
                <p class="links"><a href="/envs/\(environment.environment.name)/services/\(name)/manifest">Manifest<span class="hidden"> in \(environment.environment.name)</span></a> \
                <a href="/envs/\(environment.environment.name)/services/\(name)/values">Values<span class="hidden"> in \(environment.environment.name)</span></a> \
                <a href="\(rollbackPath(name, in: environment.environment.name))">Roll back<span class="hidden"> in \(environment.environment.name)</span></a> \
                <a href="\(holdPath(name, in: environment.environment.name))">Hold<span class="hidden"> in \(environment.environment.name)</span></a></p>
                """
            } ?? "<p>\(Verdict.notHere.badge.html)</p>"
        return """
            \(gap)<li class="env tone-\((service?.verdict ?? .notHere).badge.tone)"><h2>\(environmentLink(environment.environment.name))</h2>\(content)</li>
            """
    }
    return "<ol class=\"strip\" aria-label=\"Where it runs\">\(boxes)</ol>"
}

/// That a service is held, where its state does not say so already.
private func heldLine(_ service: ServiceStatus) -> HTML? {
    guard let hold = service.hold, service.verdict != .held else { return nil }
    let until: HTML = hold.until.map { end -> HTML in " until \(end.forPeople)" } ?? ""
    return "<p>\(Badge(icon: .held, word: "Held").html)\(hold.by.map { " by \($0)" } ?? "")\(until): \(hold.reason)</p>"
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
            \(rowHead(releaseLink(release)))\
            \(cell("Source", "\(sourceText(release.source))\(note)"))\
            \(cell("Where", places(line)))\
            \(cell("Released", "\(age(release.releasedAt ?? line.firstSeen, at: context.now))\(release.releasedBy.map { " <span class=\"dim\">by \($0)</span>" } as HTML?)"))\
            \(cell("Build", build ?? "<span class=\"dim\">–</span>"))\
            \(cell("Image", imageText(release.image)))
            """)
    }
    let columns: [HTML] = ["Version", "Source", "Where", "Released", "Build", "Image"]
    return table(caption: "Releases of \(name), newest first", columns: columns, rows: rows)
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
