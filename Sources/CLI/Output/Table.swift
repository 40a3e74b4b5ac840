// SPDX-License-Identifier: Apache-2.0

import Domain

/// Rows and columns for people: no borders, two spaces between, an upper-case first line.
struct Table: Sendable {
    struct Cell: Sendable {
        enum Tone: Sendable {
            case plain
            case good
            case busy
            case bad
            case quiet
        }

        let text: String
        let tone: Tone

        static func plain(_ text: String) -> Cell { Cell(text: text, tone: .plain) }
        static func quiet(_ text: String) -> Cell { Cell(text: text, tone: .quiet) }

        static func health(_ status: HealthStatus) -> Cell {
            switch status {
            case .healthy: Cell(text: status.rawValue, tone: .good)
            case .progressing, .terminating, .suspended: Cell(text: status.rawValue, tone: .busy)
            case .degraded, .missing, .unknown: Cell(text: status.rawValue, tone: .bad)
            }
        }
    }

    let header: [String]
    let rows: [[Cell]]

    /// The column that is cut when the terminal is too narrow.
    let flexible: Int

    /// - Parameter flexible: A word of the header; the last one unless given.
    init(_ header: [String], _ rows: [[Cell]], cutting flexible: String? = nil) {
        self.header = header
        self.rows = rows
        self.flexible = flexible.flatMap { header.firstIndex(of: $0) } ?? header.count - 1
    }

    func text(for invocation: Invocation) -> String {
        text(
            style: invocation.console.style(.output), columns: invocation.console.columns,
            showsHeader: !invocation.isOn("no-headers"))
    }

    /// - Parameter columns: The width that rows should have; nil for no limit. Only one column is ever cut, and never
    ///   below 12 characters: a line that wraps loses nothing.
    func text(style: Style, columns: Int?, showsHeader: Bool = true) -> String {
        let lines = (showsHeader ? [header.map { Cell(text: $0, tone: .quiet) }] : []) + rows
        var widths = header.indices.map { column in lines.map { $0[column].text.count }.max() ?? 0 }
        let total = widths.reduce(0, +) + 2 * (widths.count - 1)
        if let columns, total > columns {
            widths[flexible] = min(widths[flexible], max(12, widths[flexible] - (total - columns)))
        }
        var text = ""
        for line in lines {
            var row = ""
            for (index, cell) in line.enumerated() {
                let shown = Self.cut(cell.text, widths[index])
                row += Self.toned(shown, cell.tone, style)
                if index < line.count - 1 { row += String(repeating: " ", count: widths[index] - shown.count + 2) }
            }
            while row.last == " " { row.removeLast() }
            text += row + "\n"
        }
        return text
    }

    private static func cut(_ text: String, _ width: Int) -> String {
        text.count > width ? text.prefix(width - 1) + "…" : text
    }

    private static func toned(_ text: String, _ tone: Cell.Tone, _ style: Style) -> String {
        switch tone {
        case .plain: text
        case .good: style.green(text)
        case .busy: style.yellow(text)
        case .bad: style.red(text)
        case .quiet: style.dim(text)
        }
    }
}
