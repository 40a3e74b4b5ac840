// SPDX-License-Identifier: Apache-2.0

import Access
import Domain

/// `/envs`: where each environment stands.
func environmentsPage(_ context: PageContext) -> Page {
    let rows = context.status.environments.map { environment -> HTML in
        let worst = environment.services.map(\.verdict).min { $0.severity < $1.severity }
        let setting = environment.environment
        return row(
            """
            \(rowHead(environmentLink(setting.name)))\
            \(cell("State", (worst ?? .unknown).badge.html))\
            \(cell("Services", "\(environment.services.count { $0.verdict != .notHere })"))\
            \(cell("Branch", "<code>\(setting.branch)</code> \(commitText(environment.head?.id))"))\
            \(cell("Applied", environment.progress))\
            \(cell("Cluster", "\(setting.cluster ?? "default")"))\
            \(cell("Last sync", lastSync(environment, context.now)))
            """)
    }
    let columns: [HTML] = ["Environment", "State", "Services", "Branch", "Applied", "Cluster", "Last sync"]
    return Page(
        title: "Environments", section: .environments, topics: ["releases"], alternate: "/api/v1/environments",
        commands: ["curl http://\(context.host)/api/v1/environments"],
        content: """
            <div class="headline"><h1>Environments</h1><p class="dim">in the order releases walk through them</p></div>
            <section class="card">\(table(caption: "Environments", columns: columns, rows: rows))</section>
            """)
}

private func lastSync(_ environment: EnvironmentStatus, _ now: Instant) -> HTML {
    guard let pass = environment.lastPass else { return "<span class=\"dim\">none yet</span>" }
    return
        "<a href=\"/syncs/\(percentEncoded(pass.id))\">\(pass.outcome.badge.html)</a> \(age(pass.finishedAt, at: now))"
}

/// `/envs/{env}`.
///
/// - Parameter passes: Newest first.
func environmentPage(_ environment: EnvironmentStatus, passes: [PassRecord], _ context: PageContext) -> Page {
    let name = environment.environment.name
    return Page(
        title: "\(name)", section: .environments, topics: ["env:\(name)"], alternate: "/api/v1/environments/\(name)",
        commands: [
            "kubernaut diff live:\(name)",
            "curl -X POST -H 'X-Kubernaut: 1' http://\(context.host)/api/v1/environments/\(name)/sync",
        ],
        content: """
            \(doneBanner(context))
            <div class="headline"><h1>\(name)</h1><p class="dim">environment</p>\(environmentActions(environment, context))</div>
            \(environmentProblems(environment))
            <section class="card" aria-label="State">\(environmentFacts(environment, context))</section>
            \(holdCard(environment, context))\(suspensionCard(environment, context))
            \(heldCards(environment))
            \(orphans(environment))
            \(card("Services", id: "services", aside: positionSummary(environment), servicesTable(environment, context)))
            \(suspensionCorner(environment, context))
            \(passes.isEmpty ? "" : card("Last syncs", id: "syncs", aside: "<a href=\"/syncs?env=\(name)\">All syncs of \(name)</a>", passTable(passes, context.now)))
            """)
}

/// What can be done with the environment as a whole. What one may not do is shown with what it needs.
private func environmentActions(_ environment: EnvironmentStatus, _ context: PageContext) -> HTML {
    let name = environment.environment.name
    let from = context.predecessor(of: name)
    let promote = from.map { from -> HTML in
        "<a class=\"button\" href=\"\(promotionPath(from: from, to: name))\">Promote \(from) to \(name)</a>"
    }
    let compare = from.map { from -> HTML in
        "<a href=\"/diff?a=env:\(name)&amp;b=env:\(from)\">Compare with \(from)</a>"
    }
    return """
        <div class="actions"><form method="post" action="/syncs/new">\(context.changeFields)\(hidden("env", name))\
        \(context.button("Sync now", .sync, at: .environment(name)))</form>\(promote)\
        <a href="\(holdPath(nil, in: name))">Hold \(name)</a>\(compare)<a href="/envs/\(name)/objects">Objects</a></div>
        """
}

