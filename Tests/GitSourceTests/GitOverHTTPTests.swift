// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Platform
import TestKit
import Testing

@Suite("Fetching over HTTP", .timeLimit(.minutes(1)))
struct GitOverHTTPTests {
    /// A repository `config` with one commit below a folder that a server can serve.
    struct Origin {
        let repository: GitRepositoryFixture
        let commit: CommitID
        /// The folder to serve, and the repository's name in it.
        let root: String
        let name: String

        init() throws {
            repository = try GitRepositoryFixture()
            commit = try repository.commit(["environments/defaults.yaml": "a: 1\n"], "Start")
            let parts = repository.path.split(separator: "/")
            root = "/" + parts.dropLast().joined(separator: "/")
            name = "\(parts.last ?? "")/.git"
        }
    }

    @Test("a clone, then a fetch of one more commit", arguments: ["open", "moved"])
    func fetches(place: String) async throws {
        let origin = try Origin()
        let server = try GitHTTPServer(root: origin.root)
        let fixture = try MirrorFixture("\(server.base)/\(place)/\(origin.name)")
        #expect(try await fixture.mirror.fetch() == ["main": origin.commit])
        let second = try origin.repository.commit(["environments/defaults.yaml": "a: 2\n"], "More")
        #expect(try await fixture.mirror.fetch() == ["main": second])
        let files = try await fixture.mirror.snapshot(at: second, reusing: nil).files
        #expect(files["defaults.yaml"]?.bytes == Array("a: 2\n".utf8))
    }
}
