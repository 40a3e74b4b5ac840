// SPDX-License-Identifier: Apache-2.0

import Domain

/// Brings one object to what git wants, whatever the server says meanwhile.
struct ObjectWriter: Sendable {
    let bench: Workbench
    let interruption: Interruption

    /// What came of one object.
    struct Written: Sendable {
        let action: Action
        var message = ""
        var warnings: [String] = []
        /// Whether it may succeed later without a new commit.
        var isRetryable = false
    }

    /// Never throws: a refusal is a result. `nil` when interrupted before anything was sent.
    func bring(_ item: Plan.Item) async -> Written? {
        switch item.step {
        case .leave, .awaitHook, .rerun: return Written(action: .unchanged)
        case .refuse(let reason): return Written(action: .failed, message: reason, isRetryable: true)
        case .create, .configure, .adopt, .verify, .awaitDeletion: break
        }
        let (key, digest) = (item.key, item.desired.digest)
        if let refusal = bench.retries.refusal(of: key, digest: digest, at: bench.time.uptime()) { return refusal }
        guard await claim(key) else { return nil }
        defer { bench.index.end(key) }
        do throws(ClusterError) {
            let written = try await bring(item.desired, from: item.step)
            bench.retries.forget(key)
            return written
        } catch {
            if error.code == .cancelled { return nil }
            let refusal = Written(
                action: .failed, message: Explanation.text(for: error, desired: item.desired),
                isRetryable: error.isRetryable || error.code == .conflict || error.code == .notFound)
            if Self.isAboutTheObject(error) {
                bench.retries.note(
                    refusal, of: key, digest: digest, at: bench.time.uptime(), unitRandom: bench.time.unitRandom())
            }
            return refusal
        }
    }

    /// Whether this object is the reason; a server that is away or busy says nothing about it.
    private static func isAboutTheObject(_ error: ClusterError) -> Bool {
        switch error.code {
        case .throttled, .unreachable, .unauthorized, .cancelled: false
        default: true
        }
    }

    /// Waits until no other writer has the object.
    private func claim(_ key: ResourceKey) async -> Bool {
        while !interruption.isRaised {
            if bench.index.begin(key) { return true }
            let index = bench.index
            _ = await wait(
                upTo: .seconds(1), time: bench.time, interruption: interruption, on: [index.changes],
                until: { !index.isBusy(key) })
        }
        return false
    }

    private func bring(_ desired: DesiredObject, from first: Plan.Step) async throws(ClusterError) -> Written {
        var step = first
        var failures = 0
        var isUncertain = false
        // It may exist all the same: only a new list can tell, and until then nobody may think it absent.
        defer { if isUncertain { bench.index.forget(desired.key.groupKind) } }
        while true {
            do throws(ClusterError) {
                let written = try await once(desired, step)
                isUncertain = false
                return written
            } catch {
                if error.code == .unavailable || error.code == .interrupted { isUncertain = true }
                if error.code == .immutable { return try await Recreation(writer: self).run(desired, after: error) }
                failures += 1
                guard failures < bench.settings.attempts, !interruption.isRaised,
                    let next = try await remedy(for: error, desired, step)
                else { throw error }
                step = next
                try await bench.pause(after: error, failures: failures, interruption)
            }
        }
    }

    private func once(_ desired: DesiredObject, _ step: Plan.Step) async throws(ClusterError) -> Written {
        let isServerSide = desired.mode == .serverSide
        let desired = step == .create ? desired : await bench.autoscalers.adjusted(desired, bench)
        switch step {
        case .create:
            let created = isServerSide ? try await apply(desired, force: false) : try await post(desired)
            return record(created, desired)
        case .configure:
            return record(isServerSide ? try await configure(desired) : try await put(desired), desired)
        case .adopt(let read):
            return record(try await Takeover(writer: self).run(desired, as: read), desired)
        case .verify:
            return try await verify(desired)
        case .awaitDeletion:
            try await awaitDeletion(desired)
            return try await once(desired, .create)
        case .leave, .refuse, .awaitHook, .rerun:
            return Written(action: .unchanged)
        }
    }

    // MARK: The requests

    /// Over what is there; its fields become ours where an earlier tool holds them.
    private func configure(_ desired: DesiredObject) async throws(ClusterError) -> WriteResult {
        let known = bench.index.member(desired.key)
        if known?.needsTakeover == true { try await takeOver(desired) }
        let live = desired.ignored.isEmpty ? nil : try await live(desired)
        return try await owned(try await apply(desired, over: live, force: true), desired)
    }

