// SPDX-License-Identifier: Apache-2.0

public import Domain

/// A config repository as everybody shares it: bare, with the branches dev and staging, and a clone to push from as a
/// person would.
public final class ConfigRemote: Sendable {
    public let bare: GitRepositoryFixture
    private let clone: GitRepositoryFixture

    public var path: String { bare.path }

    /// What commands need to commit as somebody, and nothing of this machine.
    public static let environment = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
    ]

    public static let template = """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{service}}
        data:
          image: {{image}}
          color: {{color}}

        """

    public static func record(_ service: String, _ version: String) -> String {
        "service: \(service)\nversion: \(version)\nimage: registry.example.com/\(service):\(version)\n"
    }

    /// - Parameter services: Each begins at 1.0.0 in dev and staging.
    public init(services: [String] = ["cart", "mail"]) throws {
        bare = try GitRepositoryFixture(isBare: true)
        clone = try GitRepositoryFixture()
        try bare.git("symbolic-ref", "HEAD", "refs/heads/dev")
        var files: [String: String?] = [
            "environments/kubernaut.yaml": "environments: [dev, staging]\n",
            "environments/defaults.yaml": "color: green\n", "environments/templates/default.yaml": Self.template,
        ]
        for service in services {
            files["environments/releases/\(service).yaml"] = Self.record(service, "1.0.0")
            files["environments/services/\(service).yaml"] = "team: shop\n"
        }
        try clone.git("checkout", "--quiet", "-b", "dev")
        try clone.commit(files, "Begin")
        try clone.git("remote", "add", "origin", bare.path)
        try clone.git("push", "--quiet", "origin", "dev", "dev:staging")
    }

    /// A person's commit on top of what is there, pushed.
    @discardableResult
    public func commit(_ files: [String: String?], on branch: String = "dev", _ message: String = "Change files") throws
        -> CommitID
    {
        try clone.git("fetch", "--quiet", "origin")
        try clone.git("checkout", "--quiet", "-B", branch, "origin/\(branch)")
        let id = try clone.commit(files, message)
        try clone.git("push", "--quiet", "origin", branch)
        return id
    }

    /// A file of the config root as it stands on a branch; nil when it is not there.
    public func text(_ path: String, on branch: String = "dev") -> String? {
        // Git ends with an error for a file that is not there.
        try? bare.git("show", "\(branch):environments/\(path)")
    }
}
