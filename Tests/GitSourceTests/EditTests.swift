// SPDX-License-Identifier: Apache-2.0

import Domain
import Logging
import Platform
import TestKit
import Testing

@testable import GitSource

let robot = CommitIdentity(name: "Robot", email: "robot@example.org")
let noon = Instant(seconds: 1_790_000_000)

extension EditableRepository {
    /// Commits edits on `parents` (the first is what they are made on).
    func commit(_ edits: FileEdits, on parents: [CommitID], _ message: String = "Change files") async throws -> CommitID
    {
        try await make(
            CommitDraft(
                tree: try await tree(of: parents[0], changing: edits), parents: parents, author: robot,
                committer: robot, date: noon, message: message))
    }
}

/// Edits with text for bytes.
func edits(_ files: [String: String?]) -> FileEdits { files.mapValues { $0.map { Array($0.utf8) } } }

@Suite("Commits made without a work tree", .serialized, .timeLimit(.minutes(1)))
struct EditTests {
    let origin: GitRepositoryFixture
    let start: CommitID

    init() throws {
        origin = try GitRepositoryFixture()
        start = try origin.commit(
            [
                "environments/defaults.yaml": "a: 1\n", "environments/releases/cart.yaml": "version: 1\n",
                "environments/releases/web.yaml": "version: 1\n", "README.md": "Read me\n", "tools/run": "#!/bin/sh\n",
            ], "Start")
    }

    @Test("a commit holds exactly the edits, its message, trailers, people and date, and git finds nothing wrong")
    func commits() async throws {
        let mirror = try MirrorFixture(origin.path).mirror
        let head = try await mirror.fetchHead(of: nil)
        #expect(head == BranchHead(branch: "main", commit: start))
        let tree = try await mirror.tree(
            of: head.commit,
            changing: edits([
                "releases/cart.yaml": "version: 2\n", "releases/new/deep/x.yaml": "x", "releases/web.yaml": nil,
                "nothing/here.yaml": nil,
            ]))
        let commit = try await mirror.make(
            CommitDraft(
                tree: tree, parents: [start], author: CommitIdentity(name: "Zoë", email: "zoe@example.org"),
                committer: robot, date: noon, message: "Release cart 2\n\nBecause.\n\n",
                trailers: [.init("Kubernaut-Action", "release"), .init("Kubernaut-Actor", "jenkins")]))
        try await mirror.push(commit, to: "main", expecting: start)
        #expect(try origin.head("main") == commit)
        try origin.git("fsck", "--full", "--strict")
        #expect(
            try origin.git("show", "--name-status", "--format=%an|%ae|%cn|%cI|%B", "main") == """
                Zoë|zoe@example.org|Robot|2026-09-21T14:13:20+00:00|Release cart 2

                Because.

                Kubernaut-Action: release
                Kubernaut-Actor: jenkins


                M\tenvironments/releases/cart.yaml
                A\tenvironments/releases/new/deep/x.yaml
                D\tenvironments/releases/web.yaml
                """)
        #expect(
            try origin.git("log", "-1", "--format=%(trailers:key=Kubernaut-Actor,valueonly,separator=%x2C)")
                == "jenkins")
        #expect(try await mirror.fetch() == ["main": commit])
    }

    @Test("edits that change nothing give the same tree; a folder that loses its last file is gone")
    func sameTree() async throws {
        let mirror = try MirrorFixture(origin.path).mirror
        _ = try await mirror.fetch()
        let tree = try await mirror.tree(of: start, changing: edits(["defaults.yaml": "a: 1\n", "gone.yaml": nil]))
        #expect(tree.hex == (try origin.git("rev-parse", "main^{tree}")))
        let commit = try await mirror.commit(
            edits(["releases/cart.yaml": nil, "releases/web.yaml": nil]), on: [start])
        try await mirror.push(commit, to: "main", expecting: start)
        #expect(
            try origin.git("ls-tree", "-r", "-t", "--name-only", "main").split(separator: "\n")
                == ["README.md", "environments", "environments/defaults.yaml", "tools", "tools/run"])
    }

    @Test("an executable stays one")
    func executable() async throws {
        try origin.git("update-index", "--chmod=+x", "tools/run")
        try origin.git("commit", "--quiet", "--message", "Make it run")
        let mirror = try MirrorFixture(origin.path, root: "tools").mirror
        let head = try await mirror.fetchHead(of: "main").commit
        let commit = try await mirror.commit(edits(["run": "#!/bin/bash\n", "other": "x"]), on: [head])
        try await mirror.push(commit, to: "main", expecting: head)
        #expect(try origin.git("ls-tree", "main", "tools/run").hasPrefix("100755"))
        #expect(try origin.git("ls-tree", "main", "tools/other").hasPrefix("100644"))
    }

    @Test(
        "an edit in place of a folder or below a file, and one outside the root, is refused",
        arguments: ["releases", "defaults.yaml/x.yaml", "../README.md", ".git/config", "", "releases/.GIT/x"])
    func refusedEdits(path: String) async throws {
        let mirror = try MirrorFixture(origin.path).mirror
        _ = try await mirror.fetch()
        #expect(
            await gitErrorCode { _ = try await mirror.tree(of: start, changing: edits([path: "x"])) } == .refused)
    }

    @Test(
        "a name, address, message or trailer that would change the commit's form is refused",
        arguments: [
            ("Kim\nparent 0", "k@x", "m", "v"), ("Kim", "k@x>", "m", "v"), ("", "k@x", "m", "v"),
            ("Kim", "k@x", " \n", "v"), ("Kim", "k@x", "m\0", "v"), ("Kim", "k@x", "m", "v\nSigned-off-by: x"),
        ])
    func refusedCommits(draft: (String, String, String, String)) async throws {
        let mirror = try MirrorFixture(origin.path).mirror
        _ = try await mirror.fetch()
        let tree = try await mirror.tree(of: start, changing: [:])
        let person = CommitIdentity(name: draft.0, email: draft.1)
        let code = await gitErrorCode {
            _ = try await mirror.make(
                CommitDraft(
                    tree: tree, parents: [start], author: person, committer: person, date: noon, message: draft.2,
                    trailers: [.init("Reason", draft.3)]))
        }
        #expect(code == .refused)
    }

    @Test("only files that are there are given back")
    func files() async throws {
        let mirror = try MirrorFixture(origin.path).mirror
        _ = try await mirror.fetch()
        let files = try await mirror.files(at: ["defaults.yaml", "missing.yaml", "releases"], of: start)
        #expect(files.mapValues { String(decoding: $0.bytes, as: UTF8.self) } == ["defaults.yaml": "a: 1\n"])
    }

    @Test("a signer gets the unsigned bytes, and its signature stands in the commit's head")
    func signs() async throws {
        let state = try TemporaryFolder("state")
        let mirror = try GitMirror(
            of: GitRemote(try RepositoryURL(origin.path)), in: "\(state.path)/git",
            signer: { bytes in
                #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("tree "))
                return "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----"
            }, logger: .silent)
        _ = try await mirror.fetch()
        let commit = try await mirror.commit(edits(["x.yaml": "x"]), on: [start])
        try await mirror.push(commit, to: "main", expecting: start)
        let text = try origin.git("cat-file", "commit", "main")
        #expect(
            text.contains("gpgsig -----BEGIN SSH SIGNATURE-----\n abc\n -----END SSH SIGNATURE-----\n\nChange files"))
        try origin.git("fsck", "--full", "--strict")
    }
}
