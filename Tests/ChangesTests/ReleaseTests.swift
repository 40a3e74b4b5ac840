// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import Changes

private let now = Instant(seconds: 1_787_000_000)

@Suite(.timeLimit(.minutes(1))) struct ReleaseTests {
    private static let base = [
        "kubernaut.yaml": "environments: [dev, staging]\n",
        "templates/default.yaml":
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{service}}\ndata: {image: {{image}}}\n",
        "releases/cart.yaml": "service: cart\nversion: 1.43.0\nimage: registry.example.com/cart:1.43.0 # pinned\n",
    ]

    private func record(
        _ version: String, service: String = "cart", image: String? = nil, job: String? = nil, number: Int64? = nil,
        commit: String? = nil
    ) throws -> ReleaseRecord {
        ReleaseRecord(
            service: try #require(Name(service)), version: version,
            image: image ?? "registry.example.com/\(service):\(version)",
            build: job.map { ReleaseRecord.Build(number: number, url: nil, job: $0) },
            source: commit.map {
                ReleaseRecord.SourceRevision(url: nil, branch: nil, commit: $0, message: nil, author: nil)
            })
    }

    private func step(
        _ request: ReleaseRequest, _ files: [String: String], ancestry: Ancestry = .unknown
    ) throws -> ChangeStep<ReleaseAnswer> {
        let environment = Environment(name: try #require(Name("dev")))
        let change = ReleaseChange(request, in: environment, actor: "jenkins")
        var there: [String: SourceFile] = [:]
        for path in change.paths { there[path] = files[path].map { SourceFile(blob: $0, bytes: Array($0.utf8)) } }
        return try change.step(files: there, ancestry: ancestry, now: now)
    }

    private func refusal(_ request: ReleaseRequest, _ files: [String: String]) throws -> Refusal? {
        #expect(throws: Refusal.self) { try step(request, files) }
    }

    @Test("a new version replaces the record as one commit that says what it is")
    func records() throws {
        let request = try ReleaseRequest(record("1.44.0", job: "cart/main", number: 7))
        guard case .commit(let change, .recorded(let previous)) = try step(request, Self.base),
            case .edits(let edits) = change.content
        else { throw Unexpected("no commit") }
        #expect(previous?.version == "1.43.0")
        #expect(edits.count == 1)
        let text = String(decoding: try #require(edits["releases/cart.yaml"] ?? nil), as: UTF8.self)
        #expect(
            text == """
                service: cart
                version: 1.44.0
                image: registry.example.com/cart:1.44.0 # pinned
                build:
                  number: 7
                  job: cart/main

                """)
        #expect(change.subject == "Release cart 1.44.0")
        #expect(
            change.trailers.map { "\($0.key)=\($0.value)" } == [
                "Kubernaut-Action=release", "Kubernaut-Service=cart", "Kubernaut-Version=1.44.0",
                "Kubernaut-Environment=dev", "Kubernaut-Actor=jenkins",
            ])
    }

    @Test("the same version and image once more is done already, whatever the rest of the record says")
    func idempotent() throws {
        let again = try ReleaseRequest(record("1.43.0", job: "other", number: 9))
        guard case .done(.alreadyRecorded(let recorded)) = try step(again, Self.base) else {
            throw Unexpected("not done")
        }
        #expect(recorded.version == "1.43.0")
    }

    @Test("a version that is reused with another image or other values is refused")
    func reused() throws {
        let other = try ReleaseRequest(record("1.43.0", image: "registry.example.com/cart:1.43.0-fixed"))
        #expect(try refusal(other, Self.base)?.code == .conflict)
        let values = try ReleaseRequest(record("1.43.0"), values: ["color": "red"])
        #expect(try refusal(values, Self.base)?.code == .conflict)
    }

    @Test("an unknown service is refused unless a template comes along or it may be new")
    func unknown() throws {
        var request = try ReleaseRequest(record("1", service: "crat"))
        #expect(try refusal(request, Self.base)?.code == .notFound)
        request.mayBeNew = true
        guard case .commit = try step(request, Self.base) else { throw Unexpected("no commit") }
        request.mayBeNew = false
        request.template = ReleaseRequest.Template(bytes: Array("kind: X".utf8), format: .json)
        guard case .commit(let change, _) = try step(request, Self.base), case .edits(let edits) = change.content
        else { throw Unexpected("no commit") }
        #expect(edits.keys.sorted() == ["releases/crat.yaml", "templates/crat.json"])
    }

    @Test("a template replaces the one of another ending, and is committed also for a version that is there")
    func template() throws {
        var files = Self.base
        files["templates/cart.json"] = "{}"
        var request = try ReleaseRequest(record("1.43.0"))
        request.template = ReleaseRequest.Template(bytes: Array("kind: X".utf8), format: .yaml)
        guard case .commit(let change, _) = try step(request, files), case .edits(let edits) = change.content
        else { throw Unexpected("no commit") }
        let wanted: FileEdits = ["templates/cart.yaml": Array("kind: X".utf8), "templates/cart.json": nil]
        #expect(edits == wanted)
    }

    @Test("a held service is not moved; an ended hold holds nothing")
    func held() throws {
        let request = try ReleaseRequest(record("1.44.0"))
        var files = Self.base
        files["dev/holds/all.yaml"] = "by: Kim\nreason: freeze\n"
        let refused = try refusal(request, files)
        #expect(refused?.code == .held)
        #expect(refused?.message == "all of dev is held by Kim: freeze")
        files["dev/holds/all.yaml"] = "by: Kim\nreason: freeze\nuntil: 2020-01-01T00:00:00Z\n"
        guard case .commit = try step(request, files) else { throw Unexpected("no commit") }
        files["dev/holds/cart.yaml"] = "<<<<<<<\n"
        #expect(try refusal(request, files)?.code == .held)
    }

    struct Race: Sendable {
        let candidate: String
        let job: String?
        let number: Int64?
        let ancestry: Ancestry
        /// nil: skipped; true: recorded; false: refused.
        let isRecorded: Bool?
    }

    static let races = [
        Race(candidate: "1.42.9", job: nil, number: nil, ancestry: .unknown, isRecorded: nil),
        Race(candidate: "1.44.0", job: nil, number: nil, ancestry: .unknown, isRecorded: true),
        // Ancestry wins over builds and versions.
        Race(candidate: "1.44.0", job: "cart/main", number: 900, ancestry: .older, isRecorded: nil),
        Race(candidate: "1.40.0", job: "cart/main", number: 1, ancestry: .newer, isRecorded: true),
        // The build of the same job wins over versions.
        Race(candidate: "1.44.0", job: "cart/main", number: 811, ancestry: .unrelated, isRecorded: nil),
        Race(candidate: "1.42.0", job: "cart/main", number: 813, ancestry: .same, isRecorded: true),
        // Another job's numbers, and the same number, say nothing.
        Race(candidate: "1.42.0", job: "cart/hotfix", number: 900, ancestry: .unknown, isRecorded: nil),
        Race(candidate: "1.44.0", job: "cart/main", number: 812, ancestry: .unknown, isRecorded: true),
        Race(candidate: "9f2ab11", job: nil, number: nil, ancestry: .unknown, isRecorded: false),
        Race(candidate: "1.43.0+2", job: nil, number: nil, ancestry: .unknown, isRecorded: nil),
    ]

    @Test("only-if-newer goes by ancestry, then builds of one job, then versions, and never guesses", arguments: races)
    func newer(race: Race) throws {
        var files = Self.base
        files["releases/cart.yaml"]? += "build: {number: 812, job: cart/main}\n"
        var request = try ReleaseRequest(
            record(race.candidate, image: "registry.example.com/cart:x", job: race.job, number: race.number))
        request.isOnlyIfNewer = true
        guard race.isRecorded != false else {
            #expect(try refusal(request, files)?.code == .conflict)
            return
        }
        switch try step(request, files, ancestry: race.ancestry) {
        case .commit: #expect(race.isRecorded == true)
        case .done(let answer):
            guard case .skipped = answer else { throw Unexpected("\(answer)") }
            #expect(race.isRecorded == nil)
        }
    }

    static let ascending = [
        // semver.org, 11, with what people write besides.
        "0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
        "1.0.0-rc.1", "v1.0.0", "1.0.1", "1.2", "1.10.0", "2.0.0", "812", "2026.08.22", "2026.08.22.1",
        "99999999999999999999999.0", "100000000000000000000000.0",
    ]

    @Test("versions are in the order of semantic versioning")
    func versions() throws {
        for (index, left) in Self.ascending.enumerated() {
            for (other, right) in Self.ascending.enumerated() {
                let (a, b) = (try #require(VersionNumber(left)), try #require(VersionNumber(right)))
                #expect((a < b) == (index < other), "\(left) \(right)")
                #expect((a == b) == (index == other), "\(left) \(right)")
            }
        }
        for none in ["", "v", "1.", "9f2ab11", "1.0.0-", "latest", "1..2", "1.0.0-é", "1.0+"] {
            #expect(VersionNumber(none) == nil, "\(none)")
        }
    }

    @Test("what could be no record is refused before anything is asked", arguments: ["1 2", "", "a/b", "x\ny"])
    func unusable(version: String) throws {
        let record = try record("1")
        #expect(throws: Refusal.self) {
            try ReleaseRequest(ReleaseRecord(service: record.service, version: version, image: record.image))
        }
        #expect(throws: Refusal.self) {
            try ReleaseRequest(ReleaseRecord(service: record.service, version: "1", image: "No Image"))
        }
        #expect(throws: Refusal.self) { try ReleaseRequest(record, values: ["image": "x"]) }
    }

    @Test("any note, branch or message comes back from the record as it was given")
    func texts() throws {
        for text in ["yes", "1.10", "a: b # c", "\"quoted\"", "- x", "two\nlines\n", "*", "0x10", "~", "é\u{85}ü", "'"]
        {
            let record = ReleaseRecord(
                service: try #require(Name("cart")), version: "1.10", image: "cart",
                images: ["a.b: c": "x"],
                source: ReleaseRecord.SourceRevision(
                    url: text, branch: text, commit: "0123", message: text, author: text),
                releasedAt: now, releasedBy: text, note: text)
            _ = try ReleaseRequest(record)
        }
    }

    // MARK: Rendering before pushing

    private func check(_ repository: MemoryRepository, _ edits: FileEdits) async throws -> Set<String> {
        let environment = Environment(name: try #require(Name("dev")))
        let check = ReleaseCheck(repository, environment, of: Pipeline(environments: [environment]), root: "env")
        let head = try #require(repository.head("dev"))
        return try await check.run(try #require(Name("cart")), at: head, with: edits).dependencies
    }

    @Test("a service is rendered from its own files, its partials and theirs, and nothing else is read")
    func reads() async throws {
        var files = Self.base
        files["templates/default.yaml"] =
            "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: {{service}}\n  {{>outer}}\n"
        files["templates/partials/outer.yaml"] = "labels:\n    {{>inner}}\n"
        files["templates/partials/inner.yml"] = "a: {{color}}\n"
        files["dev/defaults.yaml"] = "color: red\n"
        for number in 0..<50 { files["releases/other\(number).yaml"] = "service: other\(number)\n" }
        let repository = MemoryRepository(files)
        let dependencies = try await check(repository, [:])
        #expect(dependencies.contains("templates/partials/inner.yml"))
        #expect(!repository.asked.joined().contains { $0.contains("other") })
    }

    @Test("a template that cannot be rendered with the release is refused with its place")
    func broken() async throws {
        let repository = MemoryRepository(Self.base)
        let refusal = await #expect(throws: Refusal.self) {
            try await check(repository, ["templates/cart.yaml": Array("kind: {{nothing}}\n".utf8)])
        }
        #expect(refusal?.code == .invalid)
        #expect(refusal?.diagnostics.first?.location.description == "env/templates/cart.yaml:1:7")
    }
}
