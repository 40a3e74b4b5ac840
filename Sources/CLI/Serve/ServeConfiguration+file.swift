// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import Logging
import Platform
import Signatures
import YAML

/// A setting that cannot be used: what, where and what would be right.
struct ConfigurationError: Error, CustomStringConvertible {
    let description: String
}

extension ServeConfiguration {
    /// Takes over what a configuration file sets. Unknown keys are errors that name the nearest known one.
    ///
    /// - Throws: `ConfigurationError` with file, line and column.
    mutating func read(file path: String) throws {
        let documents: [YAMLNode]
        do {
            documents = try parseYAML(try Files.read(path, limit: 1 << 20))
        } catch {
            throw ConfigurationError(description: "reading the configuration \(path): \(error)")
        }
        guard let top = documents.first, !top.isNull else { return }
        let reader = SettingsReader(file: path)
        for (key, node) in try reader.members(
            of: top,
            known: [
                "repository", "signatures", "state", "listen", "hosts", "poll", "cluster", "clusters", "leases", "log",
                "login", "store", "webhooks", "notifications", "tls", "trustedProxies", "forwardedHeader",
            ])
        {
            switch key {
            case "repository": try read(repository: node, reader)
            case "signatures": try read(signatures: node, reader)
            case "state": state = try reader.text(node)
            case "store": try read(store: node, reader)
            case "listen": listen = try reader.parse(node, "ADDRESS:PORT such as 127.0.0.1:8080") { ListenAddress($0) }
            case "login": try read(login: node, reader)
            case "hosts": hosts = try reader.items(node).map(reader.text)
            case "poll": poll = try reader.parse(node, "a duration such as 30s", Self.pollInterval)
            case "cluster": cluster = try Self.read(cluster: node, reader)
            case "clusters":
                for (name, node) in try reader.members(of: node, known: nil) {
                    clusters[name] = try Self.read(cluster: node, reader)
                }
            case "leases": try read(leases: node, reader)
            case "notifications": try read(notifications: node, reader)
            case "tls": try read(tls: node, reader)
            case "trustedProxies":
                trustedProxies = try reader.items(node).map { node in
                    try reader.parse(node, "an address, or a range such as 10.0.0.0/8") { NetworkRange($0) }
                }
            case "forwardedHeader":
                forwardedHeader = try reader.parse(node, "x-forwarded-for or forwarded") {
                    TrustedProxies.Field(rawValue: $0.lowercased())
                }
            case "webhooks": try read(webhooks: node, reader)
            default: try read(log: node, reader)
            }
        }
    }

    /// A poll interval in 1 s...24 h.
    static func pollInterval(_ text: String) -> Duration? {
        Duration(text: text).flatMap { (.seconds(1)...(.seconds(86_400))).contains($0) ? $0 : nil }
    }

    private mutating func read(repository node: YAMLNode, _ reader: SettingsReader) throws {
        let known = ["url", "path", "policyBranch", "tokenFile", "sshKey", "knownHosts", "authorityFile", "signingKey"]
        for (key, node) in try reader.members(of: node, known: known) {
            let text = try reader.text(node)
            switch key {
            case "url": repository.url = text
            case "path": repository.path = text
            case "policyBranch": repository.policyBranch = text
            case "tokenFile": repository.tokenFile = text
            case "sshKey": repository.sshKey = text
            case "knownHosts": repository.knownHosts = text
            case "signingKey": repository.signingKey = text
            default: repository.authorityFile = text
            }
        }
    }

    private mutating func read(signatures node: YAMLNode, _ reader: SettingsReader) throws {
        let known = ["mode", "branches", "allowedSigners", "revokedSigners", "keyring", "trusted"]
        for (key, node) in try reader.members(of: node, known: known) {
            switch key {
            case "mode": signatures.mode = try Self.read(mode: node, reader)
            case "branches":
                for (branch, node) in try reader.members(of: node, known: nil) {
                    signatures.branches[branch] = try Self.read(mode: node, reader)
                }
            case "allowedSigners": signatures.allowedSigners = try reader.text(node)
            case "revokedSigners": signatures.revokedSigners = try reader.text(node)
            case "keyring": signatures.keyring = try reader.text(node)
            default:
                let commits = try reader.items(node).map { node in
                    try reader.parse(node, "a commit's id of 40 hexadecimal digits") { CommitID($0) }
                }
                signatures.trusted = Set(commits)
            }
        }
    }

    private mutating func read(store node: YAMLNode, _ reader: SettingsReader) throws {
        // Never quoted: it may hold a password.
        func url(_ node: YAMLNode) throws -> Secret {
            do {
                return try StorePlace.parsed(try reader.text(node), from: "store")
            } catch let error as ConfigurationError {
                throw reader.error(node.mark, error.description)
            }
        }
        guard node.scalar == nil else {
            store.url = try url(node)
            return
        }
        for (key, node) in try reader.members(of: node, known: ["url", "passwordFile"]) {
            if key == "url" { store.url = try url(node) } else { store.passwordFile = try reader.text(node) }
        }
        guard store.url != nil else { throw reader.error(node.mark, "must say url: where the database is") }
    }

    private static func read(mode node: YAMLNode, _ reader: SettingsReader) throws -> SignatureMode {
        // YAML reads a bare `off` as a truth value.
        if node.value == .bool(false) { return .off }
        return try reader.parse(node, "off, warn or require") { SignatureMode(rawValue: $0) }
    }

