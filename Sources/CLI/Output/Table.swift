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

    init(_ header: [String], _ rows: [[Cell]]) {
        self.header = header
        self.rows = rows
    }

    func text(for invocation: Invocation) -> String {
        text(
            style: invocation.console.style(.output), columns: invocation.console.columns,
            showsHeader: !invocation.isOn("no-headers"))
    }

    /// - Parameter columns: The last column is cut to this width; nil for no limit.
    func text(style: Style, columns: Int?, showsHeader: Bool = true) -> String {
        let lines = (showsHeader ? [header.map { Cell(text: $0, tone: .quiet) }] : []) + rows
        let widths = header.indices.map { column in lines.map { $0[column].text.count }.max() ?? 0 }
        var text = ""
        for line in lines {
            var used = 0
            var row = ""
            for (index, cell) in line.enumerated() {
                let isLast = index == line.count - 1
                let shown = isLast ? Self.cut(cell.text, columns.map { $0 - used }) : cell.text
                row += Self.toned(shown, cell.tone, style)
                guard !isLast else { break }
                row += String(repeating: " ", count: widths[index] - cell.text.count + 2)
                used += widths[index] + 2
            }
            while row.last == " " { row.removeLast() }
            text += row + "\n"
        }
        return text
    }

    private static func cut(_ text: String, _ width: Int?) -> String {
        guard let width, text.count > width, width > 8 else { return text }
        return text.prefix(width - 1) + "…"
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
