// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import Notifications

func name(_ text: String) -> Name {
    guard let name = Name(text) else { preconditionFailure("\(text) is no name") }
    return name
}

func commitID(_ digit: Character) -> CommitID {
    guard let id = CommitID(String(repeating: digit, count: 40)) else { preconditionFailure("no digit") }
    return id
}

/// One environment whose services the test sets.
struct Shop {
    var status: DaemonStatus
    var now = Instant(seconds: 1_900_000_000)

    init(_ environments: [String] = ["dev"]) {
        status = DaemonStatus(repository: "https://git.example.org/config.git")
        status.environments = environments.map { text in
            var environment = EnvironmentStatus(environment: Environment(name: name(text), namespace: text))
            environment.head = Self.commit("a")
            return environment
        }
    }

    static func commit(_ digit: Character) -> Commit {
        Commit(
            id: commitID(digit), author: "Ann", email: "ann@example.org", date: Instant(seconds: 1), subject: "Change")
    }

    mutating func set(_ verdict: Verdict, _ service: String = "cart", version: String = "1.0.0", in index: Int = 0) {
        let record = ReleaseRecord(service: name(service), version: version, image: "cart:\(version)")
        let one = ServiceStatus(
            name: name(service), team: nil, release: record, verdict: verdict, reason: "because", since: nil,
            objects: [], diagnostics: [])
        status.environments[index].services.removeAll { $0.name == one.name }
        status.environments[index].services.append(one)
    }

    mutating func release(_ version: String, _ digit: Character, action: String?, _ services: [String] = ["cart"]) {
        for service in services {
            let record = ReleaseRecord(service: name(service), version: version, image: "\(service):\(version)")
            let event = ReleaseEvent(release: record, commit: Self.commit(digit), action: action, actor: "ann")
            status.environments[0].releases[name(service), default: []].insert(event, at: 0)
        }
    }

    mutating func look(_ finder: inout NoticeFinder, after seconds: Int = 20) -> [Notice] {
        now = now.adding(.seconds(seconds))
        return finder.look(at: status, now: now)
    }
}

@Suite struct NoticeFinderTests {
    private func finder(settle: Int = 0) -> NoticeFinder {
        NoticeFinder(settings: .init(settle: .seconds(settle), repeatAfter: .seconds(600)), newID: { "id" })
    }

