// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import YAML

/// One leaf with its origin.
struct Fact {
    /// The manifest's key when the leaf is a place in one; nil for a value.
    let object: String?
    let path: FieldPath
    let value: Value
    let origin: Origin
}

/// Values with who set them, and what lower layers say, as `explain` prints them.
struct FactReport {
    private let facts: [Fact]
    private let authorship: Authorship
    /// The one path that was asked for; nil for several.
    private let asked: FieldPath?

    init(_ facts: [Fact], _ authorship: Authorship, asked: FieldPath?) {
        self.facts = facts
        self.authorship = authorship
        self.asked = asked
    }

    func text(_ invocation: Invocation) -> String {
        switch invocation.output {
        case "json": String(decoding: answer.prettyJSON(), as: UTF8.self)
        case "yaml": answer.yaml()
        // Blocks for the one thing that was asked for, also when several objects have it; a table for an overview.
        default: isAnswer ? blocks(invocation.console.style(.output)) : table(invocation)
        }
    }

    private var isAnswer: Bool { facts.count <= 6 && facts.allSatisfy { $0.path == asked } }

    // MARK: One value

    private func blocks(_ style: Style) -> String {
        facts.map { fact in
            let owner = fact.object.map { style.dim("  in \($0)") } ?? ""
            var rows: [(String, String)] = [("value", Self.shown(fact.value))]
            if let value = fact.origin.value, fact.object != nil { rows.append(("set as", value.description)) }
            rows += setBy(fact.origin.layer, fact.origin.location)
            var text = "\(style.bold(fact.path.description))\(owner)\n" + Self.lines(rows, "  ", style)
            for lower in fact.origin.overridden {
                text += "  \(style.dim("overrides")) \(Self.shown(lower.value))\n"
                text += Self.lines(setBy(lower.layer, lower.location), "    ", style)
            }
            return text
        }.joined(separator: "\n")
    }

    private func setBy(_ layer: Layer, _ location: SourceLocation) -> [(String, String)] {
        let place = [("set by", layer.words), ("where", "\(location)")]
        guard let change = authorship[location] else { return place }
        guard let commit = change.commit else { return place + [("commit", change.shortCommit)] }
        let email = commit.email.isEmpty ? "" : " <\(commit.email.printable)>"
        return place + [
            ("commit", "\(change.shortCommit) \(commit.subject.printable)"),
            ("author", "\(commit.author.printable)\(email)"), ("date", "\(commit.date)"),
        ]
    }

    private static func lines(_ rows: [(String, String)], _ indent: String, _ style: Style) -> String {
        rows.map { "\(indent)\(style.dim(padded($0.0, 7))) \($0.1)\n" }.joined()
    }

    // MARK: Many

    private func table(_ invocation: Invocation) -> String {
        let hasObjects = facts.contains { $0.object != nil }
        let hasChanges = !authorship.changes.isEmpty
        func changed(_ location: SourceLocation, _ tone: (String) -> Table.Cell) -> [Table.Cell] {
            guard hasChanges else { return [] }
            let change = authorship[location]
            let commit = change?.commit
            return [
                tone(change?.shortCommit ?? ""), tone(commit?.author.printable ?? ""), tone(commit?.date.day ?? ""),
            ]
        }
        var rows: [[Table.Cell]] = []
        for fact in facts {
            let object: [Table.Cell] = hasObjects ? [.plain(fact.object ?? "(value)")] : []
            let origin = fact.origin
            rows.append(
                object + [
                    .plain(fact.path.description), .plain(Self.shown(fact.value)), .plain(origin.layer.words),
                    .plain("\(origin.location)"),
                ] + changed(origin.location, Table.Cell.plain))
            for lower in origin.overridden {
                let empty: [Table.Cell] = hasObjects ? [.plain("")] : []
                rows.append(
                    empty + [
                        .quiet("  overrides"), .quiet(Self.shown(lower.value)), .quiet(lower.layer.words),
                        .quiet("\(lower.location)"),
                    ] + changed(lower.location, Table.Cell.quiet))
            }
        }
        let header =
            (hasObjects ? ["OBJECT"] : []) + ["PATH", "VALUE", "SET BY", "WHERE"]
            + (hasChanges ? ["COMMIT", "AUTHOR", "DATE"] : [])
        return Table(header, rows, cutting: "VALUE").text(for: invocation)
    }

    /// On one line.
    private static func shown(_ value: Value) -> String {
        guard let text = value.string, !text.isEmpty, text == text.printable else { return value.jsonText().printable }
        return text
    }

    // MARK: For scripts

    private var answer: Value {
        let items = facts.map { fact -> Value in
            var item: Value = [
                "object": fact.object.map(Value.string) ?? .null, "path": .string(fact.path.description),
                "value": fact.value,
            ]
            add(fact.origin.layer, fact.origin.location, to: &item)
            item["valuePath"] = fact.origin.value.map { .string($0.description) } ?? .null
            item["overridden"] = .list(
                fact.origin.overridden.map { lower in
                    var item: Value = ["value": lower.value]
                    add(lower.layer, lower.location, to: &item)
                    return item
                })
            return item
        }
        return ["items": .list(items)]
    }

    private func add(_ layer: Layer, _ location: SourceLocation, to item: inout Value) {
        item["layer"] = .string(layer.rawValue)
        item["file"] = .string(location.file)
        item["line"] = .integer(Int64(location.line))
        item["column"] = .integer(Int64(location.column))
        for (name, value) in LineChange.fields(authorship[location]) { item[name] = value }
    }
}
