import Domain
import HTTPServer
import KubernetesAPI
import TestKit
import Testing

@testable import Reconciler

/// What each answer of a server leads to: how often the request is sent, and what people are told.
@Suite("Manners towards a server", .timeLimit(.minutes(1)))
struct MannersTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let answer: HTTPResponse
        /// How many times in a row it is given.
        var times = 1
        /// How often the object is sent in the first pass.
        let sent: Int
        /// What the pass says about the object; nil when it succeeds.
        var told: String?
    }

    static let rows = [
        Row(
            testDescription: "409 on a create is looked at again, and repeated where nothing is",
            answer: Wired.status(
                409, "Conflict", "Apply failed with 1 conflict",
                details:
                    "{\"causes\":[{\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with \\\"hpa\\\"\",\"field\":\".data.value\"}]}"
            ), sent: 2),
        Row(
            testDescription: "409 without causes is looked at again and repeated",
            answer: Wired.status(409, "Conflict", "the object has been modified"), times: 2, sent: 3),
        Row(
            testDescription: "410 is repeated", answer: Wired.status(410, "Expired", "too old"), times: 2, sent: 3),
        Row(
            testDescription: "422 is permanent",
            answer: Wired.status(422, "Invalid", "value: Invalid value", details: "{\"name\":\"settings\"}"), times: 9,
            sent: 1, told: "Invalid value"),
        Row(
            testDescription: "400 is permanent", answer: Wired.status(400, "BadRequest", "strict decoding error"),
            times: 9, sent: 1, told: "strict decoding error"),
        Row(
            testDescription: "403 is permanent for this pass",
            answer: Wired.status(403, "Forbidden", "may not patch configmaps"), times: 9, sent: 1,
            told: "may not patch configmaps"),
        Row(
            testDescription: "413 is permanent", answer: HTTPResponse(status: 413), times: 9, sent: 1,
            told: "413"),
        Row(
            testDescription: "429 is waited out as long as the server asks",
            answer: Wired.status(429, "TooManyRequests", "slow down", headers: ["Retry-After": "2"]), times: 2, sent: 3),
        Row(
            testDescription: "500 is repeated", answer: Wired.status(500, "InternalError", "etcd is busy"), times: 3,
            sent: 4),
        Row(
            testDescription: "503 without Kubernetes' words is repeated",
            answer: HTTPResponse(status: 503, body: .bytes(Array("no backend".utf8))), times: 3, sent: 4),
        Row(
            testDescription: "504 is repeated", answer: Wired.status(504, "Timeout", "request timed out"), times: 3,
            sent: 4),
        Row(
            testDescription: "500 again and again is given up after five",
            answer: Wired.status(500, "InternalError", "etcd is busy"), times: 5, sent: 5, told: "etcd is busy"),
    ]

    @Test("a write that is answered like this", arguments: rows)
    func write(row: Row) async throws {
        let wired = try Wired { request, count in
            request.method == "PATCH" && request.rawPath.hasSuffix("/configmaps/settings") && count < row.times
                ? row.answer : nil
        }
        let environment = Environment(name: name("dev"), namespace: "shop")
        try await wired.running(environment) { loop in
            let start = loop.bench.time.uptime()
            loop.request(.start, at: wired.repository.commit([service("cart", [configMap("settings")])]))
            await eventually { loop.book.current.lastPass?.commit != nil && !loop.book.current.isReconciling }
            let pass = try #require(loop.book.current.lastPass)
            #expect(wired.count("PATCH", "/configmaps/settings") == row.sent)
            if let told = row.told {
                #expect(pass.objects.first { $0.action == .failed }?.message.contains(told) == true, "\(pass.objects)")
            } else {
                #expect(pass.outcome == .succeeded, "\(pass.reason)")
            }
            if row.answer.status == 429 { #expect(loop.bench.time.uptime() - start >= .seconds(4)) }
        }
    }

    @Test("a create whose answer got lost is looked for before it is sent again", arguments: [true, false])
    func lostCreate(hasHappened: Bool) async throws {
        let isFirst: @Sendable (HTTPRequest, Int) -> Bool = { request, count in
            request.method == "POST" && request.rawPath.hasSuffix("/configmaps") && count == 0
        }
        let wired = try Wired(
            { !hasHappened && isFirst($0, $1) ? HTTPResponse(status: 504) : nil },
            alter: { hasHappened && isFirst($0, $1) ? HTTPResponse(status: 504) : $2 })
        let environment = Environment(name: name("dev"), namespace: "shop", applyMode: .replace)
        try await wired.running(environment) { loop in
            loop.request(.start, at: wired.repository.commit([service("cart", [configMap("settings")])]))
            await eventually { loop.book.current.lastPass?.outcome == .succeeded }
            #expect(wired.count("POST", "/configmaps") == (hasHappened ? 1 : 2))
            // Before anything, after the loss, and, where it is there after all, to put it.
            #expect(wired.count("GET", "/configmaps/settings") == (hasHappened ? 3 : 2))
        }
    }

    @Test("warnings of the server reach the pass, each once")
    func warnings() async throws {
        let wired = try Wired(alter: { request, _, answer in
            guard request.method == "PATCH", request.rawPath.contains("/configmaps/c") else { return answer }
            var warned = answer
            warned.headers["Warning"] = #"299 - "v1 ConfigMap is old""#
            return warned
        })
        let environment = Environment(name: name("dev"), namespace: "shop")
        try await wired.running(environment) { loop in
            let maps = [configMap("c1"), configMap("c2")]
            loop.request(.start, at: wired.repository.commit([service("cart", maps)]))
            await eventually { loop.book.current.lastPass?.outcome == .succeeded }
            #expect(loop.book.current.lastPass?.warnings == ["v1 ConfigMap is old"])
        }
    }

    @Test("an object that can never succeed is not sent again because another one is, until a commit comes")
    func ownBackOff() async throws {
        let wired = try Wired { request, count in
            guard request.method == "PATCH" else { return nil }
            if request.rawPath.hasSuffix("/configmaps/bad") { return Wired.status(422, "Invalid", "no") }
            // Five times in each pass.
            return request.rawPath.hasSuffix("/configmaps/shaky") && count < 12
                ? Wired.status(500, "InternalError", "shaky") : nil
        }
        let environment = Environment(name: name("dev"), namespace: "shop")
        try await wired.running(environment) { loop in
            loop.request(
                .start,
                at: wired.repository.commit([
                    service("one", [configMap("bad")]), service("two", [configMap("shaky")]),
                ]))
            await eventually { wired.count("PATCH", "/configmaps/shaky") == 13 }
            #expect(wired.count("PATCH", "/configmaps/bad") == 1)
            await eventually { !loop.book.current.isReconciling }
            #expect(loop.book.current.problems[key("ConfigMap/shop/bad")]?.message.contains("no") == true)
            loop.request(
                .poll,
                at: wired.repository.commit([
                    service("one", [configMap("bad")]), service("two", [configMap("shaky", "2")]),
                ]))
            await eventually { wired.count("PATCH", "/configmaps/bad") == 2 }
        }
    }

    @Test("waits of objects grow by themselves, with jitter, and end with an event that is news")
    func retries() {
        let retries = Retries()
        let (one, refusal) = (key("ConfigMap/shop/one"), ObjectWriter.Written(action: .failed, isRetryable: true))
        retries.note(refusal, of: one, digest: "d", at: .zero, unitRandom: 0)
        #expect(retries.next == .milliseconds(800))
        retries.note(refusal, of: one, digest: "d", at: .seconds(1), unitRandom: 0.999_999)
        #expect(retries.next.map { $0 > .milliseconds(3399) && $0 <= .milliseconds(3400) } == true)
        for _ in 0..<20 { retries.note(refusal, of: one, digest: "d", at: .seconds(10), unitRandom: 0.5) }
        #expect(retries.next == .seconds(70))
        #expect(retries.refusal(of: one, digest: "d", at: .seconds(69)) != nil)
        #expect(retries.refusal(of: one, digest: "other", at: .seconds(69)) == nil)
        #expect(retries.refusal(of: one, digest: "d", at: .seconds(70)) == nil)
        #expect(!retries.noteEvent(on: one, at: .seconds(14)))
        #expect(retries.noteEvent(on: one, at: .seconds(15)))
        #expect(retries.next == nil)
    }
}