    @Test("a failure is told once, however often it is seen, and one recovery after it")
    func once() {
        var (shop, finder) = (Shop(), finder())
        shop.set(.healthy)
        #expect(shop.look(&finder).isEmpty)
        shop.set(.failed)
        let first = shop.look(&finder)
        #expect(first.map(\.event) == [.failed])
        #expect(first.first?.summary == "cart 1.0.0 in dev: failed: because")
        #expect(first.first?.version == "1.0.0" && first.first?.commit == commitID("a"))
        for _ in 0..<100 { #expect(shop.look(&finder).isEmpty) }
        shop.set(.rollingOut)
        #expect(shop.look(&finder).isEmpty)
        shop.set(.healthy)
        #expect(shop.look(&finder).map(\.event) == [.recovered])
        #expect(shop.look(&finder).isEmpty)
    }

    @Test("another release that fails is news; the same one with another reason is none")
    func releases() {
        var (shop, finder) = (Shop(), finder())
        shop.set(.failed)
        #expect(shop.look(&finder).count == 1)
        shop.set(.failed, version: "1.0.1")
        #expect(shop.look(&finder).map(\.version) == ["1.0.1"])
        #expect(shop.look(&finder).isEmpty)
    }

    @Test("a service that goes up and down says so once, then is silent, and the last word is true")
    func flapping() {
        var (shop, finder) = (Shop(), finder())
        var told: [Notice.Event] = []
        for round in 0..<29 {
            shop.set(round.isMultiple(of: 2) ? .unhealthy : .healthy)
            told += shop.look(&finder, after: 10).map(\.event)
        }
        // It ends unhealthy, and was told to be well at last.
        #expect(told == [.unhealthy, .recovered])
        told = (0..<60).flatMap { _ in shop.look(&finder, after: 10).map(\.event) }
        #expect(told == [.unhealthy])
    }

    @Test("what lasts for moments only is not told")
    func settle() {
        var (shop, finder) = (Shop(), finder(settle: 15))
        for _ in 0..<5 {
            shop.set(.unhealthy)
            #expect(shop.look(&finder, after: 10).isEmpty)
            shop.set(.rollingOut)
            #expect(shop.look(&finder, after: 1).isEmpty)
        }
        shop.set(.unhealthy)
        #expect(shop.look(&finder, after: 1).isEmpty)
        #expect(shop.look(&finder, after: 15).map(\.event) == [.unhealthy])
    }

    @Test("a promotion of many services is one notice with all of them; what was there before is none")
    func promotion() {
        var (shop, finder) = (Shop(), finder())
        shop.release("1.0.0", "1", action: "promote", ["cart", "mail"])
        #expect(shop.look(&finder).isEmpty)
        shop.release("1.1.0", "2", action: "promote", ["cart", "mail", "user"])
        let notices = shop.look(&finder)
        #expect(notices.map(\.event) == [.promoted])
        #expect(notices.first?.services.map(\.text) == ["cart", "mail", "user"])
        #expect(notices.first?.summary == "promoted to dev: cart 1.1.0, mail 1.1.0, user 1.1.0 by ann")
        #expect(notices.first?.commit == commitID("2"))
        #expect(shop.look(&finder).isEmpty)
    }

    @Test("a rollback is told; a plain release and a commit of a person are not")
    func rollback() {
        var (shop, finder) = (Shop(), finder())
        shop.release("1.0.0", "1", action: nil)
        #expect(shop.look(&finder).isEmpty)
        shop.release("1.1.0", "2", action: "release")
        shop.release("1.0.0", "3", action: "rollback")
        shop.release("1.2.0", "4", action: nil)
        #expect(shop.look(&finder).map(\.summary) == ["cart in dev was rolled back to 1.0.0 by ann"])
    }

    @Test("every held list of deletions is told once")
    func prunes() {
        var (shop, finder) = (Shop(), finder())
        #expect(shop.look(&finder).isEmpty)
        for hash in ["x", "x", "", "x", "y"] {
            shop.status.environments[0].held[.prune] = HeldList(hash: hash, items: [])
            let events = shop.look(&finder).map(\.event)
            shop.status.version += 1
            if hash == "y" { #expect(events == [.heldPrune]) }
            #expect(events.count <= 1)
        }
        #expect(shop.look(&finder).isEmpty)
    }

    @Test("a replica that does not write keeps silent, and goes on without telling old news when it is its turn")
    func replicas() {
        var (shop, finder) = (Shop(), finder())
        shop.status.environments[0].leadership = Leadership(replica: "me", leader: "other")
        shop.set(.failed)
        shop.set(.healthy, "mail")
        #expect(shop.look(&finder).isEmpty)
        shop.status.environments[0].leadership = Leadership(replica: "me", leader: "me")
        #expect(shop.look(&finder).isEmpty)
        shop.set(.healthy)
        shop.set(.failed, "mail")
        #expect(shop.look(&finder).map(\.event) == [.recovered, .failed])
    }

    @Test("after a restart nothing is told twice, and a recovery is still told")
    func restart() {
        var (shop, first) = (Shop(), finder())
        shop.release("1.0.0", "1", action: "promote")
        shop.set(.failed)
        shop.status.environments[0].held[.prune] = HeldList(hash: "x", items: [])
        #expect(shop.look(&first).count == 2)
        var second = finder()
        second.restore(first.saved())
        #expect(shop.look(&second).isEmpty)
        shop.set(.healthy)
        shop.release("1.1.0", "2", action: "promote")
        #expect(shop.look(&second).map(\.event) == [.recovered, .promoted])
        var third = finder()
        for nonsense: Value in [.null, 7, ["beliefs": ["x", ["environment": "UPPER"]], "heads": .null], [:]] {
            third.restore(nonsense)
        }
        #expect(third.beliefs.isEmpty)
    }

    @Test("an environment that cannot be read or reached is told as a whole")
    func environment() {
        var (shop, finder) = (Shop(), finder())
        #expect(shop.look(&finder).isEmpty)
        shop.status.environments[0].clusterProblem = "connection refused"
        let notices = shop.look(&finder)
        #expect(notices.map(\.event) == [.failed])
        #expect(notices.first?.services.isEmpty == true)
        shop.status.environments[0].clusterProblem = nil
        #expect(shop.look(&finder).map(\.event) == [.recovered])
    }

    @Test("a service or environment that is taken away is forgotten without a word")
    func gone() {
        var (shop, finder) = (Shop(["dev", "prod"]), finder())
        shop.set(.failed)
        shop.set(.healthy, "mail")
        shop.set(.failed, in: 1)
        #expect(shop.look(&finder).count == 2)
        shop.status.environments[0].services.removeAll { $0.name.text == "cart" }
        shop.status.environments.removeLast()
        #expect(shop.look(&finder).isEmpty)
        #expect(finder.beliefs.keys.allSatisfy { $0.environment.text == "dev" && $0.service?.text != "cart" })
    }
}

@Suite struct CommitStatusTests {
    @Test("a head is pending, then a success or a failure; each is told once")
    func states() {
        var (shop, finder) = (Shop(), CommitStatusFinder())
        func look() -> [CommitStatus.State] { finder.look(at: shop.status).map(\.state) }
        #expect(look() == [.pending])
        #expect(look() == [])
        var pass = PassRecord(id: "1", environment: name("dev"), trigger: .webhook, startedAt: shop.now)
        pass.commit = commitID("a")
        shop.status.environments[0].lastPass = pass
        shop.set(.rollingOut)
        #expect(look() == [])
        shop.set(.healthy)
        #expect(look() == [.success])
        shop.set(.unhealthy)
        #expect(look() == [.failure])
        shop.status.environments[0].head = Shop.commit("b")
        #expect(look() == [.pending])
        pass.commit = commitID("b")
        pass.outcome = .incomplete
        pass.reason = "cart was not applied"
        shop.status.environments[0].lastPass = pass
        #expect(finder.look(at: shop.status).first?.summary == "cart was not applied")
    }
}