private func environmentProblems(_ environment: EnvironmentStatus) -> HTML {
    var items: [HTML] = []
    if let problem = environment.sourceProblem {
        items.append(
            "<li>\(Badge(icon: .failed, word: "Not readable").html) <span>\(problem). Nothing is applied or deleted until this is mended.</span></li>"
        )
    }
    if let signature = environment.signature, let problem = signature.sentence {
        let badge = Badge(icon: signature.isRefused ? .failed : .drifted, word: "Not well signed")
        let meaning =
            signature.isRefused ? "Nothing newer is applied, and nothing is deleted, until this is mended." : ""
        items.append("<li>\(badge.html) <span>\(problem). \(meaning)</span></li>")
    }
    if let problem = environment.clusterProblem {
        items.append(
            "<li>\(Badge(icon: .unknown, word: "Cluster unreachable").html) <span>\(problem). What is shown is the last known state.</span></li>"
        )
    }
    let list: HTML = items.isEmpty ? "" : "<ul class=\"problems\">\(items)</ul>"
    let diagnostics: HTML =
        environment.diagnostics.isEmpty
        ? "" : card("Problems in files of this environment", id: "diagnostics", diagnosticList(environment.diagnostics))
    return list + diagnostics
}

private func environmentFacts(_ environment: EnvironmentStatus, _ context: PageContext) -> HTML {
    let setting = environment.environment
    let head = environment.head.map { head -> HTML in
        """
        <code>\(setting.branch)</code> @ \(commitText(head.id)) “\(head.subject)” \
        <span class="dim">by \(head.author), \(age(head.date, at: context.now))</span>
        """
    }
    let applied: HTML =
        environment.appliedCommit == environment.head?.id && environment.head != nil
        ? "\(Badge(icon: .healthy, word: "the cluster equals git").html)"
        : "\(Badge(icon: .waiting, word: "not fully applied").html) last fully applied: \(commitText(environment.appliedCommit))"
    let objects = environment.services.flatMap(\.objects)
    let drifted = objects.count { !$0.isInSync }
    let managed: HTML = "\(counted(objects.count, "object"))\(drifted > 0 ? ", \(drifted) not as in git" : "")"
    return facts([
        ("Git", head ?? "<span class=\"dim\">branch \(setting.branch) not read yet</span>"), ("Applied", applied),
        ("Signed", environment.signature?.signer.map { "by \($0)" }),
        ("Cluster", "\(setting.cluster ?? "default") <span class=\"dim\">namespace \(setting.namespace)</span>"),
        ("Compared", comparedText(environment, context)), ("Leads", leader(environment)), ("Managed", managed),
        (
            "Deletes",
            "<span class=\"dim\">at most \(setting.prune.limit) objects or \(setting.prune.percent) % without a person</span>"
        ),
        ("Now", environment.isReconciling ? Badge(icon: .rolling, word: "reconciling").html : nil),
    ])
}

/// A hold on everything; those on one service stand with it.
private func holdCard(_ environment: EnvironmentStatus, _ context: PageContext) -> HTML {
    guard let hold = environment.services.lazy.compactMap(\.hold).first(where: \.isForAll) else { return "" }
    let until: HTML = hold.until.map { end -> HTML in " until \(end.forPeople)" } ?? ""
    return card(
        "Held", id: "hold", aside: "<a href=\"/holds\">All holds</a>",
        "<p>\(Badge(icon: .held, word: "Held").html)\(hold.by.map { " by \($0)" } ?? "")\(until): \(hold.reason). Promotions to \(environment.environment.name) are refused; the cluster is still kept as git says.</p>"
    )
}

