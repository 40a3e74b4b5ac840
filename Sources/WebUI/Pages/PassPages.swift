// SPDX-License-Identifier: Apache-2.0

import Domain

/// `/syncs`: passes, newest first.
///
/// - Parameter passes: One more than `pageSize` when there are older ones.
func passesPage(_ passes: [PassRecord], pageSize: Int, _ context: PageContext) -> Page {
    let environment = context.query["env"].flatMap { Name($0) }
    let shown = Array(passes.prefix(pageSize))
    let older: HTML =
        passes.count > pageSize
        ? "<a href=\"/syncs\(context.query.with("before", shown.last?.id).text)\">Older syncs</a>" : ""
    let newest: HTML =
        context.query["before"] == nil
        ? "" : "<a href=\"/syncs\(context.query.with("before", nil).text)\">Newest syncs</a>"
    let choices = context.status.environments.map { entry -> HTML in
        let name = entry.environment.name
        return name == environment ? "<b>\(name)</b>" : "<a href=\"/syncs?env=\(name)\">\(name)</a>"
    }
    let all: HTML = environment == nil ? "<b>all</b>" : "<a href=\"/syncs\">all</a>"
    let content: HTML =
        shown.isEmpty
        ? "<p class=\"empty\">No sync is recorded here yet. One is written down when it changes something or fails.</p>"
        : passTable(shown, context.now)
    return Page(
        title: "Syncs", section: .syncs, topics: ["passes"],
        alternate: "/api/v1/passes\(environment.map { "?environment=\($0)" } ?? "")",
        commands: ["curl http://\(context.host)/api/v1/passes"],
        content: """
            <div class="headline"><h1>Syncs</h1><p class="dim">runs from commit to cluster, newest first</p></div>
            <p class="choices">Environment: \(([all] + choices).joined(" · "))</p>
            <section class="card">\(content)</section>
            <nav class="pager" aria-label="Pages">\(newest) \(older)</nav>
            """)
}

func passTable(_ passes: [PassRecord], _ now: Instant) -> HTML {
    let rows = passes.map { pass -> HTML in
        let reason: HTML = pass.reason.isEmpty ? "" : "<div class=\"reason\">\(pass.reason)</div>"
        return row(
            """
            \(rowHead("<a href=\"/syncs/\(percentEncoded(pass.id))\">\(pass.startedAt.forPeople)</a><div class=\"dim\">\(Age.text(of: pass.startedAt, at: now))</div>"))\
            \(cell("Environment", environmentLink(pass.environment)))\
            \(cell("Result", "\(pass.outcome.badge.html)\(reason)"))\
            \(cell("Commit", commitStep(pass)))\
            \(cell("Changed", changes(pass)))\
            \(cell("Why", "\(pass.trigger.rawValue)"))\
            \(cell("Took", "\(text(of: pass.finishedAt.since(pass.startedAt)))", kind: "number"))
            """)
    }
    let columns: [HTML] = ["Started", "Environment", "Result", "Commit", "Changed", "Why", "Took"]
    return table(caption: "Syncs, newest first", columns: columns, rows: rows)
}

private func commitStep(_ pass: PassRecord) -> HTML {
    guard let previous = pass.previousCommit, previous != pass.commit else { return commitText(pass.commit) }
    return "<span class=\"nowrap\">\(commitText(previous)) → \(commitText(pass.commit))</span>"
}

private func changes(_ pass: PassRecord) -> HTML {
    let parts = Action.allCases.filter { $0 != .unchanged }.compactMap { action -> HTML? in
        let count = pass.count(of: action)
        return count > 0 ? "<span class=\"nowrap\">\(count) \(action.rawValue)</span>" : nil
    }
    return parts.isEmpty ? "<span class=\"dim\">nothing</span>" : parts.joined(", ")
}

