// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import Foundation
import GitSource
import Render
import TestKit
import Testing

/// Random histories of everything that people, pipelines and git do, against a model that knows nothing of commits.
///
/// `KUBERNAUT_TEST_ROUNDS` says how many (2), `KUBERNAUT_TEST_SEED` which is the first.
@Suite("Promotions after any history", .timeLimit(.minutes(240)))
struct PromotionModelTests {
    @Test("lose no release, move nothing that is held, do exactly what was shown, and nothing the second time")
    func histories() async throws {
        let environment = ProcessInfo.processInfo.environment
        let rounds = environment["KUBERNAUT_TEST_ROUNDS"].flatMap { UInt64($0) } ?? 2
        let first = environment["KUBERNAUT_TEST_SEED"].flatMap { UInt64($0) } ?? 1
        var counts: [String: Int] = [:]
        for seed in first..<(first + rounds) {
            let history = try RandomHistory(seed: seed)
            do {
                try await history.run()
            } catch {
                Issue.record("seed \(seed): \(error)\n\(history.log.joined(separator: "\n"))")
                return
            }
            counts.merge(history.counts) { $0 + $1 }
            if environment["KUBERNAUT_TEST_ROUNDS"] != nil, seed % 50 == 0 { print("seed \(seed): \(counts)") }
        }
        #expect((counts["promote"] ?? 0) > 0)
    }
}

/// A record that a branch had, and what it took the place of. Nil content: no record.
private final class Node {
    let content: String?
    let time: Instant
    let before: [Node]

    init(_ content: String?, _ time: Instant, _ before: [Node]) {
        self.content = content
        self.time = time
        self.before = before
    }
}

/// What is known of one service in one environment: the last changes that led to its record.
private struct State {
    var content: String?
    var nodes: [Node] = []

    /// Everything that this record took the place of, itself first, newest first.
    var line: [Node] {
        var found: [ObjectIdentifier: Node] = [:]
        var waiting = nodes
        while let next = waiting.popLast() {
            guard found.updateValue(next, forKey: ObjectIdentifier(next)) == nil else { continue }
            waiting += next.before
        }
        return found.values.sorted { $1.time < $0.time }
    }

    mutating func change(to content: String?, _ time: Instant) {
        guard content != self.content else { return }
        nodes = [Node(content, time, nodes)]
        self.content = content
    }

    /// After a merge with another branch that gave `content`.
    mutating func merge(_ other: State, giving result: String?, _ time: Instant) {
        let both = nodes + other.nodes.filter { node in !nodes.contains { $0 === node } }
        if result == content {
            if result == other.content { nodes = both }
        } else if result == other.content {
            nodes = other.nodes
        } else {
            nodes = [Node(result, time, both)]
        }
        content = result
    }
}

private struct Broken: Error, CustomStringConvertible {
    let description: String
}

private final class RandomHistory {
    let world: PromotionWorld
    var log: [String] = []
    var counts: [String: Int] = [:]
    private var random: SplitMix
    private var versions = 0
    /// By environment and service.
    private var states: [String: [String: State]] = [:]
    private var holds: [String: Set<String>] = [:]

    init(seed: UInt64) throws {
        world = try PromotionWorld()
        random = SplitMix(state: seed)
        for name in PromotionWorld.names {
            states[name] = Dictionary(uniqueKeysWithValues: PromotionWorld.services.map { ($0, State()) })
        }
    }

    func run() async throws {
        for service in PromotionWorld.services { try await release(service, in: "dev") }
        for _ in 0..<(20 + Int(random.next() % 20)) { try await step() }
        for (from, to) in zip(PromotionWorld.names, PromotionWorld.names.dropFirst()) {
            try await promote(from, to, nil)
        }
        let problems = try world.run("fsck", "--full", "--strict", "--no-dangling")
        guard problems.isEmpty else { throw Broken(description: "git fsck: \(problems)") }
    }

    // MARK: Dice

    private func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

