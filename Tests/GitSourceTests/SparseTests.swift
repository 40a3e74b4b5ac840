// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Logging
import Platform
import TestKit
import Testing

@testable import GitSource

@Suite("Fetching only what one commit needs", .serialized, .timeLimit(.minutes(1)))
struct SparseTests {
    private static func files(_ count: Int) -> [String: String] {
        var files = ["README.md": "Read me\n"]
        for number in 0..<count { files["environments/releases/s\(number).yaml"] = "version: \(number)\n" }
        return files
    }

    /// Objects in the temporary folder of a sparse repository.
    private func objects(_ editor: SparseRepository) async throws -> [String] {
        try runCommand(
            ["git", "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"],
            environment: GitRepositoryFixture.environment, folder: "\(await editor.place.path)/objects.git"
        ).split(separator: "\n").map(String.init)
    }

    @Test(
        "a server that can leave files out sends folders, and files when they are asked for",
        arguments: [ServedRepository.Way.http, .ssh])
    func filtered(way: ServedRepository.Way) async throws {
        let served = try ServedRepository(way, files: Self.files(30))
        try served.bare.git("config", "uploadpack.allowFilter", "true")
        let editor = try SparseRepository(of: served.remote)
        let head = try await editor.fetchHead(of: nil).commit
        // sshd hands the wish for protocol 2 on only where it is told to; then everything of the commit comes.
        let isFiltered = way == .http
        #expect(try await objects(editor).filter { $0 == "blob" }.count == (isFiltered ? 0 : 31))
        #expect(try await objects(editor).filter { $0 == "tree" }.count == 3)
        let files = try await editor.files(at: ["releases/s7.yaml", "releases/none.yaml"], of: head)
        #expect(files.mapValues { String(decoding: $0.bytes, as: UTF8.self) } == ["releases/s7.yaml": "version: 7\n"])
        #expect(try await objects(editor).filter { $0 == "blob" }.count == (isFiltered ? 1 : 31))
        let commit = try await editor.commit(edits(["releases/s7.yaml": "version: 8\n"]), on: [head])
        try await editor.push(commit, to: "main", expecting: head)
        #expect(try served.bare.git("show", "--name-only", "--format=", "main") == "environments/releases/s7.yaml")
        try served.bare.git("fsck", "--full", "--strict")
    }

    @Test("history stays where it is, and the next head brings only what is new")
    func shallow() async throws {
        let served = try ServedRepository(.http, files: Self.files(30))
        let pusher = try SparseRepository(of: served.remote)
        for number in 0..<5 {
            let head = try await pusher.fetchHead(of: "main").commit
            let commit = try await pusher.commit(edits(["x.yaml": "\(number)"]), on: [head])
            try await pusher.push(commit, to: "main", expecting: head)
        }
        let editor = try SparseRepository(of: served.remote)
        _ = try await editor.fetchHead(of: "main")
        #expect(try await objects(editor).filter { $0 == "commit" }.count == 1)
        let before = try await objects(editor).count
        let head = try await pusher.fetchHead(of: "main").commit
        let commit = try await pusher.commit(edits(["x.yaml": "last"]), on: [head])
        try await pusher.push(commit, to: "main", expecting: head)
        let next = try await editor.fetchHead(of: "main").commit
        #expect(next == commit)
        // A commit, two trees above the file, and the file.
        #expect(try await objects(editor).count == before + 4)
        #expect(try await editor.files(at: ["x.yaml"], of: next)["x.yaml"]?.bytes == Array("last".utf8))
    }

    @Test("the temporary folder goes with the repository")
    func leavesNothing() async throws {
        let served = try ServedRepository(.http)
        var editor: SparseRepository? = try SparseRepository(of: served.remote)
        let place = try #require(await editor?.place.path)
        _ = try await editor?.fetchHead(of: nil)
        #expect(Files.isFolder(place))
        editor = nil
        #expect(!Files.exists(place))
    }

