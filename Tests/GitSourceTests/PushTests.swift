// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Logging
import Platform
import TestKit
import Testing

@testable import GitSource

/// A bare repository that is reached in one of the ways git knows, by real servers.
struct ServedRepository {
    enum Way: String, CaseIterable {
        case path, http, ssh
    }

    let bare: GitRepositoryFixture
    let start: CommitID
    let remote: GitRemote
    private let http: GitHTTPServer?
    private let ssh: SSHServer?

    init(_ way: Way, files: [String: String?] = ["environments/releases/cart.yaml": "version: 1\n"]) throws {
        let source = try GitRepositoryFixture()
        start = try source.commit(files, "Start")
        bare = try GitRepositoryFixture(isBare: true)
        try bare.git("fetch", "--quiet", source.path, "main:main")
        switch way {
        case .path:
            (http, ssh) = (nil, nil)
            remote = GitRemote(try RepositoryURL(bare.path))
        case .http:
            let server = try GitHTTPServer(root: "/")
            (http, ssh) = (server, nil)
            remote = GitRemote(try RepositoryURL("\(server.base)/open\(bare.path)"))
        case .ssh:
            let server = try SSHServer()
            (http, ssh) = (nil, server)
            remote = GitRemote(
                try RepositoryURL(server.url(bare.path)),
                credentials: .sshKey(file: server.acceptedKey, knownHosts: server.knownHosts))
        }
    }

    func editor() throws -> any EditableRepository {
        if remote.url.transport == .local {
            return try GitMirror(of: remote, borrowingFrom: remote.url.address, logger: .silent)
        }
        return try SparseRepository(of: remote)
    }

    func hook(_ name: String, _ script: String) throws {
        try Files.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "\(bare.path)/hooks/\(name)", mode: 0o755)
    }
}

@Suite("Pushing", .serialized, .timeLimit(.minutes(1)))
struct PushTests {
    @Test("a commit lands, and git finds the repository sound", arguments: ServedRepository.Way.allCases)
    func lands(way: ServedRepository.Way) async throws {
        let served = try ServedRepository(way)
        let editor = try served.editor()
        let head = try await editor.fetchHead(of: nil)
        #expect(head == BranchHead(branch: "main", commit: served.start))
        let commit = try await editor.commit(edits(["releases/cart.yaml": "version: 2\n"]), on: [head.commit])
        try await editor.push(commit, to: "main", expecting: head.commit)
        #expect(try served.bare.head("main") == commit)
        try served.bare.git("fsck", "--full", "--strict")
        #expect(try served.bare.git("log", "--format=%s", "main") == "Change files\nStart")
        // Again is no change, and a new branch is made only where none is.
        try await editor.push(commit, to: "main", expecting: commit)
        try await editor.push(commit, to: "new/branch", expecting: nil)
        #expect(try served.bare.head("new/branch") == commit)
        #expect(await gitErrorCode { try await editor.push(served.start, to: "new/branch", expecting: nil) } == .moved)
    }