@Suite("An account that may not look everywhere", .timeLimit(.minutes(1)))
struct ReachTests {
    @Test("is enough: what is forbidden across namespaces is asked of each, also of those that come later")
    func namespaces() async throws {
        let wired = try Wired { request, _ in
            // As RBAC says it to one with a Role in each namespace: "/api/v1/configmaps" is forbidden.
            let parts = request.rawPath.split(separator: "/")
            let isCollection = parts.last == "configmaps" || parts.last == "deployments"
            guard request.method == "GET", isCollection, !parts.contains("namespaces") else { return nil }
            return Wired.status(
                403, "Forbidden",
                "configmaps is forbidden: User \\\"limited\\\" cannot list resource at the cluster scope"
            )
        }
        for namespace in ["shop", "other", "third"] {
            _ = try await wired.cluster.apply(
                object("Namespace", namespace), to: Foundation.namespaces, force: false, dryRun: false)
        }
        let environment = Environment(
            name: name("dev"), namespace: "shop", prune: PruneBudget(limit: 100, percent: 100))
        let there = object("ConfigMap", "there", namespace: "other", ["data": ["value": "1"]])
        let third = object("ConfigMap", "third", namespace: "third", ["data": ["value": "1"]])
        try await wired.running(environment) { loop in
            let first = wired.repository.commit([service("cart", [configMap("here"), there])])
            loop.request(.start, at: first)
            await eventually { loop.book.current.appliedCommit == first }
            try await heals("there", in: "other", wired, loop)
            try await heals("here", in: "shop", wired, loop)

            let second = wired.repository.commit([service("cart", [configMap("here"), there, third])])
            loop.request(.poll, at: second)
            await eventually { loop.book.current.appliedCommit == second }
            try await heals("third", in: "third", wired, loop)

            let last = wired.repository.commit([service("cart", [configMap("here")])])
            loop.request(.poll, at: last)
            await eventually { loop.book.current.appliedCommit == last }
            #expect(try await wired.read("there", in: "other") == nil)
            #expect(try await wired.read("third", in: "third") == nil)
            #expect(try await wired.read("here") != nil)
        }
    }

    private func heals(_ name: String, in namespace: String, _ wired: Wired, _ loop: EnvironmentLoop) async throws {
        await eventually { loop.bench.index.isFollowed(GroupKind("ConfigMap")) }
        let uid = try await wired.read(name, in: namespace)?.uid
        try await wired.cluster.delete(
            ApplySet.resource, namespace: namespace, name: name, preconditions: Preconditions(),
            propagation: .background, dryRun: false)
        while true {
            let now = try await wired.read(name, in: namespace)?.uid
            if now != nil, now != uid { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
