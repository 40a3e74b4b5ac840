// SPDX-License-Identifier: Apache-2.0

public import Domain
import Platform

/// A repository in a temporary folder, written with the real `git`, deaf to the configuration of this machine.
public final class GitRepositoryFixture: Sendable {
    public let folder: TemporaryFolder
    public var path: String { folder.path }

    /// - Parameter isBare: A bare repository receives pushes; a clone has files to edit. The branch is `main`.
    public init(isBare: Bool = false) throws {
        folder = try TemporaryFolder("git")
        try git(["init", "--quiet", "--initial-branch=main"] + (isBare ? ["--bare"] : []))
        // What smart HTTP asks before it accepts a push, and what lets a test push to a checked-out branch.
        try git(["config", "http.receivepack", "true"])
        try git(["config", "receive.denyCurrentBranch", "ignore"])
        try git(["config", "gc.auto", "0"])
    }

    public static let environment = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Kim", "GIT_AUTHOR_EMAIL": "kim@example.org", "GIT_COMMITTER_NAME": "Kim",
        "GIT_COMMITTER_EMAIL": "kim@example.org", "GIT_TERMINAL_PROMPT": "0",
    ]

    /// Runs git in the repository and gives back what it prints.
    @discardableResult
    public func git(_ arguments: [String], input: String = "") throws -> String {
        try runCommand(
            ["git", "-c", "protocol.file.allow=always"] + arguments, environment: Self.environment, folder: path,
            input: input)
    }

    @discardableResult
    public func git(_ arguments: String...) throws -> String { try git(arguments) }

    public func write(_ text: String, to file: String) throws { try write(Array(text.utf8), to: file) }

    public func write(_ bytes: [UInt8], to file: String) throws {
        if let slash = file.lastIndex(of: "/") { try Files.makeFolder("\(path)/\(file[..<slash])") }
        try Files.write(bytes, to: "\(path)/\(file)")
    }

    /// Writes the files (nil removes one) and commits everything that changed.
    @discardableResult
    public func commit(_ files: [String: String?], _ message: String = "Change files") throws -> CommitID {
        for (file, text) in files {
            if let text { try write(text, to: file) } else { try Files.remove("\(path)/\(file)") }
        }
        try git("add", "--all", "--force")
        try git("commit", "--quiet", "--allow-empty", "--message", message)
        return try head()
    }

    /// The commit that is checked out, or the head of a branch.
    public func head(_ revision: String = "HEAD") throws -> CommitID {
        let text = try git("rev-parse", "--verify", revision + "^{commit}")
        guard let id = CommitID(text) else { throw CommandFailure(description: "no commit id: \(text)") }
        return id
    }
}
