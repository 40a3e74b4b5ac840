// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Carries a plan out: foundations first, then every service on its own, in its order, side by side.
struct Applier: Sendable {
    let bench: Workbench
    let interruption: Interruption
    /// Called for every object as soon as it is as git wants it.
    let settle: @Sendable (ResourceKey) -> Void
    private let order: HookOrder
    private let book = ReportBook()
    private let finished = Lock<Set<Name>>([])
    private let done = Broadcast()

    init(
        bench: Workbench, interruption: Interruption, order: HookOrder = HookOrder(),
        settle: @escaping @Sendable (ResourceKey) -> Void = { _ in }
    ) {
        self.order = order
        self.bench = bench
        self.interruption = interruption
        self.settle = settle
    }

    /// Never throws: what failed is in the report.
    func apply(_ plan: Plan) async -> ApplyReport {
        await layFoundation(plan.foundation)
        await withTaskGroup(of: Void.self) { group in
            for service in plan.services {
                group.addTask {
                    await apply(service, plan)
                    _ = finished.withLock { $0.insert(service.name) }
                    done.send()
                }
            }
        }
        if interruption.isRaised { book.noteInterruption() }
        return book.current
    }

    // MARK: Foundations

    private func layFoundation(_ items: [Plan.Item]) async {
        for step in Self.steps(items) { await write(step) }
        let foundation = Foundation(bench: bench, interruption: interruption)
        for item in items where item.key.groupKind.kind == "CustomResourceDefinition" && item.step != .leave {
            do throws(ClusterError) {
                try await foundation.awaitEstablished(item.desired)
            } catch {
                guard error.code != .cancelled else { return }
                let failed = ObjectWriter.Written(action: .failed, message: error.detail, isRetryable: true)
                book.note(failed, item.key, item.desired.service)
            }
        }
    }

    // MARK: One service

    private func apply(_ service: Plan.ServicePlan, _ plan: Plan) async {
        for refusal in service.refusals {
            book.note(
                ObjectWriter.Written(action: .failed, message: refusal.reason, isRetryable: true), refusal.key,
                service.name)
        }
        if let problem = service.problem {
            for item in service.items { book.note(.init(action: .failed, message: problem), item.key, service.name) }
            return
        }
        if let problem = foundationFailure(of: service) {
            return book.skip(service.items.map(\.key), service.name, because: problem)
        }
        // Most services change nothing most of the time: they wait for nobody.
        guard service.items.contains(where: { $0.step != .leave }) else { return noteAll(service.items) }
        if let problem = await waitForNeeds(of: service, in: plan) {
            return interruption.isRaised ? () : book.skip(service.items.map(\.key), service.name, because: problem)
        }
        await walk(service)
    }

    private func walk(_ service: Plan.ServicePlan) async {
        let steps = Self.steps(service.items)
        for (index, step) in steps.enumerated() {
            let earlier = steps[..<index].flatMap(\.self)
            if index > 0, Self.needsHealth(before: step, after: steps[index - 1]),
                steps[index...].joined().contains(where: { $0.step != .leave }),
                let problem = await waitForHealth(of: earlier.map(\.desired), in: service)
            {
                let rest = steps[index...].joined().map(\.key)
                return interruption.isRaised ? () : book.skip(Array(rest), service.name, because: problem)
            }
            let failed = await write(step) ?? refusal(in: service, upTo: step)
            if interruption.isRaised { return }
            if let failed {
                let rest = steps[(index + 1)...].joined().map(\.key)
                if !rest.isEmpty {
                    // What failed says itself whether trying again may help.
                    book.skip(
                        Array(rest), service.name, because: "waits for \(failed), which was not applied", mayPass: false
                    )
                }
                return
            }
        }
    }

    /// A manifest that cannot be applied stops what comes after it, like one that failed.
    private func refusal(in service: Plan.ServicePlan, upTo step: [Plan.Item]) -> ResourceKey? {
        guard let here = step.first?.desired.position.step else { return nil }
        return service.refusals.first { $0.position <= here }?.key
    }

    private func noteAll(_ items: [Plan.Item]) {
        for item in items { book.note(ObjectWriter.Written(action: .unchanged), item.key, item.desired.service) }
    }