/// `/syncs/{id}`.
func passPage(_ pass: PassRecord, _ context: PageContext) -> Page {
    let warnings: HTML =
        pass.warnings.isEmpty
        ? ""
        : card(
            "Warnings of the cluster", id: "warnings",
            "<ul class=\"diagnostics\">\(pass.warnings.map { warning -> HTML in "<li>\(Badge(icon: .drifted, word: "warning").html) \(warning)</li>" })</ul>"
        )
    return Page(
        title: "Sync of \(pass.environment), \(pass.startedAt.forPeople)", section: .syncs,
        alternate: "/api/v1/passes/\(percentEncoded(pass.id))",
        content: """
            <div class="headline"><h1>Sync of \(environmentLink(pass.environment))</h1>\
            <p class="dim"><code>\(pass.id)</code></p></div>
            <p class="verdict-line">\(pass.outcome.badge.html) \(pass.reason)</p>
            \(stages(pass))
            <section class="card" aria-label="Facts">\(facts([
                ("Commit", commitStep(pass)), ("Started", dateAndAge(pass.startedAt, at: context.now)),
                ("Took", "\(text(of: pass.finishedAt.since(pass.startedAt)))"), ("Because of", "\(pass.trigger.rawValue)"),
                ("Changed", changes(pass)), ("Unchanged", "\(counted(pass.unchangedCount, "object"))"),
            ]))</section>
            \(pass.diagnostics.isEmpty ? "" : card("Problems in files", id: "diagnostics", diagnosticList(pass.diagnostics)))
            \(pass.objects.isEmpty ? "" : card("Objects", id: "objects", aside: "<span class=\"dim\">what was changed, skipped or failed</span>", objectTable(pass)))
            \(hookLogs(pass))
            \(warnings)
            """)
}

private func hookLogs(_ pass: PassRecord) -> HTML {
    guard !pass.logs.isEmpty else { return "" }
    let items = pass.logs.map { log -> HTML in
        let text: HTML = log.problem.map { "<p class=\"dim\">\($0)</p>" } ?? "<pre>\(log.text)</pre>"
        return
            "<h3>\(log.service): <code>\(log.key)</code> <span class=\"dim\">\(log.pod) \(log.container)</span></h3>\(text)"
    }
    return card("What hooks wrote", id: "logs", items.joined(""))
}

/// The stages up to where it stopped.
private func stages(_ pass: PassRecord) -> HTML {
    let reached = Stage.allCases.firstIndex(of: pass.stage) ?? 0
    let items = Stage.allCases.enumerated().map { index, stage -> HTML in
        let badge: Badge =
            index < reached || (index == reached && pass.outcome == .succeeded)
            ? Badge(icon: .healthy, word: stage.rawValue)
            : index == reached
                ? Badge(
                    icon: pass.outcome == .failed ? .failed : pass.outcome == .stopped ? .held : .unhealthy,
                    word: stage.rawValue)
                : Badge(icon: .waiting, word: stage.rawValue)
        let current: HTML = index == reached ? " aria-current=\"step\"" : ""
        return index > reached
            ? "<li class=\"dim\">\(Icon.absent.image) \(stage.rawValue)</li>" : "<li\(current)>\(badge.html)</li>"
    }
    return "<ol class=\"stages\" aria-label=\"Stages\">\(items)</ol>"
}

private func objectTable(_ pass: PassRecord) -> HTML {
    let order: [Action] = [.failed, .skipped, .deleted, .created, .configured, .unchanged]
    let objects = pass.objects.enumerated().sorted {
        let (a, b) = (order.firstIndex(of: $0.element.action) ?? 9, order.firstIndex(of: $1.element.action) ?? 9)
        return a == b ? $0.offset < $1.offset : a < b
    }.map(\.element)
    let rows = objects.prefix(1000).map { object -> HTML in
        row(
            """
            \(rowHead("\(object.key.groupKind.kind) <code>\(object.key.namespace.map { "\($0)/" } ?? "")\(object.key.name)</code>"))\
            \(cell("Action", object.action.badge.html))\
            \(cell("Service", object.service.map { serviceLink($0) } ?? "<span class=\"dim\">–</span>"))\
            \(cell("Message", "\(object.message)"))
            """)
    }
    return table(caption: "Objects of this sync", columns: ["Object", "Action", "Service", "Message"], rows: rows)
}
