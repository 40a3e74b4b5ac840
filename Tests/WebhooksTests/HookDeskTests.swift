// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Testing

@testable import Webhooks

/// What the desk has set in motion. Safe: guarded by its lock.
final class Recorder: @unchecked Sendable {
    private let lock = NSLock()
    private var fetched: [[String: CommitID]] = []
    private var people: [Int64?] = []

    var fetches: [[String: CommitID]] { lock.withLock { fetched } }
    var teams: [Int64?] { lock.withLock { people } }

    var actions: HookDesk.Actions {
        HookDesk.Actions(
            fetch: { commits in self.lock.withLock { self.fetched.append(commits) } },
            readTeams: { id in self.lock.withLock { self.people.append(id) } })
    }
}

@Suite struct HookDeskTests {
    private static let commit = String(repeating: "a", count: 40)

    private func desk(
        _ kind: Hook.Kind, _ recorder: Recorder, branches: Set<String> = ["dev", "prod"],
        repository: String? = "config",
        memory: DeliveryMemory = DeliveryMemory()
    ) throws -> HookDesk {
        HookDesk(
            [try Hook(kind)], followed: { HookDesk.Followed(branches: branches, repository: repository) },
            actions: recorder.actions, memory: memory)
    }

    private static func push(_ kind: Hook.Kind, _ branch: String, repository: String = "config") -> String {
        switch kind {
        case .github, .gitea:
            #"{"ref":"refs/heads/\#(branch)","after":"\#(commit)","repository":{"name":"\#(repository)"}}"#
        case .gitlab:
            #"{"object_kind":"push","ref":"refs/heads/\#(branch)","after":"\#(commit)","project":{"path_with_namespace":"acme/\#(repository)"}}"#
        case .bitbucket:
            #"{"push":{"changes":[{"new":{"type":"branch","name":"\#(branch)","target":{"hash":"\#(commit)"}}}]},"repository":{"full_name":"acme/\#(repository)"}}"#
        case .bitbucketServer:
            #"{"changes":[{"ref":{"id":"refs/heads/\#(branch)","type":"BRANCH"},"toHash":"\#(commit)","type":"UPDATE"}],"repository":{"slug":"\#(repository)"}}"#
        case .generic:
            #"{"ref":"refs/heads/\#(branch)","commit":"\#(commit)","repository":"acme/\#(repository)"}"#
        }
    }

    @Test(
        "a push to a branch that is followed has it fetched, with the commit it announces",
        arguments: Hook.Kind.allCases)
    func push(kind: Hook.Kind) throws {
        let recorder = Recorder()
        let desk = try desk(kind, recorder)
        let name = try #require(Name("main"))
        let delivery = try #require(desk.receive(signed(kind, Self.push(kind, "dev")), for: name))
        #expect(delivery.result == .accepted)
        #expect(delivery.id == "d-1")
        #expect(recorder.fetches == [["dev": try #require(CommitID(Self.commit))]])
        #expect(desk.recent == [delivery])
    }

    @Test(
        "a push to another branch, to a tag or to another repository is ignored and visible",
        arguments: Hook.Kind.allCases)
    func ignored(kind: Hook.Kind) throws {
        let recorder = Recorder()
        let desk = try desk(kind, recorder)
        let name = try #require(Name("main"))
        let bodies = [
            Self.push(kind, "feature"), Self.push(kind, "dev", repository: "shop"),
            Self.push(kind, "dev").replacing("refs/heads/", with: "refs/tags/").replacing(
                "\"branch\"", with: "\"tag\""),
        ]
        for (index, body) in bodies.enumerated() {
            let delivery = try #require(desk.receive(signed(kind, body, id: "d-\(index)"), for: name))
            #expect(delivery.result == .ignored, "\(body)")
        }
        #expect(recorder.fetches.isEmpty)
        #expect(desk.recent.count == 3)
    }

    @Test("before the pipeline was read every push counts")
    func beforeThePipeline() throws {
        let recorder = Recorder()
        let desk = try desk(.github, recorder, branches: [], repository: nil)
        let name = try #require(Name("main"))
        #expect(desk.receive(signed(.github, Self.push(.github, "x")), for: name)?.result == .accepted)
    }

    @Test("the same delivery counts once, under another id too, and again only after an hour")
    func replay() throws {
        let recorder = Recorder()
        let desk = try desk(.github, recorder)
        let name = try #require(Name("main"))
        let body = Self.push(.github, "dev")
        let results = ["d-1", "d-1", "d-2"].map { desk.receive(signed(.github, body, id: $0), for: name)?.result }
        #expect(results == [.accepted, .duplicate, .duplicate])
        #expect(recorder.fetches.count == 1)
        let first = signed(.github, body)
        let later = HookMessage(headers: first.headers, body: first.body, peer: "", at: noon.adding(.seconds(3601)))
        #expect(desk.receive(later, for: name)?.result == .accepted)
    }