    private func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(random.next() % UInt64(elements.count))]
    }

    private func pair() -> (String, String) {
        let from = Int(random.next() % 3)
        let to = chance(85) ? from + 1 : from + 1 + Int(random.next() % UInt64(3 - from))
        return (PromotionWorld.names[from], PromotionWorld.names[to])
    }

    private func count(_ what: String, _ text: String) {
        counts[what, default: 0] += 1
        log.append("\(what) \(text)")
    }

    private func step() async throws {
        let service = pick(PromotionWorld.services)
        let environment = pick(Array(PromotionWorld.names.dropFirst()))
        let (from, to) = pair()
        switch random.next() % 100 {
        case 0..<22: try await release(service, in: "dev")
        case 22..<28: try await release(service, in: environment)
        case 28..<44: try await promote(from, to, nil)
        case 44..<60: try await promote(from, to, PromotionWorld.services.filter { _ in chance(45) })
        case 60..<67: try await rollback(service, in: environment)
        case 67..<71: try await hold(chance(20) ? "all" : service, in: environment)
        case 71..<77: try await resume(in: environment)
        case 77..<83: try await merge(from, into: to)
        case 83..<86: try await merge(to, into: from)
        case 86..<91: try await revert(in: chance(30) ? "dev" : environment)
        case 91..<93: try await pull()
        case 93..<95: try await remove(service, in: pick(PromotionWorld.names))
        default: try await configure(service, in: chance(70) ? "dev" : environment)
        }
        try await checkPositions()
    }

    // MARK: What people and pipelines do

    private func set(_ service: String, _ content: String?, in environment: String, also: [String: String?] = [:])
        async throws
    {
        var edits = also
        edits[PromotionWorld.path(service)] = .some(content)
        try await world.commit(edits, to: environment)
        states[environment]?[service]?.change(to: content, world.now)
    }

    private func release(_ service: String, in environment: String) async throws {
        versions += 1
        let version = environment == "dev" ? "1.\(versions)" : "1.\(versions)-fix"
        count(environment == "dev" ? "release" : "hotfix", "\(service) \(version) in \(environment)")
        try await set(service, PromotionWorld.record(service, version), in: environment)
    }

    private func rollback(_ service: String, in environment: String) async throws {
        guard let state = states[environment]?[service] else { return }
        let older = state.line.compactMap(\.content).filter { $0 != state.content }
        guard !older.isEmpty else { return }
        let isHolding = chance(60)
        count("rollback", "\(service) in \(environment)\(isHolding ? " with a hold" : "")")
        try await set(
            service, pick(older), in: environment,
            also: isHolding ? ["\(environment)/holds/\(service).yaml": "reason: rolled back\n"] : [:])
        if isHolding { holds[environment, default: []].insert(service) }
    }

    private func remove(_ service: String, in environment: String) async throws {
        guard states[environment]?[service]?.content != nil else { return }
        count("remove", "\(service) in \(environment)")
        try await set(service, nil, in: environment)
    }

    private func hold(_ service: String, in environment: String) async throws {
        count("hold", "\(service) in \(environment)")
        try await world.hold(service, in: environment)
        holds[environment, default: []].insert(service)
    }

    private func resume(in environment: String) async throws {
        guard let service = holds[environment]?.sorted().first else { return }
        count("resume", "\(service) in \(environment)")
        try await world.commit(["\(environment)/holds/\(service).yaml": nil], to: environment)
        holds[environment]?.remove(service)
    }

    private func configure(_ service: String, in environment: String) async throws {
        versions += 1
        let files = [
            "services/\(service).yaml": "values: {replicas: \(versions)}\n",
            "staging/services/\(service).yaml": "replicas: \(versions)\n",
            "defaults.yaml": "replicas: \(versions % 3)\nlevel: info\n\n\n\nport: 80\n",
        ]
        let path = pick(files.keys.sorted())
        count("configure", "\(path) in \(environment)")
        try await world.commit([path: files[path]], to: environment)
    }

    // MARK: What git does

    private func merge(_ from: String, into to: String) async throws {
        let strategy = pick([
            ["--no-ff"], ["--ff"], ["--no-ff", "-X", "ours"], ["--no-ff", "-X", "theirs"], ["-s", "ours"],
        ])
        let head = try world.git.head(to)
        let worked = try world.onBranch(to) {
            try world.run(["merge", "--quiet", "--message", "Merge \(from)"] + strategy + [from])
        }
        count(worked ? "merge" : "merge in vain", "\(from) into \(to) \(strategy)")
        guard worked, let other = states[from], let old = states[to] else { return }
        let new = try world.git.head(to)
        if new == head { return }
        if new == (try world.git.head(from)) {
            states[to] = other
        } else {
            try await absorb(to, old) { state, service, content, now in
                state.merge(other[service] ?? State(), giving: content, now)
            }
        }
        try await readHolds(of: to)
    }

    /// What `git pull` makes of work that was begun on an older commit: the branch's own line is the second parent.
    private func pull() async throws {
        let count = Int(try world.git.git("rev-list", "--count", "--first-parent", "dev")) ?? 1
        guard count > 3, let old = states["dev"] else { return }
        let start = "dev~\(1 + Int(random.next() % UInt64(min(4, count - 2))))"
        let worked = try world.onBranch("dev") {
            try world.run("checkout", "--quiet", "--detach", start)
            try world.git.write("notes \(versions)\n", to: "notes.md")
            try world.run("add", "notes.md")
            try world.run("commit", "--quiet", "--message", "Take notes")
            try world.run("merge", "--quiet", "--no-ff", "--message", "Merge dev", "dev")
        }
        self.count(worked ? "pull" : "pull in vain", start)
        guard worked else { return }
        // Whatever the records were at the start, the merge took those of the branch.
        for (service, state) in old {
            guard try await world.record(service, in: "dev") == state.content else {
                throw Broken(description: "the pull changed \(service)")
            }
        }
    }

    private func revert(in environment: String) async throws {
        guard let old = states[environment] else { return }
        let parents = try world.git.git("rev-list", "--parents", "--max-count=1", environment).split(separator: " ")
            .count
        guard parents > 1 else { return }
        let worked = try world.onBranch(environment) {
            if parents > 2 {
                try world.run("revert", "--no-edit", "-m", "1", "HEAD")
            } else {
                try world.run("revert", "--no-edit", "HEAD")
            }
        }
        count(worked ? "revert" : "revert in vain", environment)
        guard worked else { return }
        try await absorb(environment, old) { state, _, content, now in state.change(to: content, now) }
        try await readHolds(of: environment)
    }

    private func absorb(
        _ environment: String, _ old: [String: State], _ change: (inout State, String, String?, Instant) -> Void
    ) async throws {
        for service in PromotionWorld.services {
            var state = old[service] ?? State()
            change(&state, service, try await world.record(service, in: environment), world.now)
            states[environment]?[service] = state
        }
    }

    private func readHolds(of environment: String) async throws {
        let folder = "\(environment)/holds/"
        let paths = try await world.snapshot(environment).files.keys.filter { $0.hasPrefix(folder) }
        holds[environment] = Set(paths.map { String($0.dropFirst(folder.count).dropLast(5)) })
    }

    // MARK: Promotion

    private func promote(_ from: String, _ to: String, _ services: [String]?) async throws {
        let named = services.map { $0.filter { mayBeNamed($0, from, to) } }
        if let named, named.isEmpty { return }
        count(named == nil ? "promote" : "promote some", "\(from) \(to) \(named ?? [])")
        guard let old = states[to] else { return }
        let before = try await world.snapshot(to)
        let shown: PromotionPreview
        let commit: CommitID?
        do {
            shown = try await world.preview(from, to, named)
            (_, commit) = try await world.promote(from, to, named, expecting: shown.expectation)
        } catch is PromotionConflict {
            count("conflict", "\(from) \(to)")
            guard try await world.snapshot(to).paths(differingFrom: before).isEmpty else {
                throw Broken(description: "a refused promotion changed files")
            }
            return
        }
        try await checkResult(shown, commit, from, to, old)
        for service in PromotionWorld.services {
            let expected = expected(service, from, to, isNamed: named?.contains(service), old: old)
            let found = try await world.record(service, in: to)
            guard found == expected else {
                throw Broken(
                    description: "\(service) in \(to) is \(found ?? "-") and should be \(expected ?? "-")")
            }
        }
        let other = states[from] ?? [:]
        try await absorb(to, old) { state, service, content, now in
            if shown.plan.kind == .merge {
                state.merge(other[service] ?? State(), giving: content, now)
            } else {
                state.change(to: content, now)
            }
        }
        let again = try await world.preview(from, to, named)
        guard again.isEmpty else { throw Broken(description: "the second promotion is not empty: \(again.plan.kind)") }
    }

    /// What the preview showed is what is there now, byte for byte, also rendered from nothing.
    private func checkResult(
        _ shown: PromotionPreview, _ commit: CommitID?, _ from: String, _ to: String, _ old: [String: State]
    ) async throws {
        guard let commit else {
            guard shown.isEmpty else {
                throw Broken(description: "nothing was committed of a preview that is not empty")
            }
            return
        }
        let result = try await world.snapshot(to)
        guard result.commit?.id == commit else { throw Broken(description: "\(to) does not stand at the new commit") }
        let lines = try world.git.git("cat-file", "-p", commit.hex).split(separator: "\n")
        guard lines.first == "tree \(shown.plan.tree.hex)" else {
            throw Broken(description: "another tree was committed")
        }
        let rendering = Renderer().render(result, for: shown.plan.request.to).rendering
        let digests = rendering.services.flatMap(\.manifests).map(\.digest)
        guard digests == shown.after.services.flatMap(\.manifests).map(\.digest) else {
            throw Broken(description: "another rendering was shown")
        }
        let parents = lines.count { $0.hasPrefix("parent ") }
        guard parents == (shown.plan.kind == .merge ? 2 : 1) else { throw Broken(description: "\(parents) parents") }
        // Holds stay exactly where they were.
        guard result.files.keys.filter({ $0.hasPrefix("\(to)/holds/") }).count == holds[to]?.count ?? 0 else {
            throw Broken(description: "the promotion moved holds")
        }
    }

    private func isHeld(_ service: String, in environment: String) -> Bool {
        !(holds[environment] ?? []).isDisjoint(with: [service, "all"])
    }

    private func mayBeNamed(_ service: String, _ from: String, _ to: String) -> Bool {
        guard let source = states[from]?[service], let target = states[to]?[service] else { return false }
        if source.content == target.content { return source.content != nil }
        if source.content == nil, !source.line.contains(where: { $0.content == target.content }) { return false }
        return !isHeld(service, in: to)
    }

    /// The rule, said once more and without histories of commits.
    private func expected(
        _ service: String, _ from: String, _ to: String, isNamed: Bool?, old: [String: State]
    ) -> String? {
        guard let source = states[from]?[service], let target = old[service] else { return nil }
        if isNamed == false || isHeld(service, in: to) { return target.content }
        let wasInSource = source.line.contains { $0.content == target.content }
        if target.content != nil {
            if wasInSource { return source.content }
            return isNamed == true && source.content != nil ? source.content : target.content
        }
        guard let last = target.line.first(where: { $0.content != nil }), isNamed != true else { return source.content }
        // The target has removed it: did the source, too?
        let since = source.line.prefix { $0.content != last.content }
        let wasRemoved = since.count < source.line.count && since.contains { $0.content == nil }
        return wasRemoved ? source.content : nil
    }

    // MARK: Positions

    private func checkPositions() async throws {
        let (from, to) = pair()
        let positions = try await RecordComparison(
            of: world.snapshot(to), to: world.snapshot(from), in: world.mirror, read: Renderer.recordContent
        ).positions
        for service in PromotionWorld.services {
            guard let name = Name(service) else { continue }
            let expected = position(service, from, to)
            guard positions[name] == expected else {
                throw Broken(
                    description: "\(service) in \(to) is \(String(describing: positions[name])) compared with \(from), "
                        + "and should be \(String(describing: expected))")
            }
        }
    }

    private func position(_ service: String, _ from: String, _ to: String) -> Position? {
        guard let source = states[from]?[service], let target = states[to]?[service] else { return nil }
        guard let there = source.content, let here = target.content else {
            return source.content == nil && target.content == nil ? nil : .absent
        }
        if here == there { return .inStep }
        let newer = source.line.prefix { $0.content != here }
        guard newer.count < source.line.count else { return .ahead }
        return .behind(Set(newer.compactMap(\.content)).count)
    }
}
