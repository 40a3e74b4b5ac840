// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// What a long command is doing, on standard error.
///
/// At a terminal one line that is written over, from 300 ms on, so that quick work does not flicker. Elsewhere a
/// line after 3 s and one every 30 s, because pipelines kill silent steps.
final class Progress: Sendable {
    private let console: Console
    private let text: Lock<String>
    private let ticker: Task<Void, Never>?
    private let line: Lock<Line>

    /// What stands on the terminal's line.
    private struct Line {
        var isDrawn = false
        var isOver = false
    }

    init(_ console: Console, _ text: String) {
        self.console = console
        self.text = Lock(text)
        let line = Lock(Line())
        self.line = line
        guard !console.isQuiet else {
            ticker = nil
            return
        }
        let isTerminal = console.terminals.contains(.error)
        let current = self.text
        // Ends with `end()`.
        ticker = Task {
            let clock = ContinuousClock()
            let start = clock.now
            do {
                try await clock.sleep(for: isTerminal ? .milliseconds(300) : .seconds(3))
                while true {
                    let seconds = (clock.now - start).components.seconds
                    let said = "\(current.withLock { $0 }) ... \(seconds) s"
                    line.withLock { line in
                        guard !line.isOver else { return }
                        line.isDrawn = isTerminal
                        _ = console.write(.error, Array((isTerminal ? "\r\u{1b}[K\(said)" : "\(said)\n").utf8))
                    }
                    try await clock.sleep(for: isTerminal ? .seconds(1) : .seconds(30))
                }
            } catch {
                // Cancelled: the work is done.
            }
        }
    }

    func update(_ text: String) { self.text.withLock { $0 = text } }

    /// Wipes the line away. May be called twice.
    func end() {
        ticker?.cancel()
        line.withLock { line in
            if line.isDrawn { _ = console.write(.error, Array("\r\u{1b}[K".utf8)) }
            line = Line(isDrawn: false, isOver: true)
        }
    }
}
