// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Health
import Testing
import YAML

/// One row per file of `Fixtures`: `<kind>-<answer>[-words-of-the-reason].yaml`.
struct HealthFixture: Sendable, CustomTestStringConvertible {
    let name: String
    let kind: String
    let answer: String
    /// Words that the reason must have, where there is one: of a healthy object they are for people.
    let reason: String

    var testDescription: String { name }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static let all: [HealthFixture] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().map { file in
            let name = String(file.dropLast(".yaml".count))
            let parts = name.split(separator: "-", maxSplits: 2).map(String.init)
            return HealthFixture(
                name: name, kind: parts[0], answer: parts.count > 1 ? parts[1] : "",
                reason: parts.count > 2 ? parts[2] : "")
        }
    }()
}

@Suite struct FixtureTests {
    @Test("each fixture gets the answer and the reason that its name states", arguments: HealthFixture.all)
    func answers(fixture: HealthFixture) throws {
        let bytes = try Data(contentsOf: HealthFixture.folder.appending(path: "\(fixture.name).yaml"))
        let object = try parseYAMLValue(Array(bytes))
        #expect(object["kind"]?.string?.lowercased() == fixture.kind)
        let answer = health(of: object, now: Instant(seconds: 1_800_000_000))
        #expect(answer.status.rawValue == fixture.answer, "\(answer.reason)")
        if answer.status != .healthy { #expect(!answer.reason.isEmpty) }
        #expect(!answer.reason.hasSuffix("."))
    }

    @Test("there are fixtures for every kind with a rule of its own")
    func complete() {
        let kinds = Set(HealthFixture.all.map(\.kind))
        for kind in ["deployment", "statefulset", "daemonset", "replicaset", "pod", "job", "cronjob", "service"] {
            #expect(kinds.contains(kind))
        }
        #expect(HealthFixture.all.count > 70)
    }

    @Test("the words after the answer come in the reason", arguments: HealthFixture.all.filter { !$0.reason.isEmpty })
    func reasons(fixture: HealthFixture) throws {
        let bytes = try Data(contentsOf: HealthFixture.folder.appending(path: "\(fixture.name).yaml"))
        let reason = health(of: try parseYAMLValue(Array(bytes)), now: Instant(seconds: 1_800_000_000)).reason
        guard !reason.isEmpty else { return }
        let words = reason.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "." }.map(String.init)
        for word in fixture.reason.split(separator: "-") { #expect(words.contains(String(word)), "\(reason)") }
    }
}
