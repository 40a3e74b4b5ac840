// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer

extension WebPages {
    /// `/promotions/{commit}`, `/rollbacks/{commit}`
    func progressReply(
        _ commit: CommitID, _ kind: ActionRecord.Kind, _ context: PageContext
    ) async throws -> HTTPResponse {
        guard let record = try await records(context).first(where: { $0.commit == commit }) else { throw NotFound() }
        guard record.kind == kind else { return Reply.redirect(to: record.path) }
        let progress = try await sources.actions.log.progress(of: record, context.status)
        return Reply.page(progressPage(record, progress, context), context)
    }
}

extension ActionRecord {
    var path: String { "/\(kind == .promotion ? "promotions" : "rollbacks")/\(commit)" }

    fileprivate var title: String {
        let services = moves.count == 1 ? moves[0].service.text : counted(moves.count, "service")
        switch kind {
        case .promotion: return "Promotion of \(services)\(source.map { " from \($0)" } ?? "") to \(environment)"
        case .rollback: return "Rollback of \(services) in \(environment)"
        }
    }
}

extension ActionProgress.Step {
    fileprivate var badge: Badge {
        switch state {
        case .done: Badge(icon: .healthy, word: name)
        case .running: Badge(icon: .rolling, word: name)
        case .waiting: Badge(icon: .absent, word: name)
        case .failed: Badge(icon: .failed, word: name)
        }
    }
}

/// How far a promotion or a rollback has come.
func progressPage(_ record: ActionRecord, _ progress: ActionProgress, _ context: PageContext) -> Page {
    let word: HTML =
        progress.isFailed
        ? Badge(icon: .failed, word: "stopped").html
        : progress.isFinished ? Badge(icon: .healthy, word: "done").html : Badge(icon: .rolling, word: "under way").html
    let next: HTML =
        progress.isFailed
        ? "<p>\(record.kind == .promotion ? failedPromotion(record) : "") <a href=\"/envs/\(record.environment)\">\(record.environment)</a> says more.</p>"
        : progress.isFinished || context.refresh != nil
            ? "" : "<p><a href=\"\(record.path)?refresh=5\">Look again every 5 seconds</a></p>"
    return Page(
        title: record.title, section: .promotions, topics: ["env:\(record.environment)"],
        commands: ["kubernaut wait --env \(record.environment)"],
        content: """
            <div class="headline"><h1>\(record.title)</h1><p>\(word)</p></div>
            <section class="card" aria-labelledby="progress"><h2 id="progress">Progress</h2><ol class="steps">\(progress.steps.map(step))</ol></section>
            \(next)
            <section class="card" aria-label="Facts">\(facts([
                ("Commit", commitText(record.commit)), ("By", "\(record.actor)"),
                ("When", dateAndAge(record.at, at: context.now)), ("Reason", record.reason.map { "\($0)" }),
                ("Environment", environmentLink(record.environment)),
            ]))</section>
            \(moves(record))
            """)
}

private func step(_ step: ActionProgress.Step) -> HTML {
    let current: HTML = step.state == .running ? " aria-current=\"step\"" : ""
    let detail: HTML = step.detail.isEmpty ? "" : " <span class=\"dim\">\(step.detail)</span>"
    let state: StaticString =
        switch step.state {
        case .done: "done"
        case .running: "under way"
        case .waiting: "not yet"
        case .failed: "failed"
        }
    return "<li\(current)>\(step.badge.html) <span class=\"hidden\">\(state)</span>\(detail)</li>"
}

private func failedPromotion(_ record: ActionRecord) -> HTML {
    guard record.moves.count == 1, let move = record.moves.first else { return "" }
    return
        "<a href=\"\(rollbackPath(move.service, in: record.environment))\">Roll \(move.service) back</a> or mend it and promote again;"
}

private func moves(_ record: ActionRecord) -> HTML {
    guard !record.moves.isEmpty else { return "" }
    let rows = record.moves.map { move -> HTML in
        let version: HTML = move.to.map { "<b class=\"version\">\($0)</b>" } ?? "<span class=\"dim\">–</span>"
        return row(
            """
            \(rowHead(serviceLink(move.service)))\(cell("Before", "\(move.from ?? "–")"))\(cell("After", version))\
            \(cell("History", "<a href=\"/services/\(move.service)/history?env=\(record.environment)\">in \(record.environment)</a>"))
            """)
    }
    return card(
        "Services", id: "services",
        table(caption: "Services", columns: ["Service", "Before", "After", "History"], rows: rows))
}

/// `/promotions`: promotions and rollbacks, newest first.
func promotionsPage(_ records: [ActionRecord], _ context: PageContext) -> Page {
    let rows = records.prefix(200).map { record -> HTML in
        let names = record.moves.prefix(4).map { serviceLink($0.service) }.joined(", ")
        let more = record.moves.count > 4 ? " and \(record.moves.count - 4) more" : ""
        return row(
            """
            \(cell("When", dateAndAge(record.at, at: context.now)))\
            \(rowHead("<a href=\"\(record.path)\">\(record.kind == .promotion ? "Promotion" : "Rollback")</a>"))\
            \(cell("Where", "\(record.source.map { "\(environmentLink($0)) to " } as HTML?)\(environmentLink(record.environment))"))\
            \(cell("Services", "\(names)\(more)"))\(cell("By", "\(record.actor)"))\
            \(cell("Reason", "\(record.reason ?? "–")"))\(cell("Commit", commitText(record.commit)))
            """)
    }
    let content: HTML =
        rows.isEmpty
        ? "<p class=\"empty\">Nothing was promoted or rolled back yet, as far as the branches remember.</p>"
        : table(
            caption: "Promotions and rollbacks, newest first",
            columns: ["When", "What", "Where", "Services", "By", "Reason", "Commit"], rows: rows)
    let starts = context.status.environments.dropFirst().map { environment -> HTML in
        let to = environment.environment.name
        let from = context.predecessor(of: to) ?? to
        return "<a class=\"button\" href=\"\(promotionPath(from: from, to: to))\">Promote \(from) to \(to)</a>"
    }
    return Page(
        title: "Promotions", section: .promotions, topics: ["releases"], alternate: "/api/v1/promotions",
        commands: ["kubernaut promote FROM TO --all --dry-run"],
        content: """
            <div class="headline"><h1>Promotions</h1><p class="dim">and rollbacks, as the branches remember them</p></div>
            <p class="actions">\(starts.joined(" "))</p>
            <section class="card" aria-label="Promotions">\(content)</section>
            """)
}
