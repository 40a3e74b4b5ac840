// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import Testing

private let now = Instant(seconds: 1_787_000_000)

@Suite struct RollbackTests {
    private let cart: Name
    private let staging: Environment

    init() throws {
        cart = try #require(Name("cart"))
        staging = Environment(name: try #require(Name("staging")))
    }

    private func file(_ text: String) -> SourceFile { SourceFile(blob: text, bytes: Array(text.utf8)) }
    private func text(_ version: String) -> String {
        "service: cart\nversion: \(version)\nimage: cart:\(version) # kept\n"
    }

    /// - Parameter versions: As they came, oldest first; nil removed the record, `?` made it unreadable.
    private func trail(_ versions: [String?]) throws -> ReleaseTrail {
        let steps = try versions.enumerated().map { index, version in
            let digits = String(index + 1, radix: 16)
            let id = try #require(CommitID(String(repeating: "0", count: 40 - digits.count) + digits))
            let commit = Commit(
                id: id, author: "Kim", email: "", date: Instant(seconds: Int64(index)), subject: "step \(index)")
            let content = version.map { $0 == "?" ? file("<<<<") : file(text($0)) }
            return HistoryStep(commit: commit, changes: ["releases/cart.yaml": content])
        }
        return ReleaseTrail(of: cart, steps.reversed())
    }

    private func request(
        _ target: RollbackRequest.Target, holds: Bool = true, until: Instant? = nil
    ) -> RollbackRequest {
        RollbackRequest(
            service: cart, target: target, reason: "5xx since noon", actor: "Ann", holds: holds, until: until)
    }

    static let before: [(history: [String?], previous: String?)] = [
        (["1", "2", "3"], "2"),
        // A second rollback goes on back, not forth to what was left.
        (["1", "2", "3", "2"], "1"),
        // Promoted once more after the rollback: the one before is what it was.
        (["1", "2", "3", "2", "3"], "2"),
        (["1", "2", "2", "3"], "2"),
        (["1"], nil),
        (["1", "2", nil], "2"),
        (["1", "?", "2"], "1"),
        (["1", "3", "2", "4"], "2"),
    ]

    @Test("the release before is the one that the current one replaced", arguments: before)
    func previous(example: (history: [String?], previous: String?)) throws {
        let trail = try trail(example.history)
        let current = try example.history.last.flatMap { $0 }.map { version in
            ReleaseRecord(service: try #require(Name("cart")), version: version, image: "x")
        }
        let change = RollbackChange(request(.previous), in: staging)
        guard let wanted = example.previous else {
            let refusal = #expect(throws: Refusal.self) { try change.target(in: trail, current: current) }
            #expect(refusal?.code == .notFound)
            return
        }
        #expect(try change.target(in: trail, current: current).record.version == wanted)
    }

    @Test("a version that never ran here is refused with those that did")
    func unknown() throws {
        let change = RollbackChange(request(.version("1.42.1")), in: staging)
        let refusal = try #require(
            throws: Refusal.self, performing: { try change.target(in: trail(["1.41.0", "1.42.0"]), current: nil) })
        #expect(refusal.code == .notFound)
        #expect(refusal.hint == "did you mean \"1.42.0\" or \"1.41.0\"?; known are 1.42.0, 1.41.0")
        #expect(throws: Refusal.self) { try change.target(in: trail([]), current: nil) }
    }

    @Test("the record comes back byte for byte, with a hold and the reason, in one commit")
    func restores() throws {
        let change = RollbackChange(request(.version("2")), in: staging)
        let target = try change.target(in: trail(["1", "2", "3"]), current: nil)
        let files = ["releases/cart.yaml": file(text("3"))]
        guard case .commit(let commit, let answer) = try change.step(to: target, files: files, now: now),
            case .edits(let edits) = commit.content
        else { throw Unexpected("no commit") }
        #expect(answer.from?.version == "3" && answer.changesRecord)
        #expect(edits["releases/cart.yaml"] == Array(text("2").utf8))
        let hold = String(decoding: try #require(edits["staging/holds/cart.yaml"] ?? nil), as: UTF8.self)
        #expect(hold == "by: Ann\nreason: 5xx since noon\nsince: \(now)\n")
        #expect(commit.subject == "Roll back cart to 2 in staging")
        let trailers = commit.trailers.map { "\($0.key)=\($0.value)" }
        #expect(
            trailers == [
                "Kubernaut-Action=rollback", "Kubernaut-Service=cart", "Kubernaut-Version=2",
                "Kubernaut-Environment=staging", "Kubernaut-From=3", "Kubernaut-To=2", "Kubernaut-Actor=Ann",
                "Kubernaut-Reason=5xx since noon",
            ])
    }

    @Test("said twice it is done once; without a hold only the record changes")
    func idempotent() throws {
        let change = RollbackChange(request(.version("2")), in: staging)
        let target = try change.target(in: trail(["1", "2", "3"]), current: nil)
        guard
            case .commit(let commit, _) = try change.step(
                to: target, files: ["releases/cart.yaml": file(text("3"))], now: now),
            case .edits(let edits) = commit.content
        else { throw Unexpected("no commit") }
        let after = edits.compactMapValues { $0.map { SourceFile(blob: "\($0)", bytes: $0) } }
            .merging(["releases/cart.yaml": file(text("2"))]) { $1 }
        guard case .done = try change.step(to: target, files: after, now: now.adding(.seconds(60))) else {
            throw Unexpected("again")
        }
        let bare = RollbackChange(request(.version("2"), holds: false), in: staging)
        guard
            case .commit(let only, _) = try bare.step(
                to: target, files: ["releases/cart.yaml": file(text("3"))], now: now),
            case .edits(let record) = only.content
        else { throw Unexpected("no commit") }
        #expect(Array(record.keys) == ["releases/cart.yaml"])
    }

    @Test("a hold that would be over before it begins is refused")
    func until() throws {
        let change = RollbackChange(request(.version("1"), until: Instant(seconds: 1)), in: staging)
        let target = try change.target(in: trail(["1"]), current: nil)
        #expect(throws: Refusal.self) { try change.step(to: target, files: [:], now: now) }
    }
}

@Suite struct ServiceConfigurationTests {
    private func snapshot(_ files: [String: String]) -> SourceSnapshot {
        SourceSnapshot(
            commit: nil, root: "", files: files.mapValues { SourceFile(blob: $0, bytes: Array($0.utf8)) })
    }

