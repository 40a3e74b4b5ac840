// SPDX-License-Identifier: Apache-2.0

import Domain
import History
import Logging
import Reconciler

extension Command {
    static let apply = Command(
        "apply", .run, "make one pass over one environment, without a daemon",
        [
            "Works from the newest commit of the environment's branch that this clone knows (git fetch first), or from "
                + "--at, and follows the same rules as the daemon: order, ownership, pruning within the budget. "
                + "Uncommitted edits are never applied; `kubernaut diff live:NAME` shows what they would do.",
            "Ends with 0 when the cluster equals the commit, with 1 when something was not applied.",
        ],
        flags: [
            SharedFlag.environment, Flag("dry-run", "say what would happen, write nothing"),
            Flag("once", "one pass, which is what apply makes anyway; for scripts that want to say so"),
            SharedFlag.output(["text", "name"]), SharedFlag.revision, SharedFlag.repository, SharedFlag.path,
            SharedFlag.kubeconfig, SharedFlag.context,
        ],
        examples: [
            Example("kubernaut apply --env dev --dry-run", "what a pass would do"),
            Example("kubernaut apply --env dev --context kind-dev", "do it"),
        ], stopsCleanly: true
    ) { invocation in
        let console = invocation.console
        let repository = try ConfigRepository(invocation)
        let workspace = Workspace(try await repository.snapshot(invocation))
        let environment = try workspace.environment(try invocation.required("env"), console)
        let state = try await BranchState(environment, workspace, repository, at: invocation.text("at"))
        let errors = state.rendering.allDiagnostics.filter { $0.severity == .error }
        if !errors.isEmpty {
            console.complain(DiagnosticReport(errors, snapshot: state.snapshot).text(console.style(.error)))
        }
        let cluster = try connect(invocation)
        return invocation.isOn("dry-run")
            ? try await preview(state, cluster, invocation) : try await pass(state, workspace, cluster, invocation)
    }
}

private func preview(_ state: BranchState, _ cluster: any Cluster, _ invocation: Invocation) async throws -> ExitCode {
    let objects = try await Preview(of: state.environment, on: cluster).objects(of: state.rendering)
    try invocation.console.put(
        objects.map { line($0.key, $0.action, $0.message, invocation, isDryRun: true) }.joined())
    let isWhole = objects.allSatisfy { $0.action != .failed } && !state.rendering.services.contains(where: \.isFailed)
    return isWhole && !state.rendering.isUnreadable ? .done : .no
}

private func pass(
    _ state: BranchState, _ workspace: Workspace, _ cluster: any Cluster, _ invocation: Invocation
) async throws -> ExitCode {
    let console = invocation.console
    let progress = Progress(console, "applying \(state.environment.name) at \(state.commit.id.short)")
    defer { progress.end() }
    let rooms = EnvironmentLoop.Rooms(
        source: SnapshotSource(state: state), render: { _, _ in state.rendering }, history: MemoryHistory(),
        logger: invocation.isOn("verbose") ? Logger(format: .text) : .silent)
    let (records, found) = AsyncStream.makeStream(of: PassRecord.self)
    let loop = EnvironmentLoop(state.environment, cluster: cluster, rooms: rooms) { status in
        if let record = status.lastPass, record.commit == state.commit.id, record.outcome != .stopped {
            found.yield(record)
        }
    }
    loop.request(.request, at: state.commit.id)
    let record = try await withThrowingTaskGroup(of: PassRecord?.self) { group in
        group.addTask {
            try await loop.run()
            return nil
        }
        group.addTask {
            for await record in records { return record }
            return nil
        }
        var record: PassRecord?
        while let result = try await group.next() {
            record = record ?? result
            loop.stop()
            found.finish()
        }
        return record
    }
    progress.end()
    guard let record else { throw CancellationError() }
    try console.put(record.objects.map { line($0.key, $0.action, $0.message, invocation, isDryRun: false) }.joined())
    for log in record.logs {
        console.note("\(log.key) wrote\(log.container.isEmpty ? "" : " in \(log.pod)/\(log.container)"):")
        for line in (log.problem ?? log.text).split(separator: "\n") { console.note("  | \(line)") }
    }
    for warning in record.warnings { console.note("warning: \(warning)") }
    let counts = "\(record.objects.count { $0.action != .failed }) changed, \(record.unchangedCount) unchanged"
    console.note("\(state.environment.name) at \(state.commit.id.short): \(record.outcome.rawValue), \(counts)")
    if !record.reason.isEmpty { console.complain(record.reason) }
    switch record.outcome {
    case .succeeded: return .done
    case .incomplete: return .no
    case .failed, .stopped: return .failed
    }
}

/// `Deployment/shop/cart configured`, as kubectl says it.
private func line(
    _ key: ResourceKey, _ action: Action, _ message: String, _ invocation: Invocation, isDryRun: Bool
) -> String {
    if invocation.output == "name" { return "\(key)\n" }
    let style = invocation.console.style(.output)
    let word = action == .failed ? style.red(action.rawValue) : action.rawValue
    return "\(key) \(word)\(isDryRun ? " (dry run)" : "")\(message.isEmpty ? "" : ": \(message)")\n"
}
