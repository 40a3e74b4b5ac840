// SPDX-License-Identifier: Apache-2.0

import CPosix
import Dispatch
import Glibc
import Lifecycle

// What comes in: words, environment, streams. What goes out: texts and an exit code. This room builds everything
// and decides nothing: each command calls the doors of the other rooms and prints what they answer.

/// Runs one command line of this process and returns its exit code.
public func run(_ arguments: [String]) async -> Int32 {
    ignoreBrokenPipes()
    kn_line_buffer_output()
    return await run(arguments, console: .process(), watchesSignals: true)
}

/// The same with given streams; for tests.
package func run(_ arguments: [String], console: Console) async -> Int32 {
    await run(arguments, console: console, watchesSignals: false)
}

private func run(_ arguments: [String], console: Console, watchesSignals: Bool) async -> Int32 {
    var console = console
    do {
        let invocation = try prepare(arguments, &console)
        guard let invocation else { return ExitCode.done.rawValue }
        guard watchesSignals, invocation.command.stopsCleanly else {
            return try await invocation.command.run(invocation).rawValue
        }
        return try await runUntilSignal(invocation).rawValue
    } catch {
        return report(error, on: console).rawValue
    }
}

/// Sorts the words; nil when help was asked for and has been given.
private func prepare(_ words: [String], _ console: inout Console) throws -> Invocation? {
    if let color = colorFlag(words) { console.color = color }
    guard let line = try ArgumentParser(commands: commands).parse(words) else {
        // Nothing to do is what somebody new types; an explicit --help gets the long form.
        let isHelp = words.contains("--help") || words.contains("-h")
        try console.put(
            isHelp
                ? longHelp(commands, console.style(.output), width: console.columns) : shortHelp(console.style(.output))
        )
        return nil
    }
    if line.isOn("help") {
        try console.put(help(for: line.command, console.style(.output), width: console.columns))
        return nil
    }
    console.isQuiet = line.isOn("quiet")
    var invocation = Invocation(line, console: console, settings: try .load(console))
    console.color = invocation.text("color").flatMap(Console.Color.init(rawValue:)) ?? .auto
    invocation.console = console
    return invocation
}

/// `--color` even from a line that cannot be parsed, so that its error is shown as wanted.
private func colorFlag(_ words: [String]) -> Console.Color? {
    for (index, word) in words.enumerated() {
        if word.hasPrefix("--color=") { return Console.Color(rawValue: String(word.dropFirst(8))) }
        if word == "--color", words.indices.contains(index + 1) { return Console.Color(rawValue: words[index + 1]) }
    }
    return nil
}

/// The first SIGINT or SIGTERM cancels the command, which then ends cleanly; the second one, or five seconds,
/// end the process.
private func runUntilSignal(_ invocation: Invocation) async throws -> ExitCode {
    let stops = signals([SIGINT, SIGTERM])
    return try await withThrowingTaskGroup(of: ExitCode?.self) { group in
        group.addTask { try await invocation.command.run(invocation) }
        group.addTask {
            var first: Int32?
            for await number in stops {
                if first != nil { _exit(128 + number) }
                first = number
                invocation.console.complain("kubernaut: stopping; once more to abort")
                DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(5)) { _exit(128 + number) }
                throw StopSignal(number: number)
            }
            return nil
        }
        var stopped: StopSignal?
        while true {
            do {
                guard let result = try await group.next() else { break }
                guard let code = result else { continue }
                group.cancelAll()
                return stopped?.exit ?? code
            } catch let signal as StopSignal {
                stopped = signal
                group.cancelAll()
            } catch {
                group.cancelAll()
                if let stopped { return stopped.exit }
                throw error
            }
        }
        return stopped?.exit ?? .failed
    }
}

private struct StopSignal: Error {
    let number: Int32
    var exit: ExitCode { number == SIGTERM ? .terminated : .interrupted }
}
