// SPDX-License-Identifier: Apache-2.0

import Domain
import Platform
import YAML

/// Defaults that a person or a repository keeps in a file: `.kubernaut.yaml` in the clone, then `config.yaml` of
/// the user. A flag or an environment variable wins over both.
struct Settings: Sendable {
    /// By flag name.
    private(set) var values: [String: String] = [:]
    /// Which of them a repository set, which anybody may have written.
    private(set) var fromRepository: Set<String> = []

    /// What a settings file may set.
    static let known = ["server", "token-file", "repo", "path", "env", "output", "color", "timeout"]

    static let none = Settings()

    /// - Throws: `.usage` for a file that says something else than settings.
    static func load(_ console: Console) throws(CommandError) -> Settings {
        var settings = Settings()
        if let path = userFile(console) { try settings.read(path, mayRedirect: true) }
        if let path = projectFile(console) { try settings.read(path, mayRedirect: false) }
        return settings
    }

    private static func userFile(_ console: Console) -> String? {
        if let named = console.variable("KUBERNAUT_CONFIG") { return console.path(named) }
        let base = console.variable("XDG_CONFIG_HOME") ?? console.variable("HOME").map { "\($0)/.config" }
        return base.map { "\($0)/kubernaut/config.yaml" }.flatMap { Files.exists($0) ? $0 : nil }
    }

    /// The nearest `.kubernaut.yaml` at or above the current folder, not beyond the clone.
    private static func projectFile(_ console: Console) -> String? {
        var folder = console.folder
        while true {
            let path = "\(folder)/.kubernaut.yaml"
            if Files.exists(path) { return path }
            guard !Files.exists("\(folder)/.git"), let slash = folder.lastIndex(of: "/"), slash != folder.startIndex
            else { return nil }
            folder = String(folder[..<slash])
        }
    }

    private mutating func read(_ path: String, mayRedirect: Bool) throws(CommandError) {
        let node: YAMLNode
        do {
            guard let first = try parseYAML(try Files.read(path, limit: 1 << 20)).first, !first.isNull else { return }
            node = first
        } catch {
            throw CommandError(.usage, "the settings file \(path) cannot be read: \(error)")
        }
        guard let members = node.members else {
            throw CommandError(.usage, "\(path): a map of settings is wanted")
        }
        for member in members {
            guard Self.known.contains(member.key) else {
                throw CommandError(
                    .usage, "\(path):\(member.keyMark): unknown setting \"\(member.key)\"",
                    hint: didYouMean(member.key, in: Self.known) ?? "known are \(Self.known.joined(separator: ", "))")
            }
            // A repository that names both could send a person's token anywhere.
            if !mayRedirect, member.key == "token-file" {
                throw CommandError(
                    .usage, "\(path):\(member.keyMark): a repository's settings must not name a token file",
                    hint: "keep it in your own configuration file")
            }
            guard let text = member.value.scalar?.text else {
                throw CommandError(.usage, "\(path):\(member.value.mark): \(member.key) must be a text")
            }
            values[member.key] = text
            if !mayRedirect { fromRepository.insert(member.key) }
        }
        // A token of the user goes only to a server that the user named.
        if !mayRedirect, members.contains(where: { $0.key == "server" }) { values["token-file"] = nil }
    }
}
