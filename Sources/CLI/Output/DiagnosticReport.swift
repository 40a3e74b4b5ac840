// SPDX-License-Identifier: Apache-2.0

import Domain

/// Problems of a run for a person: sorted by place, each once, with the line of the file and a caret below it.
struct DiagnosticReport: Sendable {
    struct Entry: Sendable, Hashable {
        let diagnostic: Diagnostic
        /// The services it was found in; empty when it concerns the environment.
        let services: [Name]
        /// Environments in which it was found; empty when it concerns none in particular.
        let environments: [Name]
    }

    /// What makes two findings one problem: all but the service.
    private struct Problem: Hashable {
        let severity: Diagnostic.Severity
        let code: String
        let message: String
        let location: SourceLocation
        let hint: String?

        init(_ diagnostic: Diagnostic) {
            severity = diagnostic.severity
            code = diagnostic.code
            message = diagnostic.message
            location = diagnostic.location
            hint = diagnostic.hint
        }
    }

    /// Errors before warnings of the same place, in the order of files and lines.
    let entries: [Entry]
    private let snapshot: SourceSnapshot?
    /// Who last changed the lines; nothing unless asked for.
    var authorship = Authorship.none

    /// Blocks that are printed; the rest is only counted.
    static let limit = 50

    init(_ diagnostics: [Diagnostic], snapshot: SourceSnapshot?) {
        self.init(diagnostics.map { ($0, nil) }, snapshot: snapshot)
    }

    init(_ found: [(Diagnostic, Name?)], snapshot: SourceSnapshot?) {
        self.snapshot = snapshot
        let problems = Dictionary(grouping: found) { Problem($0.0) }
        entries = problems.values.map { group in
            Entry(
                diagnostic: group[0].0, services: Self.unique(group.compactMap(\.0.service)).sorted(),
                // In the order of the pipeline, in which they were found.
                environments: Self.unique(group.compactMap(\.1)))
        }.sorted { left, right in
            let (a, b) = (left.diagnostic, right.diagnostic)
            if a.location != b.location { return a.location < b.location }
            return (a.severity == .error ? 0 : 1, a.code, a.message) < (b.severity == .error ? 0 : 1, b.code, b.message)
        }
    }

    private static func unique(_ names: [Name]) -> [Name] {
        names.reduce(into: []) { unique, name in
            if !unique.contains(name) { unique.append(name) }
        }
    }

    var errorCount: Int { entries.count { $0.diagnostic.severity == .error } }
    var warningCount: Int { entries.count - errorCount }

    /// Blocks with an empty line between them; empty when there is nothing to say.
    func text(_ style: Style) -> String {
        // Errors go first when not all can be shown.
        let isCut = entries.count > Self.limit
        let errors = entries.filter { $0.diagnostic.severity == .error }
        let shown =
            isCut ? (errors + entries.filter { $0.diagnostic.severity != .error }).prefix(Self.limit) : entries[...]
        var blocks = shown.map { block($0, style) }
        if isCut { blocks.append("\(entries.count - Self.limit) more are not shown\n") }
        return blocks.joined(separator: "\n")
    }

    private func block(_ entry: Entry, _ style: Style) -> String {
        let diagnostic = entry.diagnostic
        let isError = diagnostic.severity == .error
        let title = "\(diagnostic.severity.rawValue) \(diagnostic.code)"
        var text =
            "\(style.bold(isError ? style.red(title) : style.yellow(title)))\(style.bold(": \(diagnostic.message)"))\n"
        text += "  \(style.blue("-->")) \(diagnostic.location)\n"
        text += excerpt(diagnostic.location, style)
        if let change = authorship[diagnostic.location] { text += "   \(style.dim("changed by \(change.words)"))\n" }
        var scope: [String] = []
        if !entry.services.isEmpty {
            let noun = entry.services.count == 1 ? "service" : "services"
            scope.append("\(noun) \(entry.services.map(\.text).joined(separator: ", "))")
        }
        if !entry.environments.isEmpty { scope.append("in \(entry.environments.map(\.text).joined(separator: ", "))") }
        if !scope.isEmpty { text += "   \(style.dim(scope.joined(separator: " ")))\n" }
        if let hint = diagnostic.hint { text += "   \(style.cyan("try")): \(hint)\n" }
        text += "   \(style.dim("help: kubernaut help \(diagnostic.code)"))\n"
        return text
    }

    /// The line with a caret below the column; empty when the file is not at hand.
    private func excerpt(_ location: SourceLocation, _ style: Style) -> String {
        guard location.line > 0, let line = line(location.line, of: location.file) else { return "" }
        let number = String(location.line)
        let gutter = String(repeating: " ", count: number.count)
        var text = "   \(style.blue("|")) \(style.blue(number)) \(style.blue("|")) \(line)\n"
        if location.column > 0, location.column <= line.count + 1 {
            // Tabs stay tabs, so that the caret stands below its character whatever their width.
            let indent = String(line.prefix(location.column - 1).map { $0 == "\t" ? "\t" : " " })
            let rest = line.dropFirst(location.column - 1)
            let word = rest.prefix { !$0.isWhitespace }
            let carets = String(repeating: "^", count: max(1, min(word.count, 40)))
            text += "   \(style.blue("|")) \(gutter) \(style.blue("|")) \(indent)\(style.bold(style.red(carets)))\n"
        }
        return text
    }

    private func line(_ number: Int, of file: String) -> String? {
        guard let snapshot else { return nil }
        let prefix = snapshot.root.isEmpty ? "" : "\(snapshot.root)/"
        guard file.hasPrefix(prefix), let source = snapshot.files[String(file.dropFirst(prefix.count))] else {
            return nil
        }
        let lines = source.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { return nil }
        let text = String(decoding: lines[number - 1], as: UTF8.self)
        // Terminals obey control characters, files may hold any.
        return String(text.map { $0.isControl ? "·" : $0 })
    }
}

extension Character {
    fileprivate var isControl: Bool {
        self != "\t" && unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
