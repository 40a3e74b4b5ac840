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
        let disabled = warnings(members["warnings"], &file)
        let limits = limits(members["limits"], &file)
        guard let list = members["environments"] else {
            file.error(
                Codes.missingKey, "\(path) names no environments", at: root.mark,
                hint: "add environments: with one entry for each, in the order releases walk through them")
            return Reading(content: nil, diagnostics: file.diagnostics)
        }
        let environments = environments(list, &file)
        let policy = PolicyFile.read(
            teams: members["teams"], grants: members["grants"], environments: environments, &file)
        let pipeline =
            environments.isEmpty || file.hasErrors
            ? nil : Pipeline(environments: environments, disabledWarnings: disabled, limits: limits, policy: policy)
        return Reading(content: pipeline, diagnostics: file.diagnostics)
    }

    private static let rootKeys = ["environments", "teams", "grants", "warnings", "limits"]

    private static func environments(_ member: YAMLMember, _ file: inout ConfigFile) -> [Environment] {
        guard let items = member.value.items, !items.isEmpty else {
            file.error(
                Codes.badValue, "environments must be a list with one entry or more", at: member.value.mark,
                hint: "- name: production")
            return []
        }
        var environments: [Environment] = []
        for item in items {
            guard let environment = EnvironmentEntry.read(item, &file) else { continue }
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
        for environment in environments {
            guard let former = environment.formerly,
                let heir = environments.first(where: {
                    $0.name == former.name && $0.namespace == former.namespace && $0.cluster == environment.cluster
                })
            else { continue }
            file.error(
                Codes.badValue, "\(environment.name) was formerly \(heir.name), and there is a \(heir.name) still",
                at: member.value.mark, hint: "two environments cannot both own what \(heir.name) has in the cluster")
        }
        return environments
    }

    // MARK: Limits

    /// `{mebibytes: 16, nodes: 1000000}`; what is not named stays as it is.
    private static func limits(_ member: YAMLMember?, _ file: inout ConfigFile) -> FileLimits {
        var limits = FileLimits.standard
        let keys = ["mebibytes", "depth", "documents", "nodes"]
        guard let member, let members = file.map(member.value, "limits", keys: keys) else { return limits }
        if let size = file.integer(members["mebibytes"], in: FileLimits.mebibyteRange) {
            limits.bytes = Int(size) << 20
        }
        if let depth = file.integer(members["depth"], in: FileLimits.depthRange) { limits.depth = Int(depth) }
        if let count = file.integer(members["documents"], in: FileLimits.documentRange) {
            limits.documents = Int(count)
        }
        if let count = file.integer(members["nodes"], in: FileLimits.nodeRange) { limits.nodes = Int(count) }
        return limits
    }

    // MARK: Warnings

    /// `{KN2502: off}`, or a name instead of the code.
    private static func warnings(_ member: YAMLMember?, _ file: inout ConfigFile) -> Set<String> {
        var disabled = DiagnosticCatalogue.offByDefault
        guard let member, !member.value.isNull else { return disabled }
        guard let switches = member.value.members else {
            file.badKind(member, "a map from warnings to on or off")
            return disabled
        }
        let known = DiagnosticCatalogue.entries.filter(\.isSwitchable)
        for entry in switches {
            guard let warning = known.first(where: { $0.code == entry.key || $0.name == entry.key }) else {
                file.error(
                    Codes.unknownKey, "there is no warning \"\(entry.key)\"", at: entry.keyMark,
                    hint: didYouMean(entry.key, in: known.flatMap { [$0.code, $0.name] })
                        ?? "known: \(known.map(\.name).joined(separator: ", "))")
                continue
            }
            switch file.bool(entry) {
            case true?: disabled.remove(warning.code)
            case false?: disabled.insert(warning.code)
            case nil: break
            }
        }
        return disabled
    }
}
