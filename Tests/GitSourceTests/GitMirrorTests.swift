// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Logging
import Platform
import TestKit
import Testing

/// A mirror in its own temporary state folder.
struct MirrorFixture {
    let state: TemporaryFolder
    let mirror: GitMirror

    init(_ url: String, root: String = "environments", credentials: GitRemote.Credentials = .none) throws {
        state = try TemporaryFolder("state")
        let remote = GitRemote(try RepositoryURL(url), credentials: credentials)
        mirror = try GitMirror(of: remote, configRoot: root, in: "\(state.path)/git", logger: .silent)
    }
}

/// The code of the error that `body` throws; nil when it throws none, or another.
func gitErrorCode(_ body: () async throws -> Void) async -> GitError.Code? {
    await gitError(body)?.code
}

func gitError(_ body: () async throws -> Void) async -> GitError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? GitError
    }
}

@Suite("A mirror of a local repository", .timeLimit(.minutes(1)))
struct GitMirrorTests {
    @Test(
        "fetch gives every branch head, and snapshots hold the files under the config root", arguments: ["", "file://"])
    func fetches(prefix: String) async throws {
        let origin = try GitRepositoryFixture()
        let first = try origin.commit(["environments/defaults.yaml": "a: 1\n", "README.md": "not ours"], "Start")
        try origin.git("branch", "staging")
        let second = try origin.commit(["environments/services/cart.yaml": "team: shop\n"], "Add cart\n\nBody")
        let fixture = try MirrorFixture(prefix + origin.path)

        #expect(try await fixture.mirror.fetch() == ["main": second, "staging": first])
        #expect(await fixture.mirror.defaultBranch == "main")
        let snapshot = try await fixture.mirror.snapshot(at: second, reusing: nil)
        #expect(snapshot.files.keys.sorted() == ["defaults.yaml", "services/cart.yaml"])
        #expect(snapshot.files["services/cart.yaml"]?.bytes == Array("team: shop\n".utf8))
        #expect(
            snapshot.files["defaults.yaml"]?.blob == (try origin.git("rev-parse", "HEAD:environments/defaults.yaml")))
        #expect(snapshot.commit?.subject == "Add cart")
        #expect(snapshot.commit?.author == "Kim")
        #expect(snapshot.root == "environments")
    }
}
