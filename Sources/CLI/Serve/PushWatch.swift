// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Writes into the audit what changes past kubernaut: commits on environments' branches that nobody made here, and other
/// grants or teams on the policy branch.
///
/// What a commit's message says of itself does not count: a commit is ours when the audit has a row with its id.
actor PushWatch: Service {
    struct Tools: Sendable {
        var status: @Sendable () -> DaemonStatus
        /// An element after every change of the status; the first at once.
        var changes: @Sendable () -> AsyncStream<Void>
        /// The first-parent history of a commit, newest first.
        var history: @Sendable (_ head: CommitID, _ limit: Int) async throws -> [HistoryStep]
        var audit: any AuditLog
        /// What an environment followed before this process began; nil when nobody remembers.
        var lastCommit: @Sendable (_ environment: Name) async throws -> CommitID?
        var warn: @Sendable (_ problem: String) -> Void
        var now: Now = wallClock
        /// How long a change of our own may take from its push to its row.
        var patience = Duration.seconds(5)
    }

    nonisolated let name = "push watch"
    private let tools: Tools
    private var heads: [Name: CommitID] = [:]
    private var policy: Policy?
    private let stopped: AsyncStream<Never>
    private nonisolated let stopping: AsyncStream<Never>.Continuation

    /// Commits that get a row each; of more there is one row that counts them.
    private static let limit = 20

    init(_ tools: Tools) {
        self.tools = tools
        (stopped, stopping) = AsyncStream.makeStream()
    }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [stopped] in for await _ in stopped {} }
            group.addTask { [tools] in for await _ in tools.changes() { await self.look() } }
            await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    nonisolated func stop() { stopping.finish() }

    /// Compares with what was seen last, and writes down the difference.
    func look() async {
        let status = tools.status()
        await lookAtPolicy(status)
        for environment in status.environments where environment.leadership?.isOurs ?? true {
            guard let head = environment.head, head.id != heads[environment.environment.name] else { continue }
            do {
                try await follow(environment.environment.name, to: head)
            } catch {
                // Looked at again with the next change: the old head stays known.
                tools.warn("what was pushed to \(environment.environment.branch) cannot be written down: \(error)")
            }
        }
    }

    private func follow(_ environment: Name, to head: Commit) async throws {
        var base = heads[environment]
        if base == nil { base = try await tools.lastCommit(environment) }
        guard let base, base != head.id else {
            heads[environment] = head.id
            return
        }
        try await Task.sleep(for: tools.patience)
        let steps = try await tools.history(head.id, 500)
        let new = steps.prefix { $0.commit.id != base }
        // Rewritten, set back, or so long ago that it makes no difference.
        let isForward = new.count < steps.count
        let known = try await ownCommits(in: environment)
        let foreign = isForward ? new.filter { !known.contains($0.commit.id) } : []
        for step in foreign.prefix(Self.limit).reversed() {
            try await write(.push, by: step.commit.author) { record in
                record.environment = environment
                record.commit = step.commit.id
                record.detail = step.commit.subject
            }
        }
        if foreign.count > Self.limit || !isForward {
            try await write(.push, by: head.author) { record in
                record.environment = environment
                record.from = base.short
                record.to = head.id.short
                record.commit = head.id
                record.detail =
                    isForward
                    ? "and \(foreign.count - Self.limit) commits before these"
                    : "the branch was set back or rewritten: it no longer holds \(base.short)"
            }
        }
        heads[environment] = head.id
    }

    /// Commits that actions here made lately.
    private func ownCommits(in environment: Name) async throws -> Set<CommitID> {
        var query = AuditQuery()
        query.environment = environment
        return Set(try await tools.audit.records(matching: query, before: nil, limit: 200).compactMap(\.commit))
    }

    private func lookAtPolicy(_ status: DaemonStatus) async {
        let new = status.policy
        // Empty is what it is until it was read.
        guard new != .empty, new != policy else { return }
        let old = policy
        policy = new
        guard let old else { return }
        let change = PolicyChange(from: old, to: new)
        guard !change.isEmpty else { return }
        do {
            try await write(.policy, by: "git") { $0.detail = change.sentence }
        } catch {
            tools.warn("a change of the policy cannot be written down: \(change.sentence): \(error)")
        }
    }

    private func write(
        _ action: AuditRecord.Action, by author: String, _ fill: (inout AuditRecord) -> Void
    ) async throws {
        let now = tools.now()
        var record = AuditRecord(
            id: TimeOrderedID.make(at: now), at: now, actor: AuditRecord.Actor(name: author), channel: .git,
            action: action, result: .done)
        fill(&record)
        try await tools.audit.append(record)
    }
}

/// What differs between two policies, wherever in the file it stands.
struct PolicyChange: Sendable {
    private let added: [String]
    private let removed: [String]

    init(from old: Policy, to new: Policy) {
        let (before, after) = (Self.sentences(old), Self.sentences(new))
        added = after.filter { !before.contains($0) }
        removed = before.filter { !after.contains($0) }
    }

    var isEmpty: Bool { added.isEmpty && removed.isEmpty }

    /// `added: developer for team orders on all services in dev; removed: …`
    var sentence: String {
        [("added", added), ("removed", removed)].filter { !$0.1.isEmpty }
            .map { "\($0.0): \($0.1.prefix(20).joined(separator: ", "))\($0.1.count > 20 ? ", …" : "")" }
            .joined(separator: "; ")
    }

    private static func sentences(_ policy: Policy) -> [String] {
        let grants = policy.grants.flatMap { grant in
            grant.subjects.map { subject in
                let who =
                    switch subject {
                    case .team(let name): "team \(name)"
                    case .user(let login): login
                    }
                let places = grant.environments.map(\.pattern).joined(separator: " ")
                return
                    "\(grant.role.rawValue) for \(who) on \(grant.services.map(\.pattern).joined(separator: " ")) in \(places)"
            }
        }
        let teams = policy.teams.map { team in "team \(team.name)\(team.github.map { " is \($0)" } ?? "")" }
        return grants + teams
    }
}