    @Test("the memory of deliveries stays bounded and forgets the oldest")
    func bounded() throws {
        let memory = DeliveryMemory(limit: 10)
        let recorder = Recorder()
        let desk = try desk(.generic, recorder, memory: memory)
        let name = try #require(Name("main"))
        for index in 0..<200 {
            let body = #"{"branch":"dev","n":\#(index)}"#
            #expect(desk.receive(signed(.generic, body, id: "\(index)"), for: name)?.result == .accepted)
        }
        #expect(desk.receive(signed(.generic, #"{"branch":"dev","n":199}"#, id: "x"), for: name)?.result == .duplicate)
        #expect(desk.receive(signed(.generic, #"{"branch":"dev","n":0}"#, id: "0"), for: name)?.result == .accepted)
        #expect(desk.recent.count == 100)
    }

    @Test("nothing is parsed, remembered or done before the proof")
    func refusedFirst() throws {
        let recorder = Recorder()
        let desk = try desk(.github, recorder)
        let name = try #require(Name("main"))
        let good = signed(.github, Self.push(.github, "dev"))
        #expect(desk.receive(good.with("X-Hub-Signature-256", nil), for: name)?.result == .refused)
        #expect(desk.receive(good.withBody("no json"), for: name)?.result == .refused)
        for _ in 0..<100 { _ = desk.receive(good.withBody("{}"), for: name) }
        #expect(desk.recent.count == 20)
        // Its id was seen with a bad signature: that must not keep the real one out.
        #expect(desk.receive(good, for: name)?.result == .accepted)
        #expect(desk.receive(good, for: try #require(Name("other"))) == nil)
    }

    @Test("a form, or what is no JSON, is genuine and unreadable, with what to do")
    func unreadable() throws {
        let desk = try desk(.github, Recorder())
        let name = try #require(Name("main"))
        let form = signed(.github, "payload=%7B%7D").with("Content-Type", "application/x-www-form-urlencoded")
        let delivery = try #require(desk.receive(form, for: name))
        #expect(delivery.result == .unreadable)
        #expect(delivery.detail.contains("application/json"))
        #expect(desk.receive(signed(.github, "{"), for: name)?.result == .unreadable)
        let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        #expect(desk.receive(signed(.github, deep), for: name)?.result == .unreadable)
    }

    @Test("a secret that cannot be read is no wrong signature")
    func unavailable() throws {
        struct Gone: Error {}
        let name = try #require(Name("main"))
        let hook = Hook(name: name, kind: .github) { throw Gone() }
        let desk = HookDesk(
            [hook], followed: { HookDesk.Followed(branches: [], repository: nil) }, actions: Recorder().actions)
        #expect(desk.receive(signed(.github, "{}"), for: name)?.result == .unavailable)
    }

    @Test(
        "events about people have teams read again, of the one they name",
        arguments: [
            ("membership", #"{"action":"removed","member":{"id":7}}"#, Int64?.some(7)),
            ("organization", #"{"action":"member_removed","membership":{"user":{"id":8}}}"#, 8),
            ("github_app_authorization", #"{"sender":{"id":9}}"#, 9), ("team", #"{"action":"deleted"}"#, nil),
        ])
    func people(event: String, body: String, id: Int64?) throws {
        let recorder = Recorder()
        let desk = try desk(.github, recorder)
        let name = try #require(Name("main"))
        #expect(desk.receive(signed(.github, body, event: event), for: name)?.result == .accepted)
        #expect(recorder.teams == [id])
        #expect(recorder.fetches.isEmpty)
    }

    @Test("a ping is answered, as often as it comes")
    func ping() throws {
        let desk = try desk(.github, Recorder())
        let name = try #require(Name("main"))
        for _ in 0..<2 {
            #expect(desk.receive(signed(.github, #"{"zen":"x"}"#, event: "ping"), for: name)?.result == .pong)
        }
    }

    @Test(
        "odd payloads are read as nothing, never as something",
        arguments: [
            "null", "[]", "7", #""x""#, "{}", #"{"ref":7}"#, #"{"ref":null,"after":{}}"#,
            #"{"push":{"changes":[null,7]}}"#,
            #"{"changes":[{"ref":{"id":7}}]}"#, #"{"branches":[7,null]}"#, #"{"repository":"x"}"#,
        ])
    func odd(body: String) throws {
        for kind in Hook.Kind.allCases where kind != .generic {
            let recorder = Recorder()
            let delivery = try desk(kind, recorder).receive(signed(kind, body), for: try #require(Name("main")))
            #expect(delivery?.result == .ignored, "\(kind)")
            #expect(recorder.fetches.isEmpty)
        }
    }

    @Test("a deleted branch, and one whose commit is not said, are looked at without a commit")
    func deleted() throws {
        let recorder = Recorder()
        let desk = try desk(.github, recorder)
        let name = try #require(Name("main"))
        let zeros = String(repeating: "0", count: 40)
        _ = desk.receive(
            signed(.github, #"{"ref":"refs/heads/dev","after":"\#(zeros)","repository":{"name":"config"}}"#), for: name)
        _ = desk.receive(
            signed(.github, #"{"ref_type":"branch","ref":"prod"}"#, id: "d-2", event: "delete"), for: name)
        #expect(recorder.fetches == [[:], [:]])
    }
}
