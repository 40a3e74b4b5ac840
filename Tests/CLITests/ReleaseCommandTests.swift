// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Platform
import TestKit
import Testing

@testable import CLI

/// `release`, `rollback`, `hold`, `resume` and `history` on a real bare repository, with git as the observer.
@Suite(.timeLimit(.minutes(1))) struct ReleaseCommandTests {
    private let remote: ConfigRemote

    init() throws { remote = try ConfigRemote() }

    private func run(_ words: [String], environment: [String: String] = [:]) async -> CapturedRun {
        await CapturedRun.of(
            words + ["--repo", remote.path], environment: ConfigRemote.environment.merging(environment) { $1 })
    }

    private func release(
        _ service: String, _ version: String, _ more: [String] = [], environment: [String: String] = [:]
    ) async -> CapturedRun {
        let image = "registry.example.com/\(service):\(version)"
        return await run(
            ["release", service, "--image", image, "--version", version] + more, environment: environment)
    }

    private func count(_ branch: String = "dev") throws -> Int {
        Int(try remote.bare.git("rev-list", "--count", branch)) ?? -1
    }

    @Test("a release is one commit by its author with trailers; said again it is none; another image is refused")
    func records() async throws {
        let before = try count()
        let first = await release("cart", "1.1.0", ["--note", "faster"])
        #expect(first.code == 0, "\(first.error)")
        let head = try remote.bare.git("rev-parse", "--short=7", "dev")
        #expect(first.output == "cart 1.1.0 is recorded in dev (it was 1.0.0): commit \(head) on dev\n")
        #expect(try count() == before + 1)
        #expect(
            try remote.bare.git("log", "-1", "--format=%an <%ae> %s", "dev")
                == "Ann <ann@example.org> Release cart 1.1.0")
        let trailers = try remote.bare.git("log", "-1", "--format=%(trailers:unfold)", "dev")
        #expect(trailers.contains("Kubernaut-Action: release\nKubernaut-Service: cart\nKubernaut-Version: 1.1.0\n"))
        #expect(trailers.contains("Kubernaut-Reason: faster"))
        #expect(try remote.bare.git("diff", "--name-only", "dev~1", "dev") == "environments/releases/cart.yaml")
        let again = await release("cart", "1.1.0", ["-o", "json"])
        #expect(again.code == 0)
        #expect(try parseJSON(Array(again.output.utf8))["result"] == "already-recorded")
        let other = await run(["release", "cart", "--image", "registry.example.com/other:1.1.0", "--version", "1.1.0"])
        #expect(other.code == 3)
        #expect(other.error.contains("another image: registry.example.com/cart:1.1.0"))
        #expect(try count() == before + 1)
        try remote.bare.git("fsck", "--strict")
    }

    @Test("an older release is skipped when only newer ones are wanted, and says why")
    func onlyIfNewer() async throws {
        let before = try count()
        let old = await release("cart", "0.9.0", ["--only-if-newer"])
        #expect(old.code == 0)
        #expect(old.output.hasPrefix("skipped: 1.0.0 in dev is not older than 0.9.0"))
        #expect(await release("cart", "9f2ab11", ["--only-if-newer"]).code == 3)
        #expect(try count() == before)
        #expect(await release("cart", "1.0.1", ["--only-if-newer"]).code == 0)
        // Without the flag somebody's word is an order.
        #expect(await release("cart", "0.9.0").code == 0)
        #expect(try count() == before + 2)
    }

    @Test("source commits in the clone around decide before versions do")
    func ancestry() async throws {
        let application = try GitRepositoryFixture()
        let first = try application.commit(["a": "1"], "First")
        let second = try application.commit(["a": "2"], "Mend rounding")
        func release(_ version: String, _ commit: CommitID) async -> CapturedRun {
            await CapturedRun.of(
                [
                    "release", "cart", "--image", "cart:\(version)", "--version", version, "--commit", commit.hex,
                    "--only-if-newer", "--repo", remote.path,
                ], environment: ConfigRemote.environment, folder: application.path)
        }
        #expect(await release("2.0.0", second).code == 0)
        let record = try #require(remote.text("releases/cart.yaml"))
        #expect(record.contains("message: Mend rounding\n  author: Kim"))
        let older = await release("3.0.0", first)
        #expect(older.code == 0 && older.output.contains("comes before"), "\(older.output)\(older.error)")
        #expect(remote.text("releases/cart.yaml") == record)
    }

    @Test("an unknown service is refused with near names; a template or --new makes it one")
    func unknown() async throws {
        let typo = await release("crat", "1.0.0")
        #expect(typo.code == 5)
        #expect(typo.error.contains("did you mean \"cart\"?"))
        #expect(await release("fresh", "1.0.0", ["--new"]).code == 0)
        let folder = try TemporaryFolder()
        let manifest = "\(folder.path)/kubernetes.yaml"
        try Files.write(Array("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n".utf8), to: manifest)
        #expect(await release("own", "1.0.0", ["--manifest", manifest]).code == 0)
        #expect(remote.text("templates/own.yaml")?.hasPrefix("apiVersion") == true)
    }

    @Test("a release that does not render is shown with its place and not pushed, unless told to")
    func broken() async throws {
        let before = try count()
        let folder = try TemporaryFolder()
        let manifest = "\(folder.path)/kubernetes.yaml"
        try Files.write(Array("apiVersion: v1\nkind: {{nothing}}\nmetadata: {name: own}\n".utf8), to: manifest)
        let refused = await release("cart", "1.1.0", ["--manifest", manifest])
        #expect(refused.code == 1)
        #expect(refused.error.contains("environments/templates/cart.yaml:2:7"))
        #expect(try count() == before)
        #expect(await release("cart", "1.1.0", ["--manifest", manifest, "--no-validate"]).code == 0)
    }

    @Test("a pipeline's variables fill the record; the build of a pull request is refused")
    func pipelines() async throws {
        let jenkins = [
            "JENKINS_URL": "https://ci.example.com/", "BUILD_NUMBER": "812", "JOB_NAME": "cart/main",
            "GIT_COMMIT": "9f2ab11", "GIT_BRANCH": "origin/main",
        ]
        let refused = await release("cart", "1.1.0", environment: jenkins.merging(["CHANGE_ID": "17"]) { $1 })
        #expect(refused.code == 3)
        let allowed = await release("cart", "1.1.0", environment: jenkins)
        #expect(allowed.code == 0)
        #expect(allowed.error.contains("taken from Jenkins: build.number (BUILD_NUMBER), build.job (JOB_NAME)"))
        #expect(try #require(remote.text("releases/cart.yaml")).contains("number: 812\n  job: cart/main"))
    }

    @Test("a dry run shows the commit and pushes nothing")
    func dryRun() async throws {
        let before = try count()
        let dry = await release("cart", "1.1.0", ["--dry-run"])
        #expect(dry.code == 0)
        #expect(dry.output.contains("    Release cart 1.1.0\n"))
        #expect(dry.output.contains("-version: 1.0.0\n") && dry.output.contains("+version: 1.1.0\n"))
        #expect(try count() == before)
    }

    @Test("what a hook of the server says is shown, and nothing is said to have worked")
    func hook() async throws {
        try remote.bare.write("#!/bin/sh\necho 'only on weekdays' >&2\nexit 1\n", to: "hooks/pre-receive")
        try remote.bare.git("config", "core.hooksPath", "\(remote.path)/hooks")
        try runCommand(["chmod", "+x", "\(remote.path)/hooks/pre-receive"])
        let refused = await release("cart", "1.1.0")
        #expect(refused.code != 0 && refused.output.isEmpty)
        #expect(refused.error.contains("only on weekdays"))
    }

    @Test(
        "wrong words end with 64 before anything is fetched",
        arguments: [
            ["release", "cart", "--version", "1"], ["release", "Cart", "--image", "x:1"],
            ["release", "cart", "--image", "No Image", "--version", "1"], ["release", "cart", "--image", "cart"],
            ["release", "cart", "--image", "x:1", "--value", "image=2"],
            ["release", "cart", "--image", "x:1", "--value", "a=1", "--value", "a.b=2"],
            ["release", "cart", "--image", "x:1", "--server", "https://k.example.com"],
            ["rollback", "cart", "--env", "dev"], ["hold", "--env", "dev", "--reason", "x"],
            ["hold", "--env", "dev", "--reason", "x", "--all", "--service", "cart"],
            ["rollback", "cart", "--env", "dev", "--reason", "x", "--hold", "--no-hold"],
        ])
    func usage(words: [String]) async { #expect(await run(words).code == 64) }

    // MARK: Rollback

    @Test("a rollback restores the record byte for byte, holds it, and releases are refused until someone resumes")
    func rollback() async throws {
        let first = try #require(remote.text("releases/cart.yaml"))
        #expect(await release("cart", "1.1.0").code == 0)
        let back = await run(["rollback", "cart", "--env", "dev", "--reason", "5xx since noon"])
        #expect(back.code == 0, "\(back.error)")
        #expect(back.output.hasPrefix("cart is back at 1.0.0 and held in dev: commit "))
        #expect(remote.text("releases/cart.yaml") == first)
        #expect(remote.text("dev/holds/cart.yaml")?.hasPrefix("by: Ann\nreason: 5xx since noon\n") == true)
        let commits = try count()
        #expect(
            await run(["rollback", "cart", "--env", "dev", "--to", "1.0.0", "--reason", "5xx since noon"]).code == 0)
        #expect(try count() == commits)
        let held = await release("cart", "1.2.0")
        #expect(held.code == 3)
        #expect(held.error.contains("held by Ann: 5xx since noon"))
        #expect(await run(["resume", "--env", "dev", "--service", "cart"]).code == 0)
        #expect(await release("cart", "1.2.0").code == 0)
        let unknown = await run(["rollback", "cart", "--env", "dev", "--to", "1.3.0", "--reason", "x"])
        #expect(unknown.code == 5)
        #expect(unknown.error.contains("known are 1.2.0, 1.0.0, 1.1.0"), "\(unknown.error)")
    }

    @Test("with its configuration, the service's own files are as they were then, shared ones as they are")
    func withConfig() async throws {
        try remote.commit(
            [
                "environments/services/cart.yaml": "team: shop\nvalues: {color: red}\n",
                "environments/templates/cart.yaml": ConfigRemote.template + "  more: yes\n",
                "environments/defaults.yaml": "color: blue\n",
            ])
        #expect(await release("cart", "1.1.0").code == 0)
        let flags = ["--env", "dev", "--reason", "x", "--no-hold"]
        let dry = await run(["rollback", "cart", "--with-config", "--dry-run"] + flags)
        #expect(dry.output.contains("-values: {color: red}"))
        #expect(await run(["rollback", "cart", "--with-config"] + flags).code == 0)
        #expect(remote.text("services/cart.yaml") == "team: shop")
        #expect(remote.text("templates/cart.yaml") == nil)
        #expect(remote.text("defaults.yaml") == "color: blue")
        #expect(remote.text("dev/holds/cart.yaml") == nil)
    }

    // MARK: Holds

    @Test("services, teams and environments are held and resumed, each once")
    func holds() async throws {
        let team = await run([
            "hold", "--env", "staging", "--team", "shop", "--reason", "freeze", "--until", "2d", "--yes",
        ])
        #expect(team.code == 0, "\(team.error)")
        #expect(remote.text("staging/holds/mail.yaml", on: "staging")?.contains("reason: freeze") == true)
        let commits = try count("staging")
        #expect(await run(["hold", "--env", "staging", "--all", "--reason", "freeze"]).code == 64)
        #expect(await run(["hold", "--env", "staging", "--all", "--reason", "freeze", "--yes"]).code == 0)
        let again = await run(["hold", "--env", "staging", "--all", "--reason", "freeze", "--yes", "-o", "json"])
        #expect(try parseJSON(Array(again.output.utf8))["items"]?.list?.first?["result"] == "alreadyHeld")
        #expect(try count("staging") == commits + 1)
        #expect(await run(["resume", "--env", "staging", "--team", "shop", "--yes"]).code == 0)
        #expect(remote.text("staging/holds/mail.yaml", on: "staging") == nil)
        let nothing = await run(["resume", "--env", "staging", "--service", "mail"])
        #expect(nothing.code == 0 && nothing.output == "mail is not held in staging\n")
        let typo = await run(["hold", "--env", "staging", "--service", "crat", "--reason", "x"])
        #expect(typo.code == 5 && typo.error.contains("did you mean \"cart\"?"))
        let stranger = await run(["hold", "--env", "staging", "--team", "shopp", "--reason", "x", "--yes"])
        #expect(stranger.code == 5 && stranger.error.contains("did you mean \"shop\"?"))
        #expect(await run(["hold", "--env", "prod", "--all", "--reason", "x"]).code == 5)
    }

    // MARK: History

    @Test("history tells releases, rollbacks, merges and edits apart, with who and why")
    func history() async throws {
        #expect(await release("cart", "1.1.0", ["--by", "jenkins", "--note", "faster"]).code == 0)
        #expect(
            await run(["rollback", "cart", "--env", "dev", "--no-hold", "--reason", "5xx"]).code == 0)
        try remote.commit(["environments/releases/cart.yaml": ConfigRemote.record("cart", "1.2.0")], "By hand")
        let answer = await run(["history", "cart", "--env", "dev", "-o", "json"])
        #expect(answer.code == 0, "\(answer.error)")
        let items = try parseJSON(Array(answer.output.utf8))["items"]?.list ?? []
        #expect(items.map { $0["version"]?.string } == ["1.2.0", "1.0.0", "1.1.0", "1.0.0"])
        #expect(items.map { $0["action"]?.string } == ["edit", "rollback", "release", "edit"])
        #expect(items.map { $0["actor"]?.string } == [nil, "Ann", "jenkins", nil])
        #expect(items.map { $0["reason"]?.string } == [nil, "5xx", "faster", nil])
        let limited = await run(["history", "cart", "--limit", "1"])
        #expect(limited.output.split(separator: "\n").count == 3)
        let remoteRead = await CapturedRun.of(
            ["history", "cart", "--repo", "file://\(remote.path)", "--env", "dev", "--no-headers"],
            environment: ConfigRemote.environment)
        #expect(remoteRead.output.split(separator: "\n").count == 4, "\(remoteRead.error)")
        let unknown = await run(["history", "crat"])
        #expect(unknown.code == 5 && unknown.error.contains("did you mean \"cart\"?"))
    }
}

