// SPDX-License-Identifier: Apache-2.0

import Domain
import Render

extension PageContext {
    /// - Throws: `NotFound` with the versions that may have been meant.
    func release(_ service: Name, _ version: String) throws(NotFound) -> ReleaseLine {
        let lines = releaseLines(of: try self.service(service), in: status.environments)
        if let line = lines.first(where: { $0.release.version == version }) { return line }
        let versions = lines.map(\.release.version)
        var near = versions.filter { !version.isEmpty && ($0.hasPrefix(version) || $0.hasPrefix("v\(version)")) }
        near += nearNames(to: version, among: versions).filter { !near.contains($0) }
        throw NotFound(
            near: near.prefix(3).map { ("/services/\(service)/releases/\(percentEncoded($0))", "\(service) \($0)") }
                + [("/services/\(service)", "all releases of \(service)")])
    }
}

/// `/services/{service}/releases/{version}`: what it is, where it came from and where it went.
func releasePage(_ line: ReleaseLine, _ context: PageContext) -> Page {
    let release = line.release
    let service = release.service
    let lines = releaseLines(of: service, in: context.status.environments)
    let place = lines.firstIndex { $0.release.version == release.version }
    let previous = place.flatMap { lines.dropFirst($0 + 1).first?.release }
    let next = place.flatMap { $0 > 0 ? lines[$0 - 1].release : nil }
    return Page(
        title: "\(service) \(release.version)", section: .releases, alternate: "/api/v1/services/\(service)",
        commands: ["kubernaut history \(service) --env \(line.runsIn.first ?? line.ranIn.first ?? service)"],
        content: """
            <div class="headline"><h1>\(serviceLink(service)) \(release.version)</h1>\(placesWord(line))</div>
            \(promotions(line, context))<p class="choices">\(neighbours(previous: previous, next: next))</p>
            <section class="card" aria-label="About this release">\(about(line, previous, context))</section>
            \(card("Where it is", id: "where", whereTable(line, context)))
            \(card("What happened to it", id: "events", eventTable(line, context)))
            """)
}

/// Where it could go next.
private func promotions(_ line: ReleaseLine, _ context: PageContext) -> HTML {
    let links = line.runsIn.compactMap { name -> HTML? in
        guard let to = context.successor(of: name), !line.runsIn.contains(to) else { return nil }
        return
            "<a class=\"button\" href=\"\(promotionPath(from: name, to: to, services: [line.release.service]))\">Promote to \(to)</a>"
    }
    return links.isEmpty ? "" : "<p class=\"actions\">\(links)</p>"
}

private func placesWord(_ line: ReleaseLine) -> HTML {
    line.runsIn.isEmpty ? "<p class=\"dim\">runs nowhere now</p>" : places(line)
}

private func neighbours(previous: ReleaseRecord?, next: ReleaseRecord?) -> HTML {
    let links = [
        previous.map { release -> HTML in "Before it: \(releaseLink(release))" },
        next.map { release -> HTML in "After it: \(releaseLink(release))" },
    ].compactMap(\.self)
    return links.isEmpty ? "The only release that is known." : links.joined(" · ")
}