    /// What was applied, with every field of it ours alone.
    func owned(_ written: WriteResult, _ desired: DesiredObject) async throws(ClusterError) -> WriteResult {
        // The server gave an object without managed fields a manager of its own, which would keep all of them.
        guard FieldTakeover.isNeeded(for: written.object), try await takeOver(desired) else { return written }
        let live = desired.ignored.isEmpty ? nil : try await live(desired)
        return try await apply(desired, over: live, force: true)
    }

    /// - Parameters:
    ///   - live: What is there, when something of it must be kept: then the write is bound to that version.
    ///   - isBound: Whether it is bound all the same.
    func apply(
        _ desired: DesiredObject, over live: Value? = nil, force: Bool, dryRun: Bool = false, isBound: Bool = false
    ) async throws(ClusterError) -> WriteResult {
        var object = live.map { desired.object(in: bench.applySet, over: $0) } ?? desired.object(in: bench.applySet)
        if let live, isBound || !desired.ignored.isEmpty, !dryRun {
            var metadata = object["metadata"] ?? [:]
            metadata["resourceVersion"] = live.resourceVersion.map { .string($0) }
            object["metadata"] = metadata
        }
        let sent = object
        return try await bench.gate.pass { () throws(ClusterError) in
            try await bench.cluster.apply(sent, to: desired.resource, force: force, dryRun: dryRun)
        }
    }

    func post(_ desired: DesiredObject, dryRun: Bool = false) async throws(ClusterError) -> WriteResult {
        let object = desired.object(in: bench.applySet)
        return try await bench.gate.pass { () throws(ClusterError) in
            try await bench.cluster.create(object, in: desired.resource, dryRun: dryRun)
        }
    }

    private func put(_ desired: DesiredObject, dryRun: Bool = false) async throws(ClusterError) -> WriteResult {
        guard let live = try await live(desired) else { return try await post(desired) }
        return try await put(desired, over: live, dryRun: dryRun)
    }

    func put(_ desired: DesiredObject, over live: Value, dryRun: Bool) async throws(ClusterError) -> WriteResult {
        let object = Rebase.object(
            desired.object(in: bench.applySet, over: live), over: live, kind: desired.key.groupKind)
        return try await bench.gate.pass { () throws(ClusterError) in
            try await bench.cluster.replace(object, in: desired.resource, dryRun: dryRun)
        }
    }

    /// Makes fields ours that an earlier tool, or our own replace mode, still holds. Bound to the version it read.
    ///
    /// - Returns: Whether there was anything to take over.
    @discardableResult
    private func takeOver(_ desired: DesiredObject) async throws(ClusterError) -> Bool {
        guard let live = try await live(desired),
            let object = FieldTakeover.object(live, desired: desired.manifest.object)
        else { return false }
        _ = try await bench.gate.pass { () throws(ClusterError) in
            try await bench.cluster.replace(object, in: desired.resource, dryRun: false)
        }
        return true
    }

    func live(_ desired: DesiredObject, detail: Detail = .whole) async throws(ClusterError) -> Value? {
        try await bench.gate.pass { () throws(ClusterError) in
            try await bench.cluster.get(
                desired.resource, namespace: desired.key.namespace, name: desired.key.name, detail: detail)
        }
    }

    /// Writes only when the server's dry run says that something would change.
    private func verify(_ desired: DesiredObject) async throws(ClusterError) -> Written {
        guard let live = try await live(desired) else { return try await once(desired, .create) }
        do throws(ClusterError) {
            let answer = try await trial(desired, over: live)
            if Comparison.isSame(live, answer.object, ignoring: desired.ignored) {
                bench.index.record(live, key: desired.key)
                return Written(action: .unchanged, warnings: answer.warnings)
            }
        } catch {
            // A webhook with side effects refuses every dry run; the write itself says what is wrong, if anything.
            guard error.code == .invalid else { throw error }
        }
        return try await once(desired, .configure)
    }

    /// Whether the server's dry run says that nothing would change; writes nothing. What differs is noted as drift.
    func isSame(_ desired: DesiredObject) async -> Bool {
        do throws(ClusterError) {
            let desired = await bench.autoscalers.adjusted(desired, bench)
            guard let live = try await live(desired) else { return false }
            let answer = try await trial(desired, over: live)
            guard Comparison.isSame(live, answer.object, ignoring: desired.ignored) else {
                bench.index.noteDrift(desired.key)
                return false
            }
            bench.index.record(live, key: desired.key)
            return true
        } catch {
            // Unknown is not the same.
            return false
        }
    }

