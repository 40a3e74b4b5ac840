// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import GitSource
import Lifecycle
import Render

/// A command that changes the config repository, from its flags to what is printed at its end.
struct ChangeSession: Sendable {
    let invocation: Invocation
    let target: ChangeTarget
    let repository: any EditableRepository
    /// Of the branch that was looked at first.
    let pipeline: Pipeline
    let author: CommitIdentity
    private let committer: CommitIdentity

    /// Fetches the branch that says which environments there are.
    ///
    /// - Parameters:
    ///   - repository: Nil for one that brings no more than a commit takes.
    ///   - branch: Nil for the repository's default branch.
    init(
        _ invocation: Invocation, at target: ChangeTarget, _ repository: (any EditableRepository)? = nil,
        readingPipelineOf branch: String? = nil
    ) async throws {
        self.invocation = invocation
        self.target = target
        let repository = try repository ?? target.access.editable()
        self.repository = repository
        (author, committer) = identities(invocation)
        pipeline = try await Self.pipeline(repository, target, branch, invocation.console)
    }

    private static func pipeline(
        _ repository: any EditableRepository, _ target: ChangeTarget, _ branch: String?, _ console: Console
    ) async throws -> Pipeline {
        let head = try await repository.fetchHead(of: branch)
        let files = try await repository.files(at: ["kubernaut.yaml"], of: head.commit)
        guard !files.isEmpty else {
            throw CommandError(
                .notFound,
                "there is no \(target.path(of: "kubernaut.yaml")) on \(head.branch) of \(target.access.remote.url)",
                hint: "name the config repository with --repo, its folder with --path, a branch with --branch")
        }
        return try Workspace(SourceSnapshot(commit: nil, root: target.folder, files: files)).usablePipeline(console)
    }

    /// The config root as diagnostics show it.
    var root: String { target.folder }

    /// - Throws: `.notFound` when there is no such environment.
    func environment(_ text: String) throws(CommandError) -> Environment {
        if let environment = pipeline.environments.first(where: { $0.name.text == text }) { return environment }
        let names = pipeline.environments.map(\.name.text)
        throw CommandError(
            .notFound, "there is no environment \"\(text)\"",
            hint: didYouMean(text, in: names) ?? "there are \(names.joined(separator: ", "))")
    }

    func loop() throws -> ChangeLoop {
        let timeout = try invocation.duration("timeout") ?? .seconds(120)
        return ChangeLoop(
            repository, author: author, committer: committer, patience: .system(timeout: timeout))
    }

    /// Makes the change, or with `--dry-run` only finds out what it would be.
    func run<Answer: Sendable>(
        on branch: String?, decide: @escaping @Sendable (BranchHead) async throws -> ChangeStep<Answer>
    ) async throws -> ChangeResult<Answer> {
        try await refusing {
            if invocation.isOn("dry-run") {
                let (base, step) = try await loop().preview(on: branch, decide: decide)
                return ChangeResult(step: step, base: base, commit: nil, attempts: 1, isDryRun: true)
            }
            let console = invocation.console
            let isVerbose = invocation.isOn("verbose")
            let last = Lock<ChangeStep<Answer>?>(nil)
            let outcome = try await loop().run(
                on: branch,
                retrying: { number, error in
                    if isVerbose { console.note("attempt \(number): \(error)") }
                },
                decide: { head in
                    let step = try await decide(head)
                    last.withLock { $0 = step }
                    return step
                })
            return ChangeResult(
                step: last.withLock { $0 } ?? .done(outcome.answer), base: outcome.base, commit: outcome.commit,
                attempts: outcome.attempts, isDryRun: false)
        }
    }

    /// A refusal becomes an error of the command line.
    func refusing<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let refusal as Refusal {
            throw explained(refusal)
        }
    }

    /// The refusal in the words and with the exit code of the command line; its diagnostics are printed.
    private func explained(_ refusal: Refusal) -> CommandError {
        if !refusal.diagnostics.isEmpty {
            let report = DiagnosticReport(
                refusal.diagnostics,
                snapshot: SourceSnapshot(commit: nil, root: root, files: [:]))
            invocation.console.complain(report.text(invocation.console.style(.error)))
        }
        return CommandError(refusal)
    }
}

/// What a change came to, on the command line.
struct ChangeResult<Answer: Sendable>: Sendable {
    let step: ChangeStep<Answer>
    let base: BranchHead
    /// Nil on a dry run, and when nothing had to be committed.
    let commit: CommitID?
    let attempts: Int
    let isDryRun: Bool

    var answer: Answer { step.answer }
    /// What is, or would be, committed.
    var change: Change? {
        if case .commit(let change, _) = step { change } else { nil }
    }
}

extension CommandError {
    init(_ refusal: Refusal) {
        let exit: ExitCode =
            switch refusal.code {
            case .usage: .usage
            case .conflict, .held, .contended: .conflict
            case .notFound: .notFound
            case .invalid: .no
            case .unwritable: .notPermitted
            }
        self.init(exit, refusal.message, hint: refusal.hint)
    }
}

// MARK: Identity

/// Who commits, as git finds it: `--author`, then `GIT_AUTHOR_NAME` and its like, then git's configuration, then the
/// user of this machine.
func identities(_ invocation: Invocation) -> (author: CommitIdentity, committer: CommitIdentity) {
    let console = invocation.console
    let git = GitProgram(console)
    func identity(_ role: String) -> CommitIdentity {
        let user = console.variable("USER") ?? console.variable("LOGNAME") ?? "kubernaut"
        let name = console.variable("GIT_\(role)_NAME") ?? git.setting("user.name") ?? user
        let email =
            console.variable("GIT_\(role)_EMAIL") ?? console.variable("EMAIL") ?? git.setting("user.email")
            ?? "\(user)@localhost"
        return CommitIdentity(name: name, email: email)
    }
    let committer = identity("COMMITTER")
    guard let text = invocation.text("author"), let named = CommitIdentity(text) else {
        return (identity("AUTHOR"), committer)
    }
    return (named, committer)
}

extension CommitIdentity {
    /// `Kim Doe <kim@example.org>`; nil for anything else.
    init?(_ text: String) {
        guard let open = text.lastIndex(of: "<"), text.last == ">" else { return nil }
        let name = text[..<open].split(separator: " ").joined(separator: " ")
        let email = text[text.index(after: open)...].dropLast()
        guard !name.isEmpty, !email.isEmpty, !text.contains(where: \.isNewline), !email.contains("<") else {
            return nil
        }
        self.init(name: name, email: String(email))
    }
}