private func about(_ line: ReleaseLine, _ previous: ReleaseRecord?, _ context: PageContext) -> HTML {
    let release = line.release
    let images = release.images.sorted { $0.key < $1.key }.map { name, image -> (HTML, HTML?) in
        ("Image \(name)", imageText(image))
    }
    let build = release.build.map { build -> HTML in
        externalLink(build.url, "\(build.job ?? "build")\(build.number.map { " #\($0)" } ?? "")")
    }
    let by: HTML? = release.releasedBy.map { who -> HTML in " by \(who)" }
    let pinned: HTML =
        release.image.contains("@sha256:")
        ? "" : " \(Badge(icon: .drifted, word: "a tag, which can be moved").html)"
    let since = previous.flatMap { sourceComparison($0.source, release.source) }.map { address -> HTML in
        externalLink(address, "commits since \(previous?.version ?? "")")
    }
    let rows: [(HTML, HTML?)] =
        [("Image", "\(imageText(release.image))\(pinned)")] + images + [
            ("Source", release.source.map { sourceText($0) }), ("Changes", since), ("Built by", build),
            ("Created", "\(dateAndAge(line.createdAt, at: context.now))\(by)"),
            ("Note", release.note.map { "\($0)" }),
            ("Id", "<code>\(release.id)</code>"),
        ]
    return facts(rows)
}

/// GitHub's and GitLab's page on the commits between two; nil for other hosts and unknown commits.
private func sourceComparison(_ old: ReleaseRecord.SourceRevision?, _ new: ReleaseRecord.SourceRevision?) -> String? {
    guard let old, let new, let from = old.commit, let to = new.commit, from != to, let address = sourceAddress(new),
        sourceAddress(old) == address
    else { return nil }
    return "\(address)/compare/\(percentEncoded(from))...\(percentEncoded(to))"
}

private func whereTable(_ line: ReleaseLine, _ context: PageContext) -> HTML {
    let (service, version) = (line.release.service, line.release.version)
    let rows = context.status.environments.map { environment -> HTML in
        let name = environment.environment.name
        let events = environment.releases[service] ?? []
        // The newest time it came, and what came after.
        let arrival = events.firstIndex { $0.release?.version == version }
        let state: HTML
        let span: HTML
        if line.runsIn.contains(name), let status = environment.service(service) {
            let reason: HTML = status.reason.isEmpty ? "" : "<div class=\"reason\">\(status.reason)</div>"
            state = "\(status.verdict.badge.html)\(reason)"
            span = arrival.map { "since \(dateAndAge(events[$0].commit.date, at: context.now))" } ?? "now"
        } else if let arrival {
            let end = arrival > 0 ? events[arrival - 1] : nil
            let by = end?.release.map { release -> HTML in ", then \(releaseLink(release))" }
            state = "<span class=\"dim\">replaced\(by)</span>"
            span = "\(events[arrival].commit.date.forPeople) to \(end.map { $0.commit.date.forPeople } ?? "?")"
        } else {
            state = "<span class=\"dim\">never here</span>"
            span = "<span class=\"dim\">–</span>"
        }
        let manifest: HTML =
            line.runsIn.contains(name)
            ? "<a href=\"/envs/\(name)/services/\(service)/manifest\">Manifest</a> · <a href=\"/envs/\(name)/services/\(service)/values\">Values</a>"
            : "<span class=\"dim\">–</span>"
        return row(
            """
            \(rowHead(environmentLink(name)))\(cell("State", state))\(cell("When", span))\(cell("Shows", manifest))
            """)
    }
    return table(
        caption: "\(service) \(version) by environment", columns: ["Environment", "State", "When", "Shows"],
        rows: rows)
}

private func eventTable(_ line: ReleaseLine, _ context: PageContext) -> HTML {
    let (service, version) = (line.release.service, line.release.version)
    let events = context.status.environments.flatMap { environment -> [(Instant, HTML)] in
        let events = environment.releases[service] ?? []
        return events.enumerated().compactMap { index, event in
            let before = events.dropFirst(index + 1).first?.release?.version
            let name = environment.environment.name
            if event.release?.version == version {
                return (event.commit.date, eventRow(event, ReleaseMove(event, before: before).badge, name, context))
            }
            guard before == version else { return nil }
            let move = ReleaseMove(event, before: before)
            let badge = Badge(icon: move == .rollback ? .drifted : .absent, word: move.leaving)
            return (event.commit.date, eventRow(event, badge, name, context))
        }
    }
    guard !events.isEmpty else { return "<p class=\"empty\">Nothing is known of it any more.</p>" }
    let rows = events.sorted { $0.0 > $1.0 }.map(\.1)
    return table(
        caption: "What happened to \(service) \(version)",
        columns: ["When", "What", "Environment", "By", "Commit"], rows: rows)
}

private func eventRow(_ event: ReleaseEvent, _ badge: Badge, _ environment: Name, _ context: PageContext) -> HTML {
    let reason = event.reason.map { reason -> HTML in "<div class=\"reason\">\(reason)</div>" }
    return row(
        """
        \(cell("When", dateAndAge(event.commit.date, at: context.now)))\
        \(cell("What", "\(badge.html)\(reason)"))\
        \(cell("Environment", environmentLink(environment)))\
        \(cell("By", "\(event.actor ?? event.commit.author)"))\
        \(cell("Commit", "\(commitText(event.commit.id)) \(event.commit.subject)"))
        """)
}

/// How a release came to an environment.
enum ReleaseMove: String, Sendable {
    case first, release, promotion, rollback, removal, configuration

    /// - Parameter before: The version that was there; nil for none.
    init(_ event: ReleaseEvent, before: String?) {
        guard let release = event.release else {
            self = .removal
            return
        }
        switch event.action {
        case "rollback": self = .rollback
        case "promote": self = .promotion
        default: self = before == nil ? .first : before == release.version ? .configuration : .release
        }
    }

    var badge: Badge {
        switch self {
        case .first: Badge(icon: .healthy, word: "first release")
        case .release: Badge(icon: .healthy, word: "released")
        case .promotion: Badge(icon: .healthy, word: "promoted")
        case .rollback: Badge(icon: .drifted, word: "rolled back to")
        case .removal: Badge(icon: .absent, word: "removed")
        case .configuration: Badge(icon: .rolling, word: "record changed")
        }
    }

    /// What it was for the release that was there before.
    var leaving: String {
        switch self {
        case .rollback: "rolled back from"
        case .removal: "removed"
        case .first, .release, .promotion, .configuration: "replaced"
        }
    }
}
