// SPDX-License-Identifier: Apache-2.0

import CPosix
import Glibc
import Platform

/// The process around a command: environment, folder and streams. Tests make their own.
package struct Console: Sendable {
    package enum Channel: Sendable, Hashable {
        /// Data, and nothing else.
        case output
        /// Everything said to a person.
        case error
    }

    package enum Color: String, Sendable, CaseIterable {
        case auto
        case always
        case never
    }

    package let environment: [String: String]
    /// Relative paths start here.
    package let folder: String
    /// Terminals among the streams.
    package let terminals: Set<Channel>
    /// Width of the terminal; nil when there is none, and texts are not cut.
    package let columns: Int?
    /// Standard input up to its end.
    let readInput: @Sendable () throws -> [UInt8]
    /// A line that a person types, without its end; nil when standard input is at its end.
    let readAnswer: @Sendable () -> String?
    /// Whether standard input is a terminal, so that somebody can be asked.
    let hasInputTerminal: Bool
    /// Returns 0 or the system's error number.
    let write: @Sendable (Channel, [UInt8]) -> Int32
    var color = Color.auto
    var isQuiet = false

    package init(
        environment: [String: String], folder: String, terminals: Set<Channel> = [], columns: Int? = nil,
        readInput: @escaping @Sendable () throws -> [UInt8], hasInputTerminal: Bool = false,
        readAnswer: @escaping @Sendable () -> String? = { nil },
        write: @escaping @Sendable (Channel, [UInt8]) -> Int32
    ) {
        self.environment = environment
        self.folder = folder
        self.terminals = terminals
        self.columns = columns
        self.readInput = readInput
        self.hasInputTerminal = hasInputTerminal
        self.readAnswer = readAnswer
        self.write = write
    }

    /// Data for standard output, as it is.
    ///
    /// - Throws: `OutputError`.
    func put(_ text: String) throws(OutputError) {
        let number = write(.output, Array(text.utf8))
        if number != 0 { throw OutputError(number: number) }
    }

    /// A line for a person, on standard error; left out with `--quiet`.
    func note(_ line: String) { if !isQuiet { complain(line) } }

    /// A line on standard error that also `--quiet` does not keep back.
    func complain(_ line: String) {
        // There is nobody left to tell when standard error is gone.
        _ = write(.error, Array("\(line)\n".utf8))
    }

    /// A variable that is set to something.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Colors for this stream, by `--color`, then `NO_COLOR`, `CLICOLOR_FORCE`, `FORCE_COLOR`, `CLICOLOR` and `TERM`.
    func style(_ channel: Channel) -> Style {
        switch color {
        case .always: return Style(isOn: true)
        case .never: return Style(isOn: false)
        case .auto: break
        }
        if variable("NO_COLOR") != nil { return Style(isOn: false) }
        if let force = variable("CLICOLOR_FORCE") ?? variable("FORCE_COLOR"), force != "0" { return Style(isOn: true) }
        let isDumb = variable("TERM").map { $0 == "dumb" } ?? true
        return Style(isOn: terminals.contains(channel) && environment["CLICOLOR"] != "0" && !isDumb)
    }

    /// Whether the terminal can be trusted with `●`.
    var isUnicode: Bool {
        let locale = variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? ""
        let name = locale.lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }

    func path(_ relative: String) -> String { relative.hasPrefix("/") ? relative : "\(folder)/\(relative)" }
}

/// Why standard output takes no more data.
struct OutputError: Error {
    let number: Int32

    /// The reader has seen enough, as `head` does: no failure.
    var isClosedPipe: Bool { number == EPIPE }
    var message: String { "writing standard output failed: \(String(cString: strerror(number)))" }
}

extension Console {
    /// This process.
    static func process() -> Console {
        var environment: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text)
            if let equals = pair.firstIndex(of: "=") {
                environment[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
            }
            entry += 1
        }
        var terminals: Set<Channel> = []
        if isatty(1) == 1 { terminals.insert(.output) }
        if isatty(2) == 1 { terminals.insert(.error) }
        let width = environment["COLUMNS"].flatMap { Int($0) } ?? Int(kn_terminal_columns(1))
        return Console(
            environment: environment, folder: currentFolder(), terminals: terminals,
            columns: terminals.contains(.output) && width >= 20 ? width : nil,
            readInput: { try Files.read("/dev/stdin", limit: 256 << 20) }, hasInputTerminal: isatty(0) == 1,
            readAnswer: { readLine() },
            write: { channel, bytes in kn_write_all(channel == .output ? 1 : 2, bytes, bytes.count) })
    }

    private static func currentFolder() -> String {
        guard let path = getcwd(nil, 0) else { return "." }
        defer { free(path) }
        return String(cString: path)
    }
}

/// The 16 colors of the terminal, which follow its theme. Never the only carrier of a meaning.
struct Style: Sendable {
    let isOn: Bool

    func bold(_ text: String) -> String { wrap(text, "1") }
    func dim(_ text: String) -> String { wrap(text, "2") }
    func red(_ text: String) -> String { wrap(text, "31") }
    func green(_ text: String) -> String { wrap(text, "32") }
    func yellow(_ text: String) -> String { wrap(text, "33") }
    func blue(_ text: String) -> String { wrap(text, "34") }
    func cyan(_ text: String) -> String { wrap(text, "36") }

    private func wrap(_ text: String, _ code: String) -> String { isOn ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }
}