    @Test(
        "an empty repository, a branch that is not there and a missing repository are not found",
        arguments: [
            ServedRepository.Way.http, .ssh,
        ])
    func notFound(way: ServedRepository.Way) async throws {
        let served = try ServedRepository(way)
        let editor = try SparseRepository(of: served.remote)
        #expect(await gitErrorCode { _ = try await editor.fetchHead(of: "none") } == .notFound)
        #expect(try await editor.fetchHead(of: "main").commit == served.start)
        try served.bare.git("update-ref", "-d", "refs/heads/main")
        #expect(
            await gitErrorCode { _ = try await SparseRepository(of: served.remote).fetchHead(of: nil) } == .notFound)
        try Files.remove(served.bare.path)
        #expect(
            await gitErrorCode { _ = try await SparseRepository(of: served.remote).fetchHead(of: nil) } == .notFound)
    }
}

@Suite("Repositories as people name them", .serialized, .timeLimit(.minutes(1)))
struct RepositoryAccessTests {
    let state: TemporaryFolder

    init() throws { state = try TemporaryFolder("cache") }

    private func access(_ text: String, _ environment: [String: String] = [:]) throws -> RepositoryAccess {
        try RepositoryAccess(
            text, environment: ["XDG_CACHE_HOME": state.path].merging(environment) { _, new in new }, logger: .silent)
    }

    @Test("a clone stands for its origin, from any folder in it; without one it stands for itself")
    func clones() async throws {
        let served = try ServedRepository(.path)
        let clone = try TemporaryFolder("clone")
        try runCommand(
            ["git", "clone", "--quiet", served.bare.path, "\(clone.path)/work"],
            environment: GitRepositoryFixture.environment)
        for place in ["work", "work/environments/releases"] {
            let found = try access("\(clone.path)/\(place)")
            #expect(found.remote.url.description == served.bare.path)
            #expect(found.clone == "\(clone.path)/work")
            #expect(try await found.editable().fetchHead(of: nil).commit == served.start)
        }
        try runCommand(["git", "remote", "remove", "origin"], folder: "\(clone.path)/work")
        #expect(try access("\(clone.path)/work").remote.url.description == "\(clone.path)/work")
        #expect(try access("\(clone.path)/work").clone == nil)
        #expect(throws: GitError.self) { try access(clone.path) }
        #expect(throws: GitError.self) { try access("gopher://x/y") }
    }

    @Test("a path is worked on without copying it, and nothing is left behind")
    func borrows() async throws {
        let served = try ServedRepository(.path)
        let repository = try access("file://\(served.bare.path)").mergeable()
        let head = try await repository.fetchHead(of: nil).commit
        #expect(try await repository.snapshot(at: head, reusing: nil).files.count == 1)
        #expect(try await repository.history(of: head, under: "", after: nil, limit: 9).count == 1)
        #expect(try Files.list(state.path) == [])
    }

    @Test("a mirror is kept for the next time; while one process uses it, another gets its own that borrows from it")
    func keepsMirrors() async throws {
        let served = try ServedRepository(.http)
        let address = served.remote.url.description
        do { _ = try await access(address).mergeable().fetchHead(of: nil) }
        let kept = try Files.list("\(state.path)/kubernaut/git")
        #expect(kept.count == 1)
        let first = try access(address).mergeable()
        let second = try access(address).mergeable()
        #expect(try await first.snapshot(at: served.start, reusing: nil).files.count == 1)
        // What the kept one has is there before anything was fetched.
        #expect(try await second.snapshot(at: served.start, reusing: nil).files.count == 1)
        let head = try await second.fetchHead(of: nil).commit
        let commit = try await second.commit(edits(["x.yaml": "x"]), on: [head])
        try await second.push(commit, to: "main", expecting: head)
        #expect(try await first.fetchHead(of: nil).commit == commit)
        #expect(try Files.list("\(state.path)/kubernaut/git") == kept)
    }
}