/// The client half of a release through a running kubernaut.
@Suite(.timeLimit(.minutes(1))) struct ReleasePostTests {
    private func run(_ words: [String], environment: [String: String] = [:]) async throws -> CapturedRun {
        let folder = try TemporaryFolder()
        try Files.write(Array("kind: X\n".utf8), to: "\(folder.path)/kubernetes.yaml")
        return await CapturedRun.of(
            ["release", "--manifest", "./kubernetes.yaml", "--image", "registry.example.com/app:23"] + words,
            environment: environment, folder: folder.path)
    }

    @Test("the old spelling posts template, service, version and image as a form, with the key of the environment")
    func posts() async throws {
        let server = try ScriptedServer { _ in [.answer(200, #"{"id":"f4c5"}"#)] }
        let done = try await run(
            ["--server", server.url, "--value", "replicas=3"],
            environment: ["KUBERNAUT_TOKEN": "kn_1", "GIT_AUTHOR_NAME": "Ann"])
        #expect(done.code == 0, "\(done.error)")
        #expect(done.output == "app 23 is recorded by \(server.url): f4c5\n")
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.target == "/api/releases")
        #expect(request.headers["authorization"] == "Bearer kn_1")
        let type = try #require(request.headers["content-type"])
        let boundary = try #require(type.split(separator: "=").last)
        #expect(type.hasPrefix("multipart/form-data; boundary="))
        func part(_ name: String, _ value: String, _ more: String = "") -> String {
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\(more)\r\n\r\n\(value)\r\n"
        }
        let file = "; filename=\"kubernetes.yaml\"\r\nContent-Type: application/yaml"
        #expect(
            request.text == part("service", "app") + part("version", "23")
                + part("image", "registry.example.com/app:23") + part("replicas", "3")
                + part("releasedBy", "Ann") + part("template", "kind: X\n", file) + "--\(boundary)--\r\n")
    }

    static let answers: [(status: Int, body: String, exit: Int32, text: String)] = [
        (400, #"{"message":"service is required"}"#, 2, "service is required"),
        (401, #"{"title":"Unauthorized","detail":"the key has expired"}"#, 4, "the key has expired"),
        (403, "{}", 4, "answered 403"), (404, "{}", 5, "answered 404"),
        (409, #"{"detail":"1.0 is recorded with another image","hint":"use a new version"}"#, 3, "use a new version"),
        (422, #"{"detail":"it does not render"}"#, 1, "it does not render"), (429, "{}", 7, "429"),
        (503, "{}", 7, "503"), (500, "{}", 7, "500"), (302, "{}", 2, "redirects are not followed"),
        (200, "<html>", 2, "without an id"),
    ]

    @Test("what the server says is shown, and no failure ends with 0", arguments: answers)
    func failures(answer: (status: Int, body: String, exit: Int32, text: String)) async throws {
        let server = try ScriptedServer { _ in [.answer(answer.status, answer.body)] }
        let result = try await run(["--server", server.url])
        #expect(result.code == answer.exit, "\(result.error)")
        #expect(result.error.contains(answer.text), "\(result.error)")
        #expect(result.output.isEmpty)
    }

    @Test("no server is worth a second try; a token does not go over plain http to another machine")
    func unsent() async throws {
        #expect(try await run(["--server", "http://127.0.0.1:1"]).code == 7)
        let clear = try await run(["--server", "http://k.example.com"], environment: ["KUBERNAUT_TOKEN": "kn_1"])
        #expect(clear.code == 64)
        #expect(!clear.error.contains("kn_1"))
    }
}

@Suite struct WaitTests {
    private func status(
        _ verdict: String, version: String = "1.1.0", applied: Bool = true, problem: Value = .null
    ) -> Value {
        let head = String(repeating: "a", count: 40)
        return [
            "ready": true,
            "environments": [
                [
                    "name": "dev", "head": ["id": .string(head)],
                    "appliedCommit": .string(applied ? head : String(repeating: "b", count: 40)),
                    "clusterProblem": problem,
                    "services": [
                        [
                            "name": "cart", "verdict": .string(verdict), "reason": "why",
                            "release": ["version": .string(version)],
                        ]
                    ],
                ]
            ],
        ]
    }

    enum Expected: Sendable { case reached, pending, doubtful, bad }

    static let cases: [(verdict: String, version: String, wantsHealth: Bool, expected: Expected)] = [
        ("healthy", "1.1.0", true, .reached), ("held", "1.1.0", true, .reached),
        ("healthy", "1.0.0", true, .pending), ("rolling-out", "1.1.0", true, .pending),
        ("rolling-out", "1.1.0", false, .reached), ("waiting", "1.1.0", false, .pending),
        ("failed", "1.1.0", false, .bad), ("failed", "1.0.0", false, .pending), ("stuck", "1.1.0", true, .bad),
        ("unhealthy", "1.1.0", true, .doubtful), ("unhealthy", "1.1.0", false, .reached),
        ("unknown", "1.1.0", true, .pending),
    ]

    @Test("a version is waited for until the daemon has it and its verdict is the wanted one", arguments: cases)
    func version(example: (verdict: String, version: String, wantsHealth: Bool, expected: Expected)) throws {
        let goal = WaitGoal(
            environment: "dev", services: ["cart"], version: "1.1.0", wantsHealth: example.wantsHealth)
        #expect(kind(try goal.state(in: status(example.verdict, version: example.version))) == example.expected)
    }

    @Test("an environment is there when its newest commit is applied and every service is")
    func whole() throws {
        let goal = WaitGoal(environment: "dev", services: [], version: nil, wantsHealth: true)
        #expect(kind(try goal.state(in: status("healthy"))) == .reached)
        #expect(kind(try goal.state(in: status("healthy", applied: false))) == .pending)
        #expect(kind(try goal.state(in: status("failed", applied: false))) == .bad)
        #expect(kind(try goal.state(in: status("healthy", problem: "no route"))) == .doubtful)
        let other = WaitGoal(environment: "prod", services: [], version: nil, wantsHealth: true)
        #expect(throws: CommandError.self) { try other.state(in: status("healthy")) }
    }

    private func kind(_ state: WaitGoal.State) -> Expected {
        switch state {
        case .reached: .reached
        case .pending: .pending
        case .doubtful: .doubtful
        case .bad: .bad
        }
    }

    @Test("waiting ends with 0 at a daemon that says so, and with 6 when the time is over")
    func command() async throws {
        let text = String(decoding: status("healthy").json(), as: UTF8.self)
        let server = try ScriptedServer { _ in [.answer(200, text)] }
        let words = ["wait", "--env", "dev", "--service", "cart", "--server", server.url]
        let done = await CapturedRun.of(words + ["--version", "1.1.0"])
        #expect(done.code == 0 && done.output == "cart 1.1.0 is healthy in dev\n", "\(done.error)")
        let late = await CapturedRun.of(words + ["--version", "1.2.0", "--timeout", "1s"])
        #expect(late.code == 6 && late.error.contains("the daemon has cart 1.1.0, not yet 1.2.0"))
    }
}