    private mutating func read(login node: YAMLNode, _ reader: SettingsReader) throws {
        var login = Login()
        var isComplete = false
        for (key, node) in try reader.members(of: node, known: ["url", "keyFile", "github", "local"]) {
            switch key {
            case "url":
                login.publicURL = try reader.parse(node, "an address such as https://kubernaut.example.org") { text in
                    let isWeb =
                        text.hasPrefix("https://") || text.hasPrefix("http://127.0.0.1")
                        || text.hasPrefix("http://localhost")
                    return isWeb && !text.hasSuffix("/") ? text : nil
                }
            case "keyFile": login.keyFile = try reader.text(node)
            case "local":
                localRole = try reader.parse(node, "observer, developer, maintainer or admin") { Role(rawValue: $0) }
            default:
                isComplete = true
                try Self.read(github: node, into: &login, reader)
            }
        }
        guard isComplete else {
            if localRole == nil { throw reader.error(node.mark, "must say github: or local:") }
            return
        }
        guard localRole == nil else {
            throw reader.error(node.mark, "must say either github: or local:, for whom GitHub knows needs no open door")
        }
        guard !login.publicURL.isEmpty else {
            throw reader.error(node.mark, "must say url: how browsers reach the pages")
        }
        self.login = login
    }

    private static func read(github node: YAMLNode, into login: inout Login, _ reader: SettingsReader) throws {
        let known = ["clientID", "clientSecretFile", "organizations", "webURL", "apiURL", "authorityFile"]
        for (key, node) in try reader.members(of: node, known: known) {
            switch key {
            case "clientID": login.clientID = try reader.text(node)
            case "clientSecretFile": login.clientSecretFile = try reader.text(node)
            case "organizations":
                login.organizations = try reader.items(node).map { node in
                    try reader.parse(node, "an organization's login") { isGitHubName($0) ? $0 : nil }
                }
            case "webURL": login.webURL = try reader.text(node)
            case "apiURL": login.apiURL = try reader.text(node)
            default: login.authorityFile = try reader.text(node)
            }
        }
        // Empty would mean everybody with an account at GitHub.
        guard !login.clientID.isEmpty, !login.clientSecretFile.isEmpty, !login.organizations.isEmpty else {
            throw reader.error(node.mark, "needs clientID, clientSecretFile and at least one of organizations")
        }
    }

    private static func read(cluster node: YAMLNode, _ reader: SettingsReader) throws -> Cluster {
        if node.scalar?.text == "embedded" { return .embedded }
        var file: String?
        var context: String?
        for (key, node) in try reader.members(of: node, known: ["kubeconfig", "context"]) {
            if key == "kubeconfig" { file = try reader.text(node) } else { context = try reader.text(node) }
        }
        return .kubeconfig(file: file, context: context)
    }

    private mutating func read(leases node: YAMLNode, _ reader: SettingsReader) throws {
        func mode(_ node: YAMLNode) throws -> Leases {
            // YAML reads a bare `on` as a truth value; the text is what counts.
            try reader.parse(node, "auto, on or off") { Leases(rawValue: $0) }
        }
        guard node.scalar == nil else {
            leases = try mode(node)
            return
        }
        for (key, node) in try reader.members(of: node, known: ["mode", "duration"]) {
            if key == "mode" {
                leases = try mode(node)
            } else {
                leaseDuration = try reader.parse(node, "whole seconds, 3s to 1h") { text in
                    Duration(text: text).flatMap {
                        $0.components.attoseconds == 0 && (.seconds(3)...(.seconds(3600))).contains($0) ? $0 : nil
                    }
                }
            }
        }
    }

    private mutating func read(log node: YAMLNode, _ reader: SettingsReader) throws {
        for (key, node) in try reader.members(of: node, known: ["format", "level"]) {
            if key == "format" {
                logFormat = try reader.parse(node, "json or text") { Logger.Format(rawValue: $0) }
            } else {
                logLevel = try reader.parse(node, "debug, info, notice, warning or error") {
                    Logger.Level(rawValue: $0)
                }
            }
        }
    }
}

/// Reads settings from located YAML, so that every complaint has a place.
struct SettingsReader {
    let file: String

    /// - Parameter known: Nil when any key may come.
    func members(of node: YAMLNode, known: [String]?) throws -> [(String, YAMLNode)] {
        guard let members = node.members else { throw error(node.mark, "must be a map") }
        return try members.map { member in
            if let known, !known.contains(member.key) {
                let hint = didYouMean(member.key, in: known).map { "; \($0)" } ?? ""
                throw error(member.keyMark, "unknown setting \(member.key)\(hint)")
            }
            return (member.key, member.value)
        }
    }

    func items(_ node: YAMLNode) throws -> [YAMLNode] {
        guard let items = node.items else { throw error(node.mark, "must be a list") }
        return items
    }

    func text(_ node: YAMLNode) throws -> String {
        guard let text = node.scalar?.text, !text.isEmpty else { throw error(node.mark, "must be a text") }
        return text
    }

    func parse<Result>(_ node: YAMLNode, _ rule: String, _ parse: (String) -> Result?) throws -> Result {
        guard let result = parse(try text(node)) else { throw error(node.mark, "must be \(rule)") }
        return result
    }

    func error(_ mark: YAMLMark, _ message: String) -> ConfigurationError {
        ConfigurationError(description: "\(file):\(mark): \(message)")
    }
}
