// SPDX-License-Identifier: Apache-2.0

import Lifecycle
import Testing

@Suite(.timeLimit(.minutes(1))) struct ServiceGroupTests {
    /// Runs until it is told to end, and writes down what happens to it.
    private final class Probe: Service {
        let name: String
        private let log: AsyncStream<String>.Continuation
        private let ends: AsyncStream<Void>
        private let end: AsyncStream<Void>.Continuation
        private let ignoresStop: Bool

        init(_ name: String, _ log: AsyncStream<String>.Continuation, ignoresStop: Bool = false) {
            self.name = name
            self.log = log
            self.ignoresStop = ignoresStop
            (ends, end) = AsyncStream.makeStream()
        }

        func run() async throws {
            log.yield("\(name) runs")
            for await _ in ends { break }
            log.yield("\(name) \(Task.isCancelled ? "cancelled" : "ends")")
            try Task.checkCancellation()
        }

        func stop() {
            log.yield("\(name) asked")
            if !ignoresStop { end.yield() }
        }

        func endUnasked() { end.yield() }
    }

    @Test("services are asked to stop in reverse order of start, and end")
    func stopsInReverse() async throws {
        let (log, line) = AsyncStream.makeStream(of: String.self)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let group = ServiceGroup([Probe("git", line), Probe("web", line)])
        var lines: [String] = []
        async let result: Void = group.run(until: stops)
        for await entry in log {
            lines.append(entry)
            if lines.count == 2 { stop.yield() }
            if lines.count == 6 { break }
        }
        try await result
        #expect(lines.filter { $0.hasSuffix("asked") } == ["web asked", "git asked"])
        #expect(Set(lines.suffix(2)).isSubset(of: ["git ends", "web ends"]))
    }

    @Test("a service that ends unasked brings the group down with an error naming it")
    func namesTheCulprit() async throws {
        let (_, line) = AsyncStream.makeStream(of: String.self)
        let culprit = Probe("git", line)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let group = ServiceGroup([culprit, Probe("web", line)])
        culprit.endUnasked()
        let error = await #expect(throws: ServiceError.self) { try await group.run(until: stops) }
        #expect(error?.description == "git ended without being asked")
        stop.finish()
    }

    @Test("a service that ignores stop is cancelled after the grace period")
    func cancels() async throws {
        let (log, line) = AsyncStream.makeStream(of: String.self)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        stop.yield()
        let group = ServiceGroup(
            [Probe("deaf", line, ignoresStop: true)], gracePeriod: .milliseconds(20), abortAfter: .milliseconds(50))
        try await group.run(until: stops)
        // The watchdog must not strike a process whose services have ended: it would end this one.
        try await Task.sleep(for: .milliseconds(150))
        line.finish()
        var lines: [String] = []
        for await entry in log { lines.append(entry) }
        #expect(lines.last == "deaf cancelled")
    }
}
