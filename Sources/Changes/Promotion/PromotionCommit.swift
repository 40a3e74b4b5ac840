// SPDX-License-Identifier: Apache-2.0

import Domain

extension PromotionPreview {
    /// The commit that makes it so, on top of the target's head.
    ///
    /// - Parameters:
    ///   - reason: Why, for the history; nil for none.
    ///   - actor: Who asked for it; nil when the author says it all.
    public func change(reason: String?, actor: String?) -> Change {
        let request = plan.request
        let subject =
            request.services.map { names in
                let shown = names.sorted().map(\.text).joined(separator: ", ")
                let text = "Promote \(shown) from \(request.from.name) to \(request.to.name)"
                return text.count <= 72
                    ? text
                    : "Promote \(counted(names.count, "service")) from \(request.from.name) to \(request.to.name)"
            } ?? "Promote \(request.from.name) to \(request.to.name)"
        var trailers = [
            trailer(TrailerKey.action, "promote"),
            trailer(TrailerKey.from, "\(request.from.name)@\(plan.from.id)"),
            trailer(TrailerKey.to, "\(request.to.name)@\(plan.to.id)"),
        ]
        trailers += (request.services?.sorted() ?? []).map { trailer(TrailerKey.service, $0.text) }
        trailers += [trailer(TrailerKey.reason, reason), trailer(TrailerKey.actor, actor)]
        return Change(
            .tree(plan.tree), otherParents: plan.kind == .merge ? [plan.from.id] : [],
            subject: String(subject.prefix(72)), body: body, trailers: trailers.compactMap(\.self))
    }

    /// One line for each service, at most a hundred.
    private var body: String {
        let services = services
        var lines = services.prefix(100).map { service in
            guard let record = service.record else { return "\(service.name): configuration" }
            let (old, new) = (record.before?.release?.version, record.after?.release?.version)
            switch (old, new) {
            case (nil, let new): return "\(service.name): new, \(new ?? "unreadable")"
            case (_, nil): return "\(service.name): removed"
            case (let old?, let new?): return old == new ? "\(service.name) \(new)" : "\(service.name) \(old) -> \(new)"
            }
        }
        if services.count > 100 { lines.append("and \(services.count - 100) more") }
        for record in plan.kept {
            if case .keep(.held) = record.decision { lines.append("\(record.service) stays: held") }
            if record.decision == .keep(.hotfix) { lines.append("\(record.service) stays: hotfix") }
        }
        return lines.joined(separator: "\n")
    }
}