    @Test("a branch that moved meanwhile, or is gone, is left alone", arguments: ServedRepository.Way.allCases)
    func moved(way: ServedRepository.Way) async throws {
        let served = try ServedRepository(way)
        let (slow, fast) = (try served.editor(), try served.editor())
        let head = try await slow.fetchHead(of: "main").commit
        let first = try await fast.commit(edits(["a.yaml": "a"]), on: [try await fast.fetchHead(of: "main").commit])
        try await fast.push(first, to: "main", expecting: head)
        let second = try await slow.commit(edits(["b.yaml": "b"]), on: [head])
        let error = await gitError { try await slow.push(second, to: "main", expecting: head) }
        #expect(error?.code == .moved)
        #expect(error?.detail == "main stands at \(first.short), not at \(head.short) any more")
        #expect(try served.bare.head("main") == first)
        // On the new head it lands.
        #expect(try await slow.fetchHead(of: "main").commit == first)
        let third = try await slow.commit(edits(["b.yaml": "b"]), on: [first])
        try await slow.push(third, to: "main", expecting: first)
        #expect(
            try served.bare.git("ls-tree", "--name-only", "main", "environments/") == """
                environments/a.yaml
                environments/b.yaml
                environments/releases
                """)
        #expect(await gitErrorCode { try await slow.push(third, to: "gone", expecting: first) } == .moved)
    }

    @Test(
        "a hook's refusal comes back in its own words, made safe for a terminal",
        arguments: ServedRepository.Way.allCases)
    func hookDeclines(way: ServedRepository.Way) async throws {
        let served = try ServedRepository(way)
        try served.hook("pre-receive", "printf 'No \\033[31mreleases\\nafter lunch\\n' >&2; exit 1")
        let editor = try served.editor()
        let head = try await editor.fetchHead(of: nil).commit
        let commit = try await editor.commit(edits(["x.yaml": "x"]), on: [head])
        let error = await gitError { try await editor.push(commit, to: "main", expecting: head) }
        #expect(error?.code == .refused)
        #expect(
            error?.detail == """
                the remote refused it: pre-receive hook declined
                remote: No  [31mreleases
                remote: after lunch
                try: a rule of the server forbids it, its words are above; change the commit or the rule
                """)
        #expect(try served.bare.head("main") == served.start)
    }

    @Test("a reference that somebody else has locked is moved, one that the server cannot write is refused")
    func lockedReference() async throws {
        let served = try ServedRepository(.http)
        let editor = try served.editor()
        let head = try await editor.fetchHead(of: nil).commit
        let commit = try await editor.commit(edits(["x.yaml": "x"]), on: [head])
        let lock = "\(served.bare.path)/refs/heads/main.lock"
        try Files.write([], to: lock)
        #expect(await gitErrorCode { try await editor.push(commit, to: "main", expecting: head) } == .moved)
        try Files.remove(lock)
        try await editor.push(commit, to: "main", expecting: head)
    }

    @Test("a branch that is checked out in a clone is refused with advice")
    func checkedOut() async throws {
        let clone = try GitRepositoryFixture()
        let head = try clone.commit(["environments/a.yaml": "a"])
        try clone.git("config", "receive.denyCurrentBranch", "refuse")
        let mirror = try MirrorFixture(clone.path).mirror
        _ = try await mirror.fetch()
        let commit = try await mirror.commit(edits(["x.yaml": "x"]), on: [head])
        let error = await gitError { try await mirror.push(commit, to: "main", expecting: head) }
        #expect(error?.code == .refused)
        #expect(error?.detail.contains("try: push to a bare repository") == true)
        #expect(
            await gitErrorCode { try await mirror.push(commit, to: "a..b", expecting: head) } == .refused)
    }

    @Test(
        "of many pushers of one branch each lands or is told that it moved, and what landed is one line",
        arguments: [ServedRepository.Way.http, .ssh])
    func crowd(way: ServedRepository.Way) async throws {
        let count = ProcessInfo.processInfo.environment["KUBERNAUT_TEST_ROUNDS"].flatMap { Int($0) } ?? 8
        let served = try ServedRepository(way)
        let landed = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<count {
                group.addTask {
                    let editor = try served.editor()
                    let head = try await editor.fetchHead(of: "main").commit
                    let subject = "Release s\(number)"
                    let commit = try await editor.commit(
                        edits(["releases/s\(number).yaml": "version: 1\n"]), on: [head], subject)
                    do {
                        try await editor.push(commit, to: "main", expecting: head)
                        return subject
                    } catch let error as GitError where error.code == .moved {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: []) { landed, subject in landed += subject.map { [$0] } ?? [] }
        }
        let log = try served.bare.git("log", "--format=%s", "main").split(separator: "\n").map(String.init)
        #expect(!landed.isEmpty)
        #expect(Set(log) == Set(landed + ["Start"]))
        #expect(log.count == landed.count + 1)
        #expect(try served.bare.git("rev-list", "--min-parents=2", "--count", "main") == "0")
        try served.bare.git("fsck", "--full", "--strict")
    }

    @Test(
        "what servers say is sorted into moved, refused and trouble of their own",
        arguments: [
            ("non-fast-forward", "", GitError.Code.moved), ("fetch first", "", .moved), ("stale info", "", .moved),
            ("failed to update ref", "error: cannot lock ref 'refs/heads/main': is at 1 but expected 2", .moved),
            ("cannot lock ref 'refs/heads/main': is at 1 but expected 2", "", .moved),
            ("incorrect old value provided", "", .moved), ("reference already exists", "", .moved),
            ("failed to update ref", "error: cannot lock ref: Unable to create 'x.lock': Permission denied", .refused),
            ("failed to update ref", "fatal: write error: No space left on device", .unreachable),
            ("protected branch hook declined", "error: GH006: Protected branch update failed", .refused),
            ("pre-receive hook declined", "GitLab: You are not allowed to push: fetch first", .refused),
            ("hook declined", "", .refused), ("deletion prohibited", "", .refused),
            ("branch is currently checked out", "", .refused), ("something new", "", .refused),
        ])
    func verdicts(reason: String, said: String, code: GitError.Code) throws {
        var report = PushReport(reference: "refs/heads/main")
        report.read(Array("unpack ok\n".utf8))
        report.read(Array("ng refs/heads/main \(reason)\n".utf8))
        report.remarks = Array(said.utf8)
        let error = #expect(throws: GitError.self) { try report.check("pushing", branch: "main") }
        #expect(error?.code == code)
        #expect(error?.detail.contains(reason) == true)
        #expect(said.isEmpty || error?.detail.contains("remote: \(said)") == true)
    }

    @Test("only a whole report of success is one")
    func reports() throws {
        func check(_ lines: [String]) throws {
            var report = PushReport(reference: "refs/heads/main")
            for line in lines { report.read(Array(line.utf8)) }
            try report.check("pushing", branch: "main")
        }
        try check(["unpack ok\n", "ok refs/heads/main\n"])
        for lines in [
            [], ["unpack ok\n"], ["ok refs/heads/main\n"], ["unpack ok\n", "ok refs/heads/main2\n"],
            ["unpack index-pack abnormal exit\n", "ng refs/heads/main unpacker error\n"],
            ["unpack ok\n", "ok refs/heads/main\n", "ng refs/heads/main late\n"],
        ] {
            #expect(throws: GitError.self) { try check(lines) }
        }
    }
}
