// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain
import HTTPClient
public import Lifecycle
public import Logging

/// Tells the world outside: the daemon's status comes in, letters go out to the configured receivers.
///
/// It looks at the status as pages do and is never waited for: a receiver that is slow or gone delays neither a pass nor
/// another receiver. What cannot be delivered is kept for people to see, and counted.
public final class Notifier: Service {
    public struct Settings: Sendable {
        /// How browsers reach the pages; nil leaves links out.
        public var site: String?
        /// How long something must be so before it is told.
        public var settle = Duration.seconds(15)
        /// The same about the same release is told again only after this time.
        public var repeatAfter = Duration.seconds(600)
        /// Between two looks when nothing changes.
        public var interval = Duration.seconds(5)
        /// How often a letter is tried; with the pauses in between about twenty minutes.
        public var attempts = 12
        /// The longest first pause; doubled with every attempt up to `longestPause`.
        public var pause = Duration.seconds(1)
        public var longestPause = Duration.seconds(300)

        public init() {}
    }

    /// What the notifier needs from the house. All are safe from any thread.
    public struct Surroundings: Sendable {
        public var status: @Sendable () -> DaemonStatus
        /// An element after every change; ends with its task.
        public var changes: @Sendable () -> AsyncStream<Void>
        /// What was told before this life of the process; nil when nothing is known.
        public var load: @Sendable () -> Value? = { nil }
        public var save: @Sendable (Value) -> Void = { _ in }
        /// After every attempt: `delivered`, `retried` or `dead`.
        public var count: @Sendable (_ sink: Name, _ result: String) -> Void = { _, _ in }
        public var logger = Logger.silent
        public var now: Now = wallClock

        public init(
            status: @escaping @Sendable () -> DaemonStatus, changes: @escaping @Sendable () -> AsyncStream<Void>
        ) {
            self.status = status
            self.changes = changes
        }
    }

    public let name = "notifications"
    private let recipients: [(sink: Sink, queue: SinkQueue, postman: Postman)]
    private let settings: Settings
    private let house: Surroundings
    private let stops: AsyncStream<Void>
    private let stopping: AsyncStream<Void>.Continuation

    public init(_ sinks: [Sink], settings: Settings = Settings(), surroundings: Surroundings) {
        let addresses = AddressGuard()
        let shared = HTTPClient(Self.connection)
        recipients = sinks.map { sink in
            var connection = Self.connection
            connection.tls.authorities = sink.authorities
            let client = sink.authorities == nil ? shared : HTTPClient(connection)
            return (sink, SinkQueue(sink), Postman(client: client, addresses: addresses, site: settings.site))
        }
        self.settings = settings
        house = surroundings
        (stops, stopping) = AsyncStream.makeStream(of: Void.self)
    }

    /// Through no proxy of the environment: it would look names up for itself and undo the check of addresses.
    private static let connection = HTTPClientConfiguration(proxy: .none)

    /// How each receiver does, in the order of the configuration.
    public var statuses: [SinkStatus] { recipients.map(\.queue.status) }

    public func stop() { stopping.finish() }

    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watch() }
            for (sink, queue, postman) in recipients {
                group.addTask { await self.deliver(to: sink, from: queue, by: postman) }
            }
            for await _ in stops {}
            group.cancelAll()
        }
        let left = statuses.reduce(0) { $0 + $1.queued }
        if left > 0 { house.logger.warning("Notices were not sent before the end", ["count": left]) }
    }

    // MARK: - looking

    private func watch() async {
        var finder = NoticeFinder(
            settings: .init(settle: settings.settle, repeatAfter: settings.repeatAfter), newID: { hex(randomBytes(16)) }
        )
        if let memory = house.load() { finder.restore(memory) }
        var statuses = CommitStatusFinder()
        let (looks, look) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in self.house.changes() { look.yield() } }
            group.addTask {
                while (try? await Task.sleep(for: self.settings.interval)) != nil { look.yield() }
                look.finish()
            }
            for await _ in looks {
                let (status, now) = (house.status(), house.now())
                let notices = finder.look(at: status, now: now)
                for notice in notices { send(Letter(id: notice.id, at: now, content: .notice(notice))) }
                for status in statuses.look(at: status) {
                    send(Letter(id: hex(randomBytes(16)), at: now, content: .status(status)))
                }
                if finder.hasChanged { house.save(finder.saved()) }
                finder.hasChanged = false
            }
            group.cancelAll()
        }
    }

    private func send(_ letter: Letter) {
        for (sink, queue, _) in recipients where sink.wants(letter) {
            guard let lost = queue.add(letter, now: house.now()) else { continue }
            house.count(sink.name, "dead")
            house.logger.error(
                "A notice found no room", ["sink": sink.name, "summary": lost.summary])
        }
    }

    // MARK: - sending

    private func deliver(to sink: Sink, from queue: SinkQueue, by postman: Postman) async {
        while let letter = await queue.first() {
            var attempts = 0
            var outcome = Postman.Outcome.notForThem
            repeat {
                attempts += 1
                outcome = await postman.deliver(letter, to: sink, now: house.now())
                // Cut off by the end: it was neither delivered nor given up.
                if Task.isCancelled, outcome != .delivered { return }
                guard case .later(let why, let wait) = outcome, attempts < settings.attempts else { break }
                queue.note(problem: why)
                house.count(sink.name, "retried")
                house.logger.debug("A notice is tried again", ["sink": sink.name, "error": why, "attempt": attempts])
                guard (try? await Task.sleep(for: max(wait ?? .zero, pause(after: attempts)))) != nil else { return }
            } while true
            queue.finish(outcome, attempts: attempts, now: house.now())
            report(outcome, letter, sink, attempts)
        }
    }

    /// Between a half and the whole of what doubles with every attempt.
    private func pause(after attempts: Int) -> Duration {
        var longest = settings.pause
        for _ in 1..<attempts where longest < settings.longestPause { longest *= 2 }
        return min(longest, settings.longestPause) * Double.random(in: 0.5...1)
    }

    private func report(_ outcome: Postman.Outcome, _ letter: Letter, _ sink: Sink, _ attempts: Int) {
        switch outcome {
        case .notForThem: return
        case .delivered:
            house.count(sink.name, "delivered")
            house.logger.debug("A notice was delivered", ["sink": sink.name, "summary": letter.summary])
        case .later(let why, _), .hopeless(let why):
            house.count(sink.name, "dead")
            house.logger.error(
                "A notice was given up",
                ["sink": sink.name, "summary": letter.summary, "error": why, "attempts": attempts])
        }
    }
}

extension Sink {
    func wants(_ letter: Letter) -> Bool {
        switch (letter.content, kind) {
        case (.status(let status), .githubStatus): filter.lets(status.environment)
        case (.notice, .githubStatus), (.status, _): false
        case (.notice(let notice), _): filter.lets(notice)
        }
    }
}
