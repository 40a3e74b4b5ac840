// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import GitSource
import Lifecycle
import Logging
import Platform
import Render
import TestKit

/// Four environments in a real repository, changed both through a mirror and by git itself.
final class PromotionWorld: Sendable {
    static let names = ["dev", "test", "staging", "production"]
    static let services = ["cart", "jobs", "mail"]

    let git: GitRepositoryFixture
    let mirror: GitMirror
    let pipeline: Pipeline
    private let folder: TemporaryFolder
    private let seconds = Lock<Int64>(1_700_000_000)
    /// Where branches stand, as far as this world has seen; fetching costs a process each time.
    private let heads = Lock<[String: CommitID]>([:])
    private let person = CommitIdentity(name: "Kim", email: "kim@example.org")

    init(files: [String: String] = [:]) throws {
        git = try GitRepositoryFixture()
        folder = try TemporaryFolder("mirror")
        mirror = try GitMirror(
            of: GitRemote(try RepositoryURL(git.path)), in: "\(folder.path)/mirror", logger: .silent)
        pipeline = Pipeline(environments: Self.names.compactMap { Name($0).map { Environment(name: $0) } })
        var start = Self.skeleton
        for (path, text) in files { start["environments/\(path)"] = text }
        for (path, text) in start { try git.write(text, to: path) }
        try self.run("add", "--all")
        try self.run("commit", "--quiet", "--message", "Start")
        for name in Self.names { try self.run("branch", name) }
        try self.run("checkout", "--quiet", "--detach")
    }

    private static var skeleton: [String: String] {
        var files = [
            "environments/kubernaut.yaml": "environments: [\(names.joined(separator: ", "))]\n",
            "environments/defaults.yaml": "replicas: 1\nlevel: info\n\n\n\nport: 80\n",
            "environments/templates/default.yaml": template, "README.md": "shop\n",
        ]
        for name in names { files["environments/\(name)/defaults.yaml"] = "domain: \(name).example.org\n" }
        return files
    }

