// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import Lifecycle
import TestKit
import Testing

@testable import WebUI

@Suite("Suspending an environment by page and REST", .timeLimit(.minutes(1)))
struct SuspensionPagesTests {
    private static let path = "/api/v1/environments/dev/suspension"

    @Test("is ordered with a reason and an end, shown with who and why, changed, and ended by a button")
    func journey() async throws {
        let world = try await RestWorld()
        let reader = Reader(pages: world.pages)
        let page = await reader.get("/envs/dev")
        #expect(page.text.contains("<summary>Suspend dev</summary>"))
        let silent = await reader.send(page, to: "/suspensions/new", [("until", "2031-01-01T10:00")])
        #expect(silent.status == 400 && silent.text.contains("say why") && silent.text.contains("2031-01-01T10:00"))
        let odd = await reader.send(silent, to: "/suspensions/new", [("reason", "disks"), ("until", "soon")])
        #expect(odd.status == 400 && odd.text.contains("is no moment") && odd.text.contains("value=\"disks\""))
        let over = await reader.send(odd, to: "/suspensions/new", [("until", "2020-01-01T10:00")])
        #expect(over.status == 400 && over.text.contains("is over already"))
        #expect(world.audit.lines.isEmpty && world.status.environments[0].suspension == nil)
        let done = await reader.send(over, to: "/suspensions/new", [("until", "2031-01-01T10:00")])
        #expect(done.status == 303 && done.headers["Location"] == "/envs/dev?done=suspend")
        let suspension = try #require(world.status.environments[0].suspension)
        #expect(suspension.reason == "disks" && suspension.until == Instant("2031-01-01T10:00:00Z"))
        // The same form again is the same order.
        #expect(await reader.send(over, to: "/suspensions/new", [("until", "2031-01-01T10:00")]).status == 303)
        #expect(world.audit.lines == ["suspend done "])
        #expect(world.audit.records[0].reason == "disks" && world.audit.records[0].detail?.contains("2031") == true)
        for address in ["/", "/envs/dev", "/holds", "/suspensions/new?env=dev"] {
            let text = await reader.get(address).text
            #expect(text.contains("disks") && text.contains("2031-01-01 10:00 UTC"), "\(address)")
            #expect(text.contains("action=\"/suspensions/end\""), "\(address)")
        }
        let shown = await reader.get("/envs/dev")
        #expect(shown.text.contains("by local") && !shown.text.contains("<summary>Suspend dev"))
        let ended = await reader.send(shown, to: "/suspensions/end")
        #expect(ended.status == 303 && ended.headers["Location"] == "/envs/dev?done=unsuspend")
        #expect(world.status.environments[0].suspension == nil)
        #expect(world.audit.lines == ["suspend done ", "unsuspend done "])
        #expect(await !reader.get("/").text.contains("/suspensions/end"))
    }

