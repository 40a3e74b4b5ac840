// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Platform
import TestKit
import Testing

/// Many `kubernaut release` processes at once against real servers, with git as the observer.
@Suite(.timeLimit(.minutes(15))) struct ConcurrentReleaseTests {
    enum Transport: String, Sendable, CaseIterable {
        case ssh
        case http
    }

    /// 40 and 10 with `KUBERNAUT_TEST_ROUNDS` set.
    private static let isFull = ProcessInfo.processInfo.environment["KUBERNAUT_TEST_ROUNDS"] != nil
    private static let services = isFull ? 40 : 8
    private static let versions = isFull ? 10 : 4

    @Test(
        "releases that come at the same time all land exactly once, in one line, and no older one wins",
        arguments: Transport.allCases)
    func concurrent(transport: Transport) async throws {
        let names = (1...Self.services).map { "s\($0)" }
        let remote = try ConfigRemote(services: names + ["same"])
        let before = Int(try remote.bare.git("rev-list", "--count", "dev")) ?? 0
        let start = ContinuousClock.now
        let outcomes = try await releases(names, remote, transport)
        let elapsed = start.duration(to: .now)
        for outcome in outcomes {
            #expect(outcome.code == 0, "\(outcome.service) \(outcome.version): \(outcome.error)")
        }
        let recorded = outcomes.filter { $0.answer["result"] == "recorded" }
        let skipped = outcomes.filter { $0.answer["result"] == "skipped" }
        #expect(recorded.count + skipped.count == outcomes.count)
        #expect(skipped.allSatisfy { $0.service == "same" })

        try remote.bare.git("fsck", "--strict")
        #expect(try remote.bare.git("rev-list", "--merges", "dev").isEmpty)
        #expect((Int(try remote.bare.git("rev-list", "--count", "dev")) ?? 0) == before + recorded.count)
        for name in names {
            #expect(
                try remote.bare.git("log", "--format=%s", "dev", "--", "environments/releases/\(name).yaml").split(
                    separator: "\n"
                ).count == 2)
            #expect(try #require(remote.text("releases/\(name).yaml")).contains("version: 2.0.0\n"))
        }
        // Oldest first: each is higher than the one before, and the highest is there at the end.
        let log = try remote.bare.git("log", "--reverse", "--format=%s", "dev", "--", "environments/releases/same.yaml")
        let minors = log.split(separator: "\n").dropFirst().compactMap { Int($0.split(separator: ".")[1]) }
        #expect(minors == minors.sorted() && Set(minors).count == minors.count)
        #expect(minors.last == Self.versions)
        #expect(Set(recorded.compactMap { $0.answer["commit"]?.string }).count == recorded.count)
        let attempts = outcomes.compactMap { $0.answer["attempts"]?.integer }
        print(
            "\(transport.rawValue): \(outcomes.count) processes in \(elapsed), \(recorded.count) recorded, "
                + "\(skipped.count) skipped, attempts \(attempts.reduce(0, +)), at most \(attempts.max() ?? 0)")
    }

    private struct Outcome: Sendable {
        let service: String
        let version: String
        let code: Int32
        let answer: Value
        let error: String
    }

    private func releases(_ names: [String], _ remote: ConfigRemote, _ transport: Transport) async throws -> [Outcome] {
        var access: [String]
        // Held until all processes have ended.
        let server: any AnyObject & Sendable
        switch transport {
        case .ssh:
            let ssh = try SSHServer()
            access = [
                "--repo", ssh.url(remote.path), "--git-ssh-key", ssh.acceptedKey, "--git-known-hosts", ssh.knownHosts,
            ]
            server = ssh
        case .http:
            let slash = remote.path.lastIndex(of: "/") ?? remote.path.startIndex
            let http = try GitHTTPServer(root: String(remote.path[..<slash]))
            access = ["--repo", "\(http.base)/open/\(remote.path[slash...].dropFirst())"]
            server = http
        }
        defer { withExtendedLifetime(server) {} }
        let jobs =
            names.map { ($0, "2.0.0") } + (1...Self.versions).map { ("same", "2.\($0).0") }
        let binary = try BuiltBinary.path()
        return try await withThrowingTaskGroup(of: Outcome.self) { group in
            for (service, version) in jobs.shuffled() {
                let command =
                    [
                        binary, "release", service, "--image", "registry.example.com/\(service):\(version)",
                        "--version",
                        version, "--only-if-newer", "-o", "json", "--timeout", "10m",
                    ] + access
                group.addTask { try await Self.run(command, service, version) }
            }
            var outcomes: [Outcome] = []
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }

    private static func run(_ command: [String], _ service: String, _ version: String) async throws -> Outcome {
        let folder = try TemporaryFolder("release")
        let (output, errors) = ("\(folder.path)/out", "\(folder.path)/err")
        let child = try ChildProcess(
            command, environment: ConfigRemote.environment, folder: folder.path, output: .file(output),
            errors: .file(errors))
        // Waiting blocks; a thread of its own leaves the pool to others.
        let status = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: child.wait()) }
        }
        let code: Int32 = if case .exited(let code) = status { code } else { -1 }
        return Outcome(
            service: service, version: version, code: code,
            answer: (try? parseJSON(try Files.read(output))) ?? .null,
            error: String(decoding: try Files.read(errors), as: UTF8.self))
    }
}
