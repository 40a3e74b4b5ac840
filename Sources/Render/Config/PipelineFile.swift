// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// Reads `kubernaut.yaml`.
enum PipelineFile {
    static let path = "kubernaut.yaml"

    static func read(_ bytes: [UInt8], path: String) -> Reading<Pipeline> {
        var file = ConfigFile(path: path, bytes: bytes)
        guard let root = file.root, let members = file.map(root, path, keys: rootKeys) else {
            return Reading(content: nil, diagnostics: file.diagnostics)
        }
        teams(members["teams"], &file)
        grants(members["grants"], &file)
        let disabled = warnings(members["warnings"], &file)
        guard let list = members["environments"] else {
            file.error(
                Codes.missingKey, "\(path) names no environments", at: root.mark,
                hint: "add environments: with one entry for each, in the order releases walk through them")
            return Reading(content: nil, diagnostics: file.diagnostics)
        }
        let environments = environments(list, &file)
        let pipeline =
            environments.isEmpty || file.hasErrors
            ? nil : Pipeline(environments: environments, disabledWarnings: disabled)
        return Reading(content: pipeline, diagnostics: file.diagnostics)
    }

    private static let rootKeys = ["environments", "teams", "grants", "warnings"]
    private static let environmentKeys = ["name", "branch", "cluster", "namespace", "apply", "prune"]

    private static func environments(_ member: YAMLMember, _ file: inout ConfigFile) -> [Environment] {
        guard let items = member.value.items, !items.isEmpty else {
            file.error(
                Codes.badValue, "environments must be a list with one entry or more", at: member.value.mark,
                hint: "- name: production")
            return []
        }
        var environments: [Environment] = []
        for item in items {
            guard let environment = environment(item, &file) else { continue }
            if environments.contains(where: { $0.name == environment.name }) {
                file.error(Codes.badValue, "the environment \(environment.name) comes twice", at: item.mark)
            } else if let other = environments.first(where: { $0.branch == environment.branch }) {
                file.error(
                    Codes.badValue,
                    "the environments \(other.name) and \(environment.name) follow the same branch \(other.branch)",
                    at: item.mark)
            } else {
                environments.append(environment)
            }
        }
        return environments
    }

    private static func environment(_ node: YAMLNode, _ file: inout ConfigFile) -> Environment? {
        if node.scalar?.value.string != nil {
            let member = YAMLMember(key: "name", keyMark: node.mark, value: node)
            return file.name(member).map { Environment(name: $0) }
        }
        guard let members = file.map(node, "an environment", keys: environmentKeys) else { return nil }
        guard let name = file.name(members["name"]) else {
            if members["name"] == nil { file.error(Codes.missingKey, "the environment has no name", at: node.mark) }
            return nil
        }
        let namespace = file.name(members["namespace"])
        return Environment(
            name: name, branch: branch(members["branch"], &file), cluster: file.name(members["cluster"])?.text,
            namespace: namespace?.text, applyMode: applyMode(members["apply"], &file) ?? .serverSide,
            prune: prune(members["prune"], &file))
    }

    /// A branch name as git allows it, without `refs/heads/`.
    private static func branch(_ member: YAMLMember?, _ file: inout ConfigFile) -> String? {
        guard let member, let text = file.string(member) else { return nil }
        let isForbidden =
            text.hasPrefix("refs/") || text.hasPrefix("-") || text.hasPrefix("/") || text.hasSuffix("/")
            || text.hasSuffix(".lock") || text.contains("..") || text.contains("//") || text.contains("@{")
            || text.utf8.contains { $0 <= 0x20 || $0 == 0x7F || "~^:?*[\\".utf8.contains($0) }
        if !isForbidden { return text }
        file.error(
            Codes.badName, "\"\(text)\" is no branch name", at: member.value.mark,
            hint: text.hasPrefix("refs/heads/") ? "leave refs/heads/ out" : nil)
        return nil
    }

    private static func applyMode(_ member: YAMLMember?, _ file: inout ConfigFile) -> Environment.ApplyMode? {
        guard let member, let text = file.string(member) else { return nil }
        if let mode = Environment.ApplyMode(rawValue: text) { return mode }
        let modes = Environment.ApplyMode.allCases.map(\.rawValue)
        file.error(
            Codes.badValue, "apply cannot be \"\(text)\"", at: member.value.mark,
            hint: didYouMean(text, in: modes) ?? "known: \(modes.joined(separator: ", "))")
        return nil
    }

    private static func prune(_ member: YAMLMember?, _ file: inout ConfigFile) -> PruneBudget {
        let standard = PruneBudget()
        guard let member, let members = file.map(member.value, "prune", keys: ["limit", "percent"]) else {
            return standard
        }
        return PruneBudget(
            limit: file.integer(members["limit"], in: 0...1_000_000).map(Int.init) ?? standard.limit,
            percent: file.integer(members["percent"], in: 0...100).map(Int.init) ?? standard.percent)
    }

    // MARK: People

    /// `{shop: {github: acme/shop}}` or a list of names.
    private static func teams(_ member: YAMLMember?, _ file: inout ConfigFile) {
        guard let member, !member.value.isNull, member.value.items == nil else { return }
        guard let teams = member.value.members else { return file.badKind(member, "a map of teams") }
        for team in teams {
            if Name(team.key) == nil {
                file.error(
                    Codes.badName, "\"\(team.key)\" is no name", at: team.keyMark, hint: "allowed: \(Name.rule)")
            }
            _ = file.map(team.value, "a team", keys: ["github", "contact", "description"])
        }
    }

    private static func grants(_ member: YAMLMember?, _ file: inout ConfigFile) {
        guard let member, !member.value.isNull else { return }
        guard let items = member.value.items else { return file.badKind(member, "a list of grants") }
        for item in items {
            _ = file.map(item, "a grant", keys: ["team", "teams", "user", "users", "role", "environments", "services"])
        }
    }

    // MARK: Warnings

    /// `{KN2502: off}`, or a name instead of the code.
    private static func warnings(_ member: YAMLMember?, _ file: inout ConfigFile) -> Set<String> {
        guard let member, !member.value.isNull else { return [] }
        guard let switches = member.value.members else {
            file.badKind(member, "a map from warnings to on or off")
            return []
        }
        let known = DiagnosticCatalogue.entries.filter(\.isSwitchable)
        var disabled = Set<String>()
        for entry in switches {
            guard let warning = known.first(where: { $0.code == entry.key || $0.name == entry.key }) else {
                file.error(
                    Codes.unknownKey, "there is no warning \"\(entry.key)\"", at: entry.keyMark,
                    hint: didYouMean(entry.key, in: known.flatMap { [$0.code, $0.name] })
                        ?? "known: \(known.map(\.name).joined(separator: ", "))")
                continue
            }
            if file.bool(entry) == false { disabled.insert(warning.code) }
        }
        return disabled
    }
}