@Suite("Credentials as git finds them", .serialized, .timeLimit(.minutes(1)))
struct UserCredentialsTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("askpass") }

    private func script(_ name: String, _ text: String) throws -> String {
        let path = "\(folder.path)/\(name)"
        try Files.write(Array("#!/bin/sh\necho \"$1\" >> \(folder.path)/asked\n\(text)\n".utf8), to: path, mode: 0o755)
        return path
    }

    private func asked() throws -> [String] {
        guard Files.exists("\(folder.path)/asked") else { return [] }
        return String(decoding: try Files.read("\(folder.path)/asked"), as: UTF8.self).split(separator: "\n")
            .map(String.init)
    }

    /// Without the configuration of this machine, in which a helper may be set up.
    private func environment(_ more: [String: String]) -> [String: String] {
        ["PATH": "/usr/bin:/bin", "HOME": folder.path, "GIT_CONFIG_NOSYSTEM": "1"].merging(more) { _, new in new }
    }

    private func release(_ environment: [String: String]) async throws -> (CommitID, ServedRepository) {
        let served = try ServedRepository(.http)
        let address = served.remote.url.description
        var parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        parts[3] = String(parts[3].dropFirst("open".count))
        let access = try RepositoryAccess(
            "\(parts[0])//\(parts[2])/basic\(parts[3])", environment: environment, logger: .silent)
        let editor = try access.editable()
        let head = try await editor.fetchHead(of: nil).commit
        let commit = try await editor.commit(edits(["x.yaml": "x"]), on: [head])
        try await editor.push(commit, to: "main", expecting: head)
        return (commit, served)
    }

    @Test("an askpass program is asked once for both, and only when the server asks", arguments: [true, false])
    func askpass(withGit: Bool) async throws {
        let program = try script(
            "askpass",
            "case \"$1\" in Username*) echo \(GitHTTPServer.user);; *) echo '\(GitHTTPServer.password)';; esac")
        var variables = environment(["GIT_ASKPASS": program])
        if !withGit { variables["PATH"] = "/nonexistent" }
        let (commit, served) = try await release(variables)
        #expect(try served.bare.head("main") == commit)
        let questions = try asked()
        #expect(questions.count == 2)
        #expect(questions.first?.hasPrefix("Username for 'http://127.0.0.1:") == true)
        #expect(questions.last?.hasPrefix("Password for 'http://robot@127.0.0.1:") == true)
        let open = try ServedRepository(.http)
        let access = try RepositoryAccess(
            open.remote.url.description, environment: variables, logger: .silent)
        _ = try await access.editable().fetchHead(of: nil)
        #expect(try asked().count == 2)
    }

    @Test("a credential helper of git is asked, and told what became of it")
    func helper() async throws {
        let helper = try script(
            "helper",
            "cat >> \(folder.path)/told; [ \"$1\" = get ] && printf 'username=\(GitHTTPServer.user)\\npassword=%s\\n' '\(GitHTTPServer.password)'"
        )
        let (commit, served) = try await release(
            environment([
                "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper", "GIT_CONFIG_VALUE_0": helper,
            ]))
        #expect(try served.bare.head("main") == commit)
        #expect(try asked() == ["get", "store"])
    }

    @Test("what the server refuses is not tried again, and no error shows it")
    func rejected() async throws {
        let helper = try script("helper", "[ \"$1\" = get ] && printf 'username=robot\\npassword=hunter2\\n'")
        let error = await gitError {
            _ = try await release(
                environment([
                    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper", "GIT_CONFIG_VALUE_0": helper,
                ]))
        }
        #expect(error?.code == .unauthorized)
        #expect(error?.description.contains("hunter2") == false)
        #expect(try asked() == ["get", "erase"])
    }

    @Test(
        "over SSH the user's own configuration counts; a command in GIT_SSH_COMMAND is not run, and the error says so")
    func ssh() async throws {
        let served = try ServedRepository(.ssh)
        guard case .sshKey(let key, let knownHosts) = served.remote.credentials else { return }
        let wrapper = try script("ssh", "touch \(folder.path)/ran; exit 1")
        func open() throws -> any EditableRepository {
            try RepositoryAccess(
                served.remote.url.description, environment: environment(["GIT_SSH_COMMAND": wrapper]), logger: .silent
            ).editable()
        }
        let error = await gitError { _ = try await open().fetchHead(of: nil) }
        #expect(error?.code == .hostKeyUnknown || error?.code == .unauthorized, "\(error?.description ?? "")")
        #expect(error?.detail.contains("GIT_SSH_COMMAND is set, and kubernaut does not run it") == true)
        #expect(!Files.exists("\(folder.path)/ran"))
        withExtendedLifetime((key, knownHosts)) {}
    }
}
