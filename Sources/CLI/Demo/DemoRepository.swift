// SPDX-License-Identifier: Apache-2.0

import Lifecycle
import Platform

/// A throw-away config repository: a bare remote, and a clone in which to work as a person would, with `git`.
struct DemoRepository: Sendable {
    /// The bare repository that the daemon follows.
    let remote: String
    /// The clone.
    let clone: String

    /// Makes both in `folder`, with the branches dev, staging and production at one first commit.
    ///
    /// - Parameter template: A folder with a config root (`kubernaut.yaml` at its top), copied as `environments/`.
    /// - Throws: `DemoFailure` naming the git command that failed.
    init(in folder: String, template: String) throws {
        remote = "\(folder)/config.git"
        clone = "\(folder)/config"
        try Files.makeFolder(clone)
        try Self.copy(template, to: "\(clone)/environments")
        try git("init", "--quiet", "--initial-branch=dev")
        try git("config", "user.name", "Kim Demo")
        try git("config", "user.email", "kim@example.org")
        try git("config", "push.default", "current")
        try git("add", ".")
        try git("commit", "--quiet", "-m", "Add the shop")
        try git("branch", "staging")
        try git("branch", "production")
        try git("clone", "--quiet", "--bare", ".", remote)
        try git("remote", "add", "origin", remote)
        try git("fetch", "--quiet", "origin")
    }

    /// Runs git in the clone and gives back what it printed, without the last newline.
    @discardableResult
    func git(_ arguments: String...) throws -> String {
        try DemoTool.run(["git"] + arguments, folder: clone)
    }

    func read(_ file: String) throws -> String {
        String(decoding: try Files.read("\(clone)/environments/\(file)"), as: UTF8.self)
    }

    /// Checks out `branch`, writes the files, commits and pushes.
    func commit(_ files: [String: String], on branch: String, message: String) throws {
        try git("checkout", "--quiet", branch)
        for (file, text) in files { try Files.write(Array(text.utf8), to: "\(clone)/environments/\(file)") }
        try git("commit", "--quiet", "--all", "-m", message)
        try git("push", "--quiet", "origin", branch)
    }

    private static func copy(_ source: String, to target: String) throws {
        try Files.makeFolder(target)
        for name in try Files.list(source) {
            let (from, to) = ("\(source)/\(name)", "\(target)/\(name)")
            if Files.isFolder(from) {
                try copy(from, to: to)
            } else {
                try Files.write(try Files.read(from), to: to)
            }
        }
    }
}

/// A step of the demo did not come out as it should.
struct DemoFailure: Error, CustomStringConvertible {
    let description: String
}

/// Other programs that the demo uses as a person would.
enum DemoTool {
    /// Runs a program to its end; a minute at most.
    ///
    /// - Throws: `DemoFailure` with what the program said.
    static func run(_ command: [String], folder: String) throws -> String {
        let watch = TransferWatch(TransferLimits(idle: .seconds(60), total: .seconds(60)), flag: CancellationFlag())
        let outcome = try ChildProcess.run(command, folder: folder, watch: watch)
        guard outcome.status.isSuccess else {
            let said = outcome.errorText.isEmpty ? outcome.outputText : outcome.errorText
            throw DemoFailure(description: "\(command.joined(separator: " ")): \(outcome.status): \(said)")
        }
        let text = outcome.outputText
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
