// SPDX-License-Identifier: Apache-2.0

import Glibc
import Lifecycle
import Platform
import TestKit
import Testing

@testable import GitSource

@Suite("Ownership of libgit2's memory", .timeLimit(.minutes(1)))
struct OwnershipTests {
    // In a process of their own: what other tests allocate meanwhile would drown a leak.

    @Test("reading and dropping objects many times does not grow the process")
    func freesObjects() async {
        await #expect(processExitsWith: .success) {
            let clone = try GitRepositoryFixture()
            // Large objects, so that one that is not freed shows.
            let text = String(repeating: "0123456789 ", count: 2_000)
            let commit = try clone.commit(["environments/large.yaml": text], text)
            try expectNoGrowth(rounds: 400) {
                let repository = try GitRepository(openingAt: clone.path)
                let reader = RepositoryReader(repository, root: ["environments"], limits: SnapshotLimits())
                _ = try reader.snapshot(at: commit, reusing: nil)
                _ = try reader.history(of: commit, under: "", after: nil, limit: 5)
                _ = try reader.repository.resolve("main")
            }
        }
    }

    @Test("opening and dropping repositories many times does not grow the process")
    func freesRepositories() async {
        await #expect(processExitsWith: .success) {
            let clone = try GitRepositoryFixture()
            try clone.commit(["environments/a.yaml": "a"])
            try expectNoGrowth(rounds: 2_000) { _ = try GitRepository(openingAt: clone.path).heads() }
        }
    }

    @Test("fetching many times does not grow the process")
    func freesConversations() async {
        await #expect(processExitsWith: .success) {
            let origin = try GitRepositoryFixture()
            try origin.commit(["environments/a.yaml": "a"])
            let server = try GitHTTPServer(root: "/")
            let remote = GitRemote(try RepositoryURL("\(server.base)/open\(origin.path)/.git"))
            let folder = try TemporaryFolder("mirror")
            let mirror = try GitRepository(creatingAt: "\(folder.path)/x")
            try expectNoGrowth(rounds: 150) { _ = try mirror.fetch(from: remote, flag: CancellationFlag()) }
        }
    }
}

/// Ends the process with an error when `body` leaves more than 4 MB behind.
private func expectNoGrowth(rounds: Int, _ body: () throws -> Void) throws {
    func residentKilobytes() throws -> Int {
        let fields = String(decoding: try Files.read("/proc/self/statm"), as: UTF8.self).split(separator: " ")
        return try #require(Int(fields[1])) * 4
    }
    for _ in 0..<20 { try body() }
    let before = try residentKilobytes()
    for _ in 0..<rounds { try body() }
    // AddressSanitizer keeps freed memory back; there, LeakSanitizer judges this loop instead.
    guard dlsym(nil, "__asan_init") == nil else { return }
    let growth = try residentKilobytes() - before
    if growth > 4_000 { throw CommandFailure(description: "the process grew by \(growth) kB") }
}