    private static let template = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "{{service}}", annotations: {domain: "{{domain}}"}}
        spec:
          replicas: {{replicas}}
          selector: {matchLabels: {app: "{{service}}"}}
          template:
            metadata: {labels: {app: "{{service}}"}}
            spec:
              containers:
              - name: main
                image: {{image}}
                args: [--level, "{{level}}"]

        """

    // MARK: Time and git

    /// Every commit is a second later than the one before, so that "newest first" is no matter of luck.
    func tick() -> Instant {
        Instant(
            seconds: seconds.withLock {
                $0 += 1
                return $0
            })
    }

    var now: Instant { Instant(seconds: seconds.withLock { $0 }) }

    @discardableResult
    func run(_ arguments: String...) throws -> String { try run(arguments) }

    @discardableResult
    func run(_ arguments: [String]) throws -> String {
        let date = "\(tick().description)"
        var environment = GitRepositoryFixture.environment
        environment["GIT_AUTHOR_DATE"] = date
        environment["GIT_COMMITTER_DATE"] = date
        return try runCommand(["git"] + arguments, environment: environment, folder: git.path)
    }

    /// Works on a branch with git itself; when something fails, the branch stays as it was.
    ///
    /// - Returns: Whether it worked.
    func onBranch(_ branch: String, _ work: () throws -> Void) throws -> Bool {
        try run("checkout", "--quiet", "--force", "--detach", branch)
        do {
            try work()
        } catch is CommandFailure {
            for undo in ["merge", "revert"] { _ = try? run(undo, "--abort") }
            try run("reset", "--quiet", "--hard")
            return false
        }
        try run("update-ref", "refs/heads/\(branch)", "HEAD")
        heads.withLock { $0 = [:] }
        return true
    }

    func head(of branch: String) async throws -> BranchHead {
        if let known = heads.withLock({ $0[branch] }) { return BranchHead(branch: branch, commit: known) }
        let found = try await mirror.fetch()
        heads.withLock { $0 = found }
        guard let commit = found[branch] else { throw CommandFailure(description: "no branch \(branch)") }
        return BranchHead(branch: branch, commit: commit)
    }

    // MARK: Changes through the mirror

    func environment(_ name: String) throws -> Environment {
        guard let environment = pipeline.environments.first(where: { $0.name.text == name }) else {
            throw CommandFailure(description: "no environment \(name)")
        }
        return environment
    }

    @discardableResult
    func commit(_ edits: [String: String?], to branch: String, _ message: String = "Change files") async throws
        -> CommitID
    {
        let head = try await head(of: branch)
        let bytes = edits.mapValues { text -> [UInt8]? in text.map { Array($0.utf8) } }
        let tree = try await mirror.tree(of: head.commit, changing: bytes)
        let draft = CommitDraft(
            tree: tree, parents: [head.commit], author: person, committer: person, date: tick(), message: message)
        let commit = try await mirror.make(draft)
        try await mirror.push(commit, to: branch, expecting: head.commit)
        heads.withLock { $0[branch] = commit }
        return commit
    }

    static func record(_ service: String, _ version: String) -> String {
        "service: \(service)\nversion: \"\(version)\"\nimage: registry.example.org/\(service):\(version)\n"
    }

    static func path(_ service: String) -> String { "releases/\(service).yaml" }

    func release(_ service: String, _ version: String, in branch: String = "dev") async throws {
        try await commit(
            [Self.path(service): Self.record(service, version)], to: branch, "Release \(service) \(version)")
    }

    func hold(_ service: String, in branch: String) async throws {
        try await commit(["\(branch)/holds/\(service).yaml": "by: Ann\nreason: leak\n"], to: branch, "Hold \(service)")
    }

    func snapshot(_ branch: String) async throws -> SourceSnapshot {
        try await mirror.snapshot(at: try await head(of: branch).commit, reusing: nil)
    }

    /// What the record of a service says in a branch; nil when there is none.
    func record(_ service: String, in branch: String) async throws -> String? {
        try await snapshot(branch).files[Self.path(service)].map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    func version(_ service: String, in branch: String) async throws -> String? {
        try await snapshot(branch).files[Self.path(service)].flatMap {
            Renderer.release($0.bytes, path: Self.path(service)).content?.version
        }
    }

    // MARK: Promotion

    func request(_ from: String, _ to: String, _ services: [String]? = nil) throws -> PromotionRequest {
        PromotionRequest(
            from: try environment(from), to: try environment(to),
            services: services.map { Set($0.compactMap { Name($0) }) })
    }

    var planner: PromotionPlanner { PromotionPlanner(mirror, renderer: Renderer(), now: now) }

    func preview(_ from: String, _ to: String, _ services: [String]? = nil) async throws -> PromotionPreview {
        let (source, target) = (try await head(of: from), try await head(of: to))
        let plan = try await planner.plan(
            try request(from, to, services), from: source.commit, to: target.commit)
        return PromotionPreview(plan, renderer: Renderer())
    }

    /// - Returns: The preview, and the commit; nil when there was nothing to promote.
    @discardableResult
    func promote(_ from: String, _ to: String, _ services: [String]? = nil, expecting: PromotionExpectation? = nil)
        async throws -> (preview: PromotionPreview, commit: CommitID?)
    {
        let request = try request(from, to, services)
        let date = tick()
        let loop = ChangeLoop(
            mirror, author: person, committer: person, patience: .system(timeout: .seconds(30)), now: { date })
        let outcome = try await loop.run(on: to) { [planner] head in
            try await planner.step(request, on: head, expecting: expecting, reason: "because", actor: nil)
        }
        if let commit = outcome.commit { heads.withLock { $0[to] = commit } }
        return (outcome.answer, outcome.commit)
    }
}