    /// The server's dry run of what we would write over `live`.
    func trial(_ desired: DesiredObject, over live: Value?) async throws(ClusterError) -> WriteResult {
        switch (desired.mode, live) {
        case (.serverSide, _): try await apply(desired, over: live, force: live != nil, dryRun: true)
        case (.replace, nil): try await post(desired, dryRun: true)
        case (.replace, let live?): try await put(desired, over: live, dryRun: true)
        }
    }

    func record(_ result: WriteResult, _ desired: DesiredObject) -> Written {
        let known = bench.index.member(desired.key)
        bench.index.record(result.object, key: desired.key)
        let isUnchanged =
            !result.wasCreated && known?.uid == result.object.uid
            && known?.resourceVersion == result.object.resourceVersion
        return Written(
            action: result.wasCreated ? .created : isUnchanged ? .unchanged : .configured, warnings: result.warnings)
    }

    // MARK: When the server says no

    /// What to do instead after a failed attempt; nil when nothing helps but a new commit or a later pass.
    private func remedy(
        for error: ClusterError, _ desired: DesiredObject, _ step: Plan.Step
    ) async throws(ClusterError) -> Plan.Step? {
        switch error.code {
        case .throttled, .gone: return step
        // The write may have happened: look before creating again.
        case .unavailable, .interrupted: return step == .create ? try await lookAgain(desired) : step
        case .alreadyExists: return try await lookAgain(desired)
        case .conflict where step == .create: return try await lookAgain(desired)
        // Another version came between reading and writing.
        case .conflict where error.causes.isEmpty: return step
        case .conflict: return nil
        case .unknownKind:
            _ = try await bench.cluster.discovery(refresh: true)
            return step
        case .terminating:
            try await awaitNamespace(of: desired)
            return step
        case .unreachable, .notFound, .invalid, .immutable, .tooLarge, .forbidden, .unauthorized, .cancelled: return nil
        }
    }

    /// Whether a create may be repeated, has happened, or was somebody else's.
    private func lookAgain(_ desired: DesiredObject) async throws(ClusterError) -> Plan.Step? {
        let found = try await bench.get(desired.key, desired.resource, detail: .metadata, interruption)
        guard let found else { return .create }
        if desired.mayAdopt { return .adopt(nil) }
        switch Ownership(of: found, key: desired.key, in: bench.applySet) {
        case .ours, .unproven: return .configure
        case .copy, .another, .nobody:
            throw ClusterError(
                .conflict, operation: "creating \(desired.key)",
                detail: "somebody created it a moment ago, and it is not ours; the next pass says what can be done")
        }
    }

    /// Returns when the old object is gone.
    ///
    /// - Throws: `.terminating`, naming what holds it, when that takes too long.
    func awaitDeletion(_ desired: DesiredObject) async throws(ClusterError) {
        let limit = bench.time.uptime() + bench.settings.readinessTimeout
        var polls = 0
        while let found = try await bench.get(desired.key, desired.resource, detail: .metadata, interruption),
            found[at: "metadata", "deletionTimestamp"]?.string != nil
        {
            guard bench.time.uptime() < limit else {
                let holders = found[at: "metadata", "finalizers"]?.list?.compactMap(\.string) ?? []
                throw ClusterError(
                    .terminating, operation: "creating \(desired.key)",
                    detail: "the old one is still being deleted; it waits for "
                        + (holders.isEmpty ? "the cluster" : "the finalizers \(holders.joined(separator: ", "))"))
            }
            polls += 1
            try await pollPause(polls, "waiting for \(desired.key) to go")
        }
        bench.index.recordDeletion(desired.key)
    }

    /// Returns when the namespace is gone or active again.
    private func awaitNamespace(of desired: DesiredObject) async throws(ClusterError) {
        guard let namespace = desired.key.namespace else { return }
        try await Foundation(bench: bench, interruption: interruption).awaitNamespace(namespace)
    }

    func pollPause(_ polls: Int, _ operation: String) async throws(ClusterError) {
        let delay = min(.milliseconds(50) * (1 << min(polls, 6)), .seconds(2))
        guard await wait(upTo: delay, time: bench.time, interruption: interruption) != .interrupted else {
            throw ClusterError(.cancelled, operation: operation, detail: "stopped")
        }
    }
}