    private func foundationFailure(of service: Plan.ServicePlan) -> String? {
        guard service.refusals.isEmpty else { return nil }
        return book.failure(of: service.name).map { "waits for its foundations: \($0)" }
    }

    /// Writes objects side by side.
    ///
    /// - Returns: The first that failed.
    @discardableResult
    private func write(_ items: [Plan.Item]) async -> ResourceKey? {
        let writer = ObjectWriter(bench: bench, interruption: interruption)
        return await withTaskGroup(of: ResourceKey?.self) { group in
            for item in items {
                group.addTask {
                    guard !interruption.isRaised, let written = await bring(item, with: writer) else { return nil }
                    if written.action != .failed, item.desired.hook == nil { settle(item.key) }
                    book.note(written, item.key, item.desired.service)
                    return written.action == .failed ? item.key : nil
                }
            }
            var failed: ResourceKey?
            for await key in group { failed = failed ?? key }
            return failed
        }
    }

    private func bring(_ item: Plan.Item, with writer: ObjectWriter) async -> ObjectWriter.Written? {
        if let hook = item.desired.hook {
            let runner = HookRunner(bench: bench, interruption: interruption, order: order)
            guard let result = await runner.run(item, hook) else { return nil }
            book.keep(result.logs)
            return result.written
        }
        if item.desired.awaitsKind {
            do throws(ClusterError) {
                try await Foundation(bench: bench, interruption: interruption)
                    .awaitServed(item.desired.resource.kind)
            } catch {
                guard error.code != .cancelled else { return nil }
                return ObjectWriter.Written(action: .failed, message: error.detail, isRetryable: true)
            }
        }
        return await writer.bring(item)
    }

    // MARK: Waiting

    /// - Returns: Why the service cannot start; nil when everything it needs is applied and healthy.
    private func waitForNeeds(of service: Plan.ServicePlan, in plan: Plan) async -> String? {
        for need in service.needs {
            guard let needed = plan.services.first(where: { $0.name == need }) else {
                return "it needs \(need), which could not be rendered"
            }
            // Its waits end by themselves, and its writes are bounded.
            let result = await wait(
                upTo: .seconds(86_400), time: bench.time, interruption: interruption, on: [done],
                until: { finished.withLock { $0.contains(need) } })
            guard result == .met else { return "waits for \(need), which it needs and which is not applied yet" }
            if let problem = book.failure(of: need) { return "it needs \(need), which failed: \(problem)" }
            let members = bench.index.members.filter { $0.value.service == need }
            if let problem = await waitForHealth(
                of: members.keys.sorted(), upTo: needed.healthTimeout ?? service.healthTimeout)
            {
                return "it needs \(need): \(problem)"
            }
        }
        return nil
    }

    /// Whether everything before these objects must work first: a new wave, and what sends the API server's own
    /// requests to a workload, for without its backend a webhook refuses every write.
    private static func needsHealth(before step: [Plan.Item], after last: [Plan.Item]) -> Bool {
        guard let step = step.first, let last = last.first else { return false }
        if step.desired.position.step.phase != last.desired.position.step.phase, step.desired.hook != nil {
            return true
        }
        return step.desired.wave != last.desired.wave || ApplyOrder.callsBack(step.key.groupKind)
    }

    private func waitForHealth(of objects: [DesiredObject], in service: Plan.ServicePlan) async -> String? {
        let wave = objects.last?.wave ?? 0
        // Hooks among them have ended, or the walk would not have come here.
        return await waitForHealth(of: objects.filter { $0.hook == nil }.map(\.key), upTo: service.healthTimeout)
            .map { "waits for wave \(wave): \($0)" }
    }

    /// - Returns: What is not healthy in time; nil when everything is.
    private func waitForHealth(of keys: [ResourceKey], upTo timeout: Duration?) async -> String? {
        let probe = HealthProbe(bench: bench, interruption: interruption)
        return await probe.wait(for: keys, upTo: timeout)
    }

    /// Neighbours with the same place in the order, together.
    private static func steps(_ items: [Plan.Item]) -> [[Plan.Item]] {
        var steps: [[Plan.Item]] = []
        for item in items {
            if let last = steps.last?.first, last.desired.position.step == item.desired.position.step {
                steps[steps.count - 1].append(item)
            } else {
                steps.append([item])
            }
        }
        return steps
    }
}
