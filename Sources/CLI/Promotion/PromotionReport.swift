// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import JSON
import Reconciler

/// Shows a promotion's preview: data on standard output, the rest on standard error.
struct PromotionReport {
    private let preview: PromotionPreview
    private let opinion: ServerOpinion
    private let invocation: Invocation
    private var console: Console { invocation.console }
    private var request: PromotionRequest { preview.plan.request }

    init(_ preview: PromotionPreview, _ opinion: ServerOpinion, _ invocation: Invocation) {
        self.preview = preview
        self.opinion = opinion
        self.invocation = invocation
    }

    // MARK: A dry run

    func show() throws {
        switch invocation.output {
        case "json":
            var document = preview.json
            document["server"] = opinion.json
            try console.put(String(decoding: document.prettyJSON(), as: UTF8.self))
            return
        case "diff":
            let style = console.style(.output)
            try console.put(preview.objects.flatMap(\.lines).map { diffLine($0, style) + "\n" }.joined())
            for record in preview.plan.kept { console.note(keptLine(record)) }
        default: try console.put(tables())
        }
        for risk in preview.risks { console.note("\(style.yellow("risk")): \(risk.text)") }
        for object in opinion.refusals {
            console.complain("\(style.red("refused")): \(object.key): \(object.message)")
        }
        console.note(preview.summary)
        guard !preview.isEmpty else { return }
        console.note(opinion.sentence)
        console.note("To do exactly this: --expect \(preview.expectation)")
    }

    private var style: Style { console.style(.error) }

    private func tables() -> String {
        [services(), values(), files()].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func services() -> String {
        var rows = preview.services.map { service -> [Table.Cell] in
            let record = service.record
            var authors: [String] = []
            for release in service.releases.compactMap(\.content?.release) {
                if let author = release.source?.author ?? release.releasedBy, !authors.contains(author) {
                    authors.append(author)
                }
            }
            let added = service.objects.reduce(0) { $0 + $1.addedLines }
            let removed = service.objects.reduce(0) { $0 + $1.removedLines }
            return [
                .plain(service.name.text), .plain(record?.before?.release?.version ?? "-"),
                .plain(record == nil ? "-" : record?.after?.release?.version ?? "-"),
                .plain(record == nil ? "-" : "\(service.releases.count)"),
                .plain(service.objects.isEmpty ? "-" : "\(service.objects.count) (+\(added) -\(removed))"),
                .plain(authors.joined(separator: ", ")), .plain(note(service)),
            ]
        }
        rows += preview.plan.kept.filter { $0.decision != .keep(.notChosen) }.map { record in
            [
                .quiet(record.service.text), .quiet(record.before?.release?.version ?? "-"),
                .quiet("(\(record.source?.release?.version ?? "-"))"), .quiet("-"), .quiet("-"), .quiet(""),
                .quiet("stays: \(record.reason ?? "")"),
            ]
        }
        guard !rows.isEmpty else { return "" }
        return Table(["SERVICE", "NOW", "AFTER", "RELEASES", "OBJECTS", "BY", "NOTE"], rows).text(for: invocation)
    }

    private func note(_ service: ServiceChange) -> String {
        switch service.word {
        case "new": "new"
        case "removed": "removed"
        case "configuration": "configuration only"
        default: service.releases.first?.content?.release?.source?.message ?? ""
        }
    }

    private func values() -> String {
        guard !preview.values.isEmpty else { return "" }
        let rows = preview.values.map { change -> [Table.Cell] in
            [
                .plain(change.service.text), .plain(change.path.description),
                .plain(change.before?.jsonText() ?? "-"), .plain(change.after?.jsonText() ?? "-"),
                .plain(change.origin.location.description),
            ]
        }
        return Table(["SERVICE", "VALUE", "NOW", "AFTER", "SET BY"], rows).text(for: invocation)
    }

    private func files() -> String {
        guard !preview.plan.files.isEmpty else { return "" }
        let rows = preview.plan.files.map { [Table.Cell.plain(preview.path(of: $0))] }
        return Table(["FILE"], rows).text(for: invocation)
    }

    private func keptLine(_ record: RecordChange) -> String {
        "\(record.service) stays at \(record.before?.release?.version ?? "nothing"): \(record.reason ?? "")"
    }

    // MARK: Doing it

    func confirmation(isExplicit: Bool) -> Confirmation {
        let risks = preview.risks.map { "\(style.yellow("risk")): \($0.text)\n" }.joined()
        return Confirmation(
            summary: risks + preview.summary,
            question: "Promote \(counted(preview.services.count, "service")) from \(request.from.name) to "
                + "\(request.to.name)?", isExplicit: isExplicit)
    }

    /// - Parameter commit: Nil when there was nothing to promote.
    func showResult(_ commit: CommitID?) throws {
        if invocation.output == "json" {
            var document = preview.json
            document["commit"] = commit.map { .string($0.hex) } ?? .null
            try console.put(String(decoding: document.prettyJSON(), as: UTF8.self))
            return
        }
        for record in preview.plan.kept where record.decision != .keep(.notChosen) { console.note(keptLine(record)) }
        guard let commit else {
            console.note(preview.summary)
            return
        }
        try console.put(
            "\(request.to.branch) \(preview.plan.to.id.short)..\(commit.short): promoted "
                + "\(counted(preview.services.count, "service")) from \(request.from.name) "
                + "(\(preview.plan.from.id.short))\n")
    }
}