/// Where it stands to the environment before.
private func comparedText(_ environment: EnvironmentStatus, _ context: PageContext) -> HTML? {
    guard let from = context.predecessor(of: environment.environment.name) else { return nil }
    let positions = environment.positions.values
    let behind = positions.filter { $0.releasesBehind > 0 }
    let releases = behind.reduce(0) { $0 + $1.releasesBehind }
    var parts: [String] = []
    if !behind.isEmpty { parts.append("\(counted(behind.count, "service")) behind by \(counted(releases, "release"))") }
    let ahead = positions.count { $0 == .ahead }
    if ahead > 0 { parts.append("\(counted(ahead, "hotfix", "hotfixes"))") }
    let differing = positions.count { $0 == .differs }
    if differing > 0 { parts.append("\(counted(differing, "service")) with other configuration") }
    return "with \(environmentLink(from)): \(parts.isEmpty ? "in step" : parts.joined(separator: ", "))"
}

func orphans(_ environment: EnvironmentStatus) -> HTML {
    guard !environment.orphans.isEmpty else { return "" }
    let items = environment.orphans.prefix(200).map { orphan -> HTML in
        "<li><code>\(orphan.key)</code> <span class=\"dim\">\(orphan.reason)</span></li>"
    }
    return card(
        "Labelled as this environment's, and in no revision", id: "orphans",
        "<ul>\(items)</ul><p class=\"dim\"><code>kubernaut orphans \(environment.environment.name)</code> looks anew.</p>"
    )
}

/// Nil where one replica works alone.
private func leader(_ environment: EnvironmentStatus) -> HTML? {
    environment.leadership.map { leadership in
        if leadership.isOurs { return "this replica <span class=\"dim\">\(leadership.replica)</span>" }
        guard let leader = leadership.leader else { return Badge(icon: .unknown, word: "nobody at the moment").html }
        return "\(leader) <span class=\"dim\">applies and heals; this replica, \(leadership.replica), only shows</span>"
    }
}

private func positionSummary(_ environment: EnvironmentStatus) -> HTML {
    let behind = environment.positions.values.filter { $0.releasesBehind > 0 }
    guard !behind.isEmpty else { return "" }
    let releases = behind.reduce(0) { $0 + $1.releasesBehind }
    return "<span class=\"dim\">\(counted(behind.count, "service")) behind by \(counted(releases, "release"))</span>"
}

private func servicesTable(_ environment: EnvironmentStatus, _ context: PageContext) -> HTML {
    let name = environment.environment.name
    let services = environment.services.filter { $0.verdict != .notHere }.sorted {
        let (a, b) = (
            min($0.verdict.severity, Verdict.unknown.severity), min($1.verdict.severity, Verdict.unknown.severity)
        )
        return a == b ? $0.name < $1.name : a < b
    }
    let rows = services.map { service -> HTML in
        let healthy = service.objects.count { $0.health.status == .healthy }
        // The diagnostics say the same, and where.
        let reason: HTML =
            service.reason.isEmpty || !service.diagnostics.isEmpty
            ? "" : "<div class=\"reason\">\(service.reason)</div>"
        let position = environment.positions[service.name]?.gap.map { gap -> HTML in
            "<span class=\"wait\">\(gap.long)</span>"
        }
        return row(
            """
            \(rowHead(serviceLink(service.name)))\
            \(cell("Version", "<a class=\"version\" href=\"/envs/\(name)/services/\(service.name)/manifest\">\(service.release?.version ?? "no release")</a>"))\
            \(cell("State", "\(service.verdict.badge.html)\(reason)\(diagnosticList(service.diagnostics))"))\
            \(cell("Here since", age(service.since, at: context.now) ?? "<span class=\"dim\">–</span>"))\
            \(cell("Objects", "\(healthy) of \(service.objects.count) healthy"))\
            \(cell("Position", position ?? "<span class=\"dim\">in step</span>"))
            """)
    }
    guard !rows.isEmpty else { return "<p class=\"empty\">No service has a release record here yet.</p>" }
    let columns: [HTML] = ["Service", "Version", "State", "Here since", "Objects", "Position"]
    return table(caption: "Services in \(name)", columns: columns, rows: rows)
}