    @Test("what is the service's own goes back; what is shared stays, and that is said")
    func own() throws {
        let cart = try #require(Name("cart"))
        let staging = try #require(Name("staging"))
        let then = snapshot([
            "services/cart.yaml": "values: {a: 1}\n", "templates/cart.yaml": "old", "defaults.yaml": "x: 1\n",
        ])
        var files = [
            "services/cart.yaml": "values: {a: 2}\n", "templates/cart.yaml": "new", "defaults.yaml": "x: 2\n",
            "staging/services/cart.yaml": "a: 3\n", "dev/services/cart.yaml": "a: 4\n",
            "services/mail.yaml": "team: x\n",
        ]
        let restored = ServiceConfiguration(cart, in: staging).edits(from: snapshot(files), to: then)
        let wanted: FileEdits = [
            "services/cart.yaml": Array("values: {a: 1}\n".utf8), "templates/cart.yaml": Array("old".utf8),
            "staging/services/cart.yaml": nil,
        ]
        #expect(restored.edits == wanted && restored.notes.isEmpty)
        files["services/mail.yaml"] = "template: cart\n"
        let shared = ServiceConfiguration(cart, in: staging).edits(from: snapshot(files), to: then)
        #expect(shared.edits["templates/cart.yaml"] == nil)
        #expect(shared.notes == ["templates/cart.yaml stays as it is: mail uses it, too"])
    }
}

@Suite struct HoldTests {
    private let place: HoldPlace
    private let order = HoldOrder(by: "Ann", reason: "payment freeze", until: nil)