    @Test("by REST says what was ordered, refuses what makes no sense, and is done once for one key")
    func rest() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        for (body, words) in [
            ([:] as Value, "reason is required"), (["reason": ""], "reason is required"),
            (["reason": "x", "until": "tomorrow"], "must be a time"),
            (["reason": "x", "until": "2020-01-01T00:00:00Z"], "has passed already"),
            (["reason": "x", "dryRun": true], "no field"),
        ] {
            let answer = await client.post(Self.path, body)
            #expect(answer.status == 400 && answer.text.contains(words), "\(answer.text)")
        }
        #expect(world.status.environments[0].suspension == nil)
        let order: Value = ["reason": "disks", "until": "2031-01-01T10:00:00Z"]
        for replayed in [nil, "true"] {
            let answer = await client.post(Self.path, order, headers: ["Idempotency-Key": "one"])
            #expect(answer.status == 202 && answer.headers["Idempotency-Replayed"] == replayed)
        }
        #expect(world.audit.lines == ["suspend done "])
        let shown = await client.get("/api/v1/environments/dev").json
        #expect(shown["suspension"]?["reason"] == "disks" && shown["suspension"]?["until"] == "2031-01-01T10:00:00Z")
        #expect(shown["suspension"]?["by"] == "local")
        let ended = await client.send("DELETE", Self.path + "?reason=done")
        #expect(ended.status == 200 && ended.json["result"] == "ended")
        #expect(world.audit.records.last?.reason == "done")
        #expect(await client.send("DELETE", Self.path).json["result"] == "not-suspended")
        #expect(await client.post("/api/v1/environments/nowhere/suspension", ["reason": "x"]).status == 404)
        #expect(await client.get(Self.path).status == 405)
    }

    @Test("in kubernaut.yaml is ended by a commit alone, and pages say so")
    func inGit() async throws {
        let world = try await RestWorld()
        world.changeEnvironment(0) { Environment(suspending: $0) }
        let reader = Reader(pages: world.pages)
        let text = await reader.get("/envs/dev").text
        #expect(text.contains("a commit that takes <code>suspend</code> out") && !text.contains("/suspensions/end"))
        #expect(await !reader.get("/holds").text.contains("/suspensions/end"))
        #expect(await !reader.get("/").text.contains("/suspensions/end"))
        let answer = await Client(world.pages).send("DELETE", Self.path)
        #expect(answer.status == 409 && answer.text.contains("is suspended in kubernaut.yaml"))
        #expect(world.audit.lines == ["unsuspend refused "])
    }

    @Test("needs a maintainer, who is asked for on the button", arguments: Role.allCases)
    func roles(_ role: Role) async throws {
        let world = try await RestWorld(role: role)
        let may = role >= .maintainer
        let reader = Reader(pages: world.pages)
        let page = await reader.get("/envs/dev")
        #expect(page.text.contains("disabled=\"disabled\">Suspend dev</button>") == !may)
        let answer = await reader.send(page, to: "/suspensions/new", [("reason", "disks")])
        #expect(answer.status == (may ? 303 : 403))
        // What was typed is not lost.
        #expect(may || answer.text.contains("value=\"disks\""))
        #expect((world.status.environments[0].suspension != nil) == may)
        world.suspend(
            0, Suspension(reason: "x", by: "Kim", until: nil, location: SourceLocation(file: "ConfigMap/d/k")))
        #expect(await reader.get("/").text.contains("/suspensions/end") == may)
        let end = await reader.send(await reader.get("/envs/dev"), to: "/suspensions/end")
        #expect(end.status == (may ? 303 : 403))
        #expect((world.status.environments[0].suspension == nil) == may)
        #expect(
            world.audit.lines
                == (may ? ["suspend done ", "unsuspend done "] : ["suspend refused ", "unsuspend refused "]))
    }

    @Test("that the cluster does not take is answered with what can be done about it")
    func cluster() async throws {
        let world = try await RestWorld()
        let reader = Reader(pages: world.pages)
        for (code, status, words) in [
            (ClusterError.Code.unreachable, 503, "try again"), (.notFound, 409, "never applied"),
            (.forbidden, 409, "never applied"), (.invalid, 500, "never applied"),
        ] {
            world.clusterError.withLock {
                $0 = ClusterError(code, operation: "reading ConfigMap/dev/kubernaut-dev", detail: "never applied")
            }
            let answer = await Client(world.pages).post(Self.path, ["reason": "x"])
            #expect(answer.status == status && answer.text.contains(words), "\(code): \(answer.text)")
            let page = await reader.send(await reader.get("/envs/dev"), to: "/suspensions/new", [("reason", "disks")])
            #expect(page.status == status && page.text.contains("value=\"disks\""), "\(code)")
        }
    }
}

extension Environment {
    /// The same, with a suspension in its `kubernaut.yaml`.
    fileprivate init(suspending other: Environment) {
        self.init(
            name: other.name, branch: other.branch, namespace: other.namespace,
            suspension: Suspension(
                reason: "moving", by: "kim", until: nil, location: SourceLocation(file: "kubernaut.yaml", line: 3)))
    }
}
