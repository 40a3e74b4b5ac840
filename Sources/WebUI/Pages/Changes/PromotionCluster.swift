// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain

/// What the target's cluster says, in one line of the checks.
func clusterCheck(_ opinion: ClusterOpinion, of target: Name) -> HTML {
    switch opinion {
    case .notAsked(let reason):
        return
            "<li>\(Badge(icon: .unknown, word: "the cluster was not asked").html) \(reason). What is promoted stays the same.</li>"
    case .asked(_, let moment, let objects):
        let refused = opinion.refusals.count
        let time: HTML = "<span class=\"dim\">dry run, \(moment.forPeople)</span>"
        guard refused == 0 else {
            return
                "<li>\(Badge(icon: .failed, word: "the cluster refuses \(counted(refused, "object"))").html) <a href=\"#cluster\">which</a> \(time)</li>"
        }
        func count(_ action: Action) -> Int { objects.count { $0.action == action } }
        return """
            <li>\(Badge(icon: .healthy, word: "the cluster of \(target) accepts it").html) \(count(.created)) to create, \
            \(count(.configured)) to change, \(count(.deleted)) to delete \(time)</li>
            """
    }
}

/// Object by object; empty when nobody was asked.
func clusterCard(_ opinion: ClusterOpinion, of target: Name) -> HTML {
    guard case .asked(_, _, let objects) = opinion else { return "" }
    let changing = objects.filter { $0.action != .unchanged }
    let same = objects.count - changing.count
    guard !changing.isEmpty else { return "" }
    let rows = changing.prefix(200).map { object -> HTML in
        let badge = Badge(
            icon: object.action.badge.icon, word: object.action == .failed ? "refused" : object.action.badge.word)
        return row(
            """
            \(rowHead("<code>\(object.key)</code>"))\(cell("Service", object.service.map { serviceLink($0) } ?? "–"))\
            \(cell("Would be", badge.html))\(cell("Says", object.message.isEmpty ? "<span class=\"dim\">–</span>" : "\(object.message)"))
            """)
    }
    let more = changing.count - rows.count
    let rest: [String] = [
        more > 0 ? "and \(more) more" : "", same > 0 ? "\(counted(same, "object")) would stay as they are" : "",
    ].filter { !$0.isEmpty }
    return card(
        "What the cluster of \(target) would do", id: "cluster",
        table(
            caption: "What the cluster of \(target) would do", columns: ["Object", "Service", "Would be", "Says"],
            rows: rows) + (rest.isEmpty ? "" : "<p class=\"dim\">\(rest.joined(separator: "; "))</p>" as HTML))
}

/// How the release that comes does where it comes from; nil when it is not there.
func sourceText(_ change: ServiceChange, in source: EnvironmentStatus?, _ now: Instant) -> HTML? {
    guard let source, let comes = change.record?.after?.release else { return nil }
    let name = source.environment.name
    guard let there = source.service(change.name), there.release?.version == comes.version,
        there.release?.image == comes.image
    else { return "<span class=\"dim\">not what \(name) runs</span>" }
    guard let span = there.healthy else {
        return there.verdict == .healthy
            ? "<span class=\"good\">healthy in \(name)</span>"
            : "\(there.verdict.badge.html) <span class=\"dim\">in \(name)</span>"
    }
    let time = Age.text(of: span.since, at: now)
    let words = time == "just now" ? "since a moment ago" : span.wasSeen ? "for \(time)" : "for at least \(time)"
    return "<span class=\"good\">healthy in \(name)</span> \(words)"
}