    init() throws {
        place = HoldPlace(.service(try #require(Name("cart"))), in: try #require(Name("staging")))
    }

    private func apply(_ step: ChangeStep<[HoldAnswer]>, _ files: inout [String: SourceFile]) -> Change? {
        guard case .commit(let change, _) = step, case .edits(let edits) = change.content else { return nil }
        for (path, bytes) in edits { files[path] = bytes.map { SourceFile(blob: "\($0)", bytes: $0) } }
        return change
    }

    @Test("holding twice and resuming twice each make one commit")
    func idempotent() throws {
        var files: [String: SourceFile] = [:]
        let held = apply(try HoldChange.hold([place], order, files: files, now: now), &files)
        #expect(held?.subject == "Hold cart in staging")
        #expect(place.hold(in: files)?.reason == "payment freeze")
        guard case .done(let again) = try HoldChange.hold([place], order, files: files, now: now) else {
            throw Unexpected("held twice")
        }
        #expect(again.map(\.result) == [.alreadyHeld])
        let resumed = apply(
            HoldChange.resume([place], by: "Ann", reason: nil, files: files, now: now), &files)
        #expect(resumed?.trailers.first?.value == "resume")
        #expect(files[place.path] == nil)
        guard case .done(let gone) = HoldChange.resume([place], by: "Ann", reason: nil, files: files, now: now) else {
            throw Unexpected("resumed twice")
        }
        #expect(gone.map(\.result) == [.notHeld])
    }

    @Test("a hold that has ended is held anew, and one with another reason says the new one")
    func renewed() throws {
        for old in ["reason: payment freeze\nuntil: 2020-01-01T00:00:00Z # over\n", "reason: other\nby: Kim\n"] {
            var files = [place.path: SourceFile(blob: old, bytes: Array(old.utf8))]
            let change = apply(try HoldChange.hold([place], order, files: files, now: now), &files)
            #expect(change != nil)
            let hold = try #require(place.hold(in: files))
            #expect(hold.isActive(at: now) && hold.reason == "payment freeze" && hold.by == "Ann")
        }
    }

    @Test("a team is held in one commit that names its services")
    func several() throws {
        var files: [String: SourceFile] = [:]
        let other = HoldPlace(.service(try #require(Name("mail"))), in: place.environment)
        let change = try #require(apply(try HoldChange.hold([place, other], order, files: files, now: now), &files))
        #expect(change.subject == "Hold 2 services in staging")
        #expect(change.trailers.filter { $0.key == "Kubernaut-Service" }.map(\.value) == ["cart", "mail"])
        let all = HoldPlace(.all, in: place.environment)
        let whole = apply(try HoldChange.hold([all], order, files: files, now: now), &files)
        #expect(whole?.subject == "Hold all of staging")
    }
}

@Suite struct ReleaseFactsTests {
    @Test("Jenkins' variables become the record's build and source, without credentials")
    func jenkins() {
        let facts = ReleaseFacts([
            "JENKINS_URL": "https://ci.example.com/", "BUILD_NUMBER": "812", "JOB_NAME": "cart/main",
            "BUILD_URL": "https://ci.example.com/job/cart/812/",
            "GIT_URL": "https://bot:s3cret@git.example.com/cart.git",
            "GIT_BRANCH": "origin/main", "GIT_COMMIT": "9f2ab11",
        ])
        #expect(facts.pipeline == .jenkins)
        #expect(facts[.sourceURL] == "https://git.example.com/cart.git")
        #expect(facts[.sourceBranch] == "main")
        #expect(facts[.buildNumber] == "812")
        #expect(facts[.releasedBy] == "jenkins cart/main")
        #expect(facts.pullRequest == nil)
        #expect(
            facts.sentence(about: [.buildNumber, .sourceCommit])
                == "taken from Jenkins: build.number (BUILD_NUMBER), source.commit (GIT_COMMIT)")
    }

    @Test("GitHub's and GitLab's variables are known, too")
    func others() {
        let github = ReleaseFacts([
            "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.example.com",
            "GITHUB_REPOSITORY": "acme/cart",
            "GITHUB_RUN_ID": "99", "GITHUB_RUN_NUMBER": "7", "GITHUB_WORKFLOW": "build", "GITHUB_SHA": "abc",
            "GITHUB_REF_NAME": "main", "GITHUB_REF_TYPE": "branch", "GITHUB_ACTOR": "kim", "GITHUB_EVENT_NAME": "push",
        ])
        #expect(github[.buildURL] == "https://github.example.com/acme/cart/actions/runs/99")
        #expect(github[.buildJob] == "acme/cart/build")
        #expect(github.pullRequest == nil)
        let gitlab = ReleaseFacts([
            "GITLAB_CI": "true", "CI_PIPELINE_IID": "5", "CI_PROJECT_PATH": "acme/cart", "CI_COMMIT_SHA": "abc",
            "CI_COMMIT_AUTHOR": "Kim <kim@example.org>", "CI_COMMIT_TITLE": "Fix\nit", "CI_COMMIT_BRANCH": "main",
        ])
        #expect(gitlab[.sourceAuthor] == "Kim")
        #expect(gitlab[.sourceMessage] == "Fix it")
        #expect(ReleaseFacts(["HOME": "/root"]).pipeline == nil)
    }

    static let pullRequests = [
        ["JENKINS_URL": "x", "CHANGE_ID": "17"],
        ["GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request_target"],
        ["GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "3"],
        ["GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "merge_request_event"],
    ]

    @Test("the build of a pull request is recognized", arguments: pullRequests)
    func pullRequest(environment: [String: String]) { #expect(ReleaseFacts(environment).pullRequest != nil) }
}
