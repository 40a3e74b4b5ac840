// SPDX-License-Identifier: Apache-2.0

import Access
import Domain

/// One order of a person that something stays as it is.
struct HoldLine: Sendable {
    let environment: Name
    /// Nil for the environment as a whole.
    let service: Name?
    let hold: Hold
    /// What runs there under the hold; nil for the environment as a whole.
    let version: String?
}

/// Every hold that is active, in the order of environments and services. Pure.
func holdLines(_ status: DaemonStatus) -> [HoldLine] {
    status.environments.flatMap { environment -> [HoldLine] in
        let held = environment.services.filter { $0.hold != nil }
        let whole = held.lazy.compactMap(\.hold).first { $0.isForAll }
        let all = whole.map {
            [HoldLine(environment: environment.environment.name, service: nil, hold: $0, version: nil)]
        }
        return (all ?? [])
            + held.compactMap { service in
                guard let hold = service.hold, !hold.isForAll else { return nil }
                return HoldLine(
                    environment: environment.environment.name, service: service.name, hold: hold,
                    version: service.release?.version)
            }
    }
}

/// `/holds`: what people ordered to stay as it is, and environments that nothing is written to.
func holdsPage(_ context: PageContext) -> Page {
    let lines = holdLines(context.status)
    let suspensions = context.status.environments.filter { $0.suspension != nil }
    let suspended: HTML =
        suspensions.isEmpty
        ? "" : card("Suspended environments", id: "suspended", suspensionTable(suspensions, context))
    return Page(
        title: "Holds", section: .holds, topics: ["releases"], alternate: "/api/v1/status",
        commands: ["kubernaut hold SERVICE --env ENV --reason TEXT", "kubernaut resume SERVICE --env ENV"],
        content: """
            \(doneBanner(context))
            <div class="headline"><h1>Holds</h1><p class="dim">what people ordered to stay as it is</p>\
            <div class="actions"><a class="button" href="/holds/new">Hold something</a></div></div>
            <section class="card" aria-label="Holds">\(holdTable(lines, context))</section>
            \(suspended)
            <p class="dim">A hold stops promotions and image updates from replacing a release. It is a file on the \
            environment's branch; the cluster is still kept as git says. A suspension stops every write to the cluster.</p>
            """)
}

private func holdTable(_ lines: [HoldLine], _ context: PageContext) -> HTML {
    guard !lines.isEmpty else { return "<p class=\"empty\">Nothing is held.</p>" }
    let rows = lines.map { line -> HTML in
        let subject: HTML = line.service.map { serviceLink($0) } ?? "everything"
        let version: HTML = line.version.map { "\($0)" } ?? "<span class=\"dim\">–</span>"
        return row(
            """
            \(rowHead("\(Icon.held.image) \(subject)"))\
            \(cell("In", environmentLink(line.environment)))\
            \(cell("Stays at", version))\
            \(cell("Why", "\(line.hold.reason)"))\
            \(cell("By", "\(line.hold.by ?? "–")"))\
            \(cell("Until", line.hold.until.map { "\($0.forPeople)" } ?? "somebody ends it"))\
            \(cell("Said in", "<code>\(line.hold.location.file)</code>"))\
            \(cell("End", endForm(line, context)))
            """)
    }
    return table(
        caption: "Holds", columns: ["What", "In", "Stays at", "Why", "By", "Until", "Said in", "End"], rows: rows)
}

private func endForm(_ line: HoldLine, _ context: PageContext) -> HTML {
    let place: Place = line.service.map { .service($0, in: line.environment) } ?? .environment(line.environment)
    let subject = line.service?.text ?? "everything"
    return """
        <form method="post" action="/holds/end">\(context.changeFields)\(hidden("env", line.environment))\
        \(line.service.map { hidden("service", $0) } as HTML?)\
        \(context.button("End<span class=\"hidden\"> the hold of \(subject) in \(line.environment)</span>", .hold, at: place))</form>
        """
}

private func suspensionTable(_ environments: [EnvironmentStatus], _ context: PageContext) -> HTML {
    let rows = environments.compactMap { environment -> HTML? in
        guard let suspension = environment.suspension else { return nil }
        return row(
            """
            \(rowHead(environmentLink(environment.environment.name)))\
            \(cell("Why", "\(suspension.reason)"))\(cell("By", "\(suspension.by ?? "–")"))\
            \(cell("Until", suspension.until.map { "\($0.forPeople)" } ?? "somebody ends it"))\
            \(cell("Said in", "<code>\(suspension.location.file)</code>"))\
            \(cell("End", endText(suspension, environment.environment.name, context)))
            """)
    }
    return table(
        caption: "Suspended environments", columns: ["Environment", "Why", "By", "Until", "Said in", "End"], rows: rows)
}

private func endText(_ suspension: Suspension, _ name: Name, _ context: PageContext) -> HTML {
    suspension.isInGit
        ? "<span class=\"dim\">by a commit</span>"
        : endSuspensionForm(name, "End<span class=\"hidden\"> the suspension of \(name)</span>", context)
}
