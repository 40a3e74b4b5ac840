// SPDX-License-Identifier: Apache-2.0

public import Domain
public import Lifecycle

/// Passes and rows of the audit on their way into the store.
///
/// What the store cannot take right now waits in memory and is told to `warn` whole, so that a log has it when the process
/// ends before the store is back. Also renews the store's statistics from time to time.
public actor Outbox: PassHistory, AuditLog, Service {
    fileprivate enum Item: Sendable {
        case pass(PassRecord)
        case row(AuditRecord)
    }

    public nonisolated let name = "store"
    private let store: Store
    private let warn: @Sendable (String, [String: String]) -> Void
    private let limit: Int
    private var waiting: [Item] = []
    private var isSending = false
    private let stopped: AsyncStream<Never>
    private nonisolated let stopping: AsyncStream<Never>.Continuation

    /// - Parameters:
    ///   - limit: How many may wait; what comes then is refused with the store's own error.
    ///   - warn: Told what waits, and what could not be done; from any thread.
    public init(
        _ store: Store, limit: Int = 2000, warn: @escaping @Sendable (String, [String: String]) -> Void = { _, _ in }
    ) {
        self.store = store
        self.limit = limit
        self.warn = warn
        (stopped, stopping) = AsyncStream.makeStream()
    }

    // MARK: - in

    public func append(_ record: PassRecord) async throws { try await put(.pass(record)) }
    public func append(_ record: AuditRecord) async throws { try await put(.row(record)) }

    private func put(_ item: Item) async throws {
        do {
            // Behind others it waits its turn: a store that just failed is not asked again by every caller.
            if waiting.isEmpty { return try await send(item) }
        } catch let error as HistoryError {
            guard error.isRetryable, waiting.count < limit else { throw error }
            return keep(item, because: "\(error)")
        }
        guard waiting.count < limit else {
            throw HistoryError(
                .unavailable, operation: "writing to the store", detail: "it is down, and \(limit) records wait for it")
        }
        keep(item, because: "others wait before it")
    }

    private func keep(_ item: Item, because reason: String) {
        waiting.append(item)
        warn("A record waits for the store", item.fields.merging(["why": reason]) { own, _ in own })
    }

    private func send(_ item: Item) async throws {
        do {
            switch item {
            case .pass(let record): try await store.append(record)
            case .row(let record): try await store.append(record)
            }
        } catch let error as HistoryError where error.code == .duplicate && !waiting.isEmpty {
            // It was kept before, and only the answer was lost.
        }
    }

    /// Sends what waits, the oldest first, until the store refuses again.
    func flush() async {
        guard !isSending else { return }
        isSending = true
        defer { isSending = false }
        while let item = waiting.first {
            do {
                try await send(item)
            } catch let error as HistoryError where error.isRetryable {
                return
            } catch {
                warn("A record could not be written", item.fields.merging(["why": "\(error)"]) { own, _ in own })
            }
            waiting.removeFirst()
        }
    }

    // MARK: - out

    public func passes(of environment: Name?, before: String?, limit: Int) async throws -> [PassRecord] {
        try await store.passes(of: environment, before: before, limit: limit)
    }

    public func pass(_ id: String) async throws -> PassRecord? { try await store.pass(id) }

    public func records(matching query: AuditQuery, before: String?, limit: Int) async throws -> [AuditRecord] {
        try await store.records(matching: query, before: before, limit: limit)
    }

    // MARK: - as a service

    private static let pause = Duration.seconds(3)
    private static let betweenMaintenances = Duration.seconds(6 * 3600)

    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [stopped] in for await _ in stopped {} }
            group.addTask { await self.keepSending() }
            await group.next()
            group.cancelAll()
        }
        await flush()
        try Task.checkCancellation()
    }

    public nonisolated func stop() { stopping.finish() }

    private func keepSending() async {
        var maintained: ContinuousClock.Instant?
        while !Task.isCancelled {
            // Ends early when the service stops: nothing else is lost with this error.
            try? await Task.sleep(for: Self.pause)
            await flush()
            let isDue = maintained.map { .now - $0 > Self.betweenMaintenances } ?? true
            guard isDue, waiting.isEmpty, !Task.isCancelled else { continue }
            do {
                try await store.maintain()
                maintained = .now
            } catch {
                // In a while again; the pages say when the store is down.
                warn("The store's statistics could not be renewed", ["why": "\(error)"])
                maintained = .now - Self.betweenMaintenances + .seconds(600)
            }
        }
    }
}

extension Outbox.Item {
    /// The whole row as a log can have it; of a pass what names it.
    fileprivate var fields: [String: String] {
        switch self {
        case .pass(let record):
            [
                "pass": record.id, "environment": record.environment.text, "outcome": record.outcome.rawValue,
                "commit": record.commit?.hex ?? "", "reason": record.reason,
            ]
        case .row(let record):
            [
                "audit": record.id, "at": record.at.precise, "who": record.actor.name,
                "personId": record.actor.personID.map { "\($0)" } ?? "", "keyId": record.actor.keyID ?? "",
                "channel": record.channel.rawValue, "action": record.action.rawValue,
                "result": record.result.rawValue, "environment": record.environment?.text ?? "",
                "services": record.services.map(\.text).joined(separator: ","), "from": record.from ?? "",
                "to": record.to ?? "", "reason": record.reason ?? "", "detail": record.detail ?? "",
                "commit": record.commit?.hex ?? "",
            ]
        }
    }
}
