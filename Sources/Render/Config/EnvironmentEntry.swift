// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// Reads one entry of `environments` in `kubernaut.yaml`: a name, or a map.
enum EnvironmentEntry {
    private static let keys = [
        "name", "branch", "cluster", "namespace", "apply", "prune", "suspend", "ignore", "adopt", "health",
        "formerly",
    ]

    static func read(_ node: YAMLNode, _ file: inout ConfigFile) -> Environment? {
        if node.scalar?.value.string != nil {
            let member = YAMLMember(key: "name", keyMark: node.mark, value: node)
            return file.name(member).map { Environment(name: $0) }
        }
        guard let members = file.map(node, "an environment", keys: keys) else { return nil }
        guard let name = file.name(members["name"]) else {
            if members["name"]?.value.isNull ?? true {
                file.error(Codes.missingKey, "the environment has no name", at: node.mark)
            }
            return nil
        }
        let namespace = file.name(members["namespace"])
        return Environment(
            name: name, branch: branch(members["branch"], &file), cluster: file.name(members["cluster"])?.text,
            namespace: namespace?.text, applyMode: applyMode(members["apply"], &file) ?? .serverSide,
            prune: prune(members["prune"], &file), suspension: suspension(members["suspend"], &file),
            ignored: ignored(members["ignore"], &file), adoptsExisting: file.bool(members["adopt"]) ?? false,
            healthTimeout: healthTimeout(members["health"], &file),
            formerly: former(members["formerly"], newNamespace: namespace, &file))
    }

    /// A name, or a map with the namespace too. Without it: the namespace that is set now, which a new name leaves as
    /// it was, else the old name.
    private static func former(
        _ member: YAMLMember?, newNamespace: Name?, _ file: inout ConfigFile
    ) -> FormerEnvironment? {
        guard let member, !member.value.isNull else { return nil }
        if member.value.members == nil {
            return file.name(member).map { FormerEnvironment(name: $0, namespace: newNamespace?.text) }
        }
        guard let members = file.map(member.value, "formerly", keys: ["name", "namespace"]) else { return nil }
        let namespace = file.name(members["namespace"]) ?? newNamespace
        guard let name = file.name(members["name"]) else {
            if members["name"] == nil { file.error(Codes.missingKey, "formerly has no name", at: member.value.mark) }
            return nil
        }
        return FormerEnvironment(name: name, namespace: namespace?.text)
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

    /// `{reason: …, by: …, until: …}`; the reason is what people on call will look for.
    private static func suspension(_ member: YAMLMember?, _ file: inout ConfigFile) -> Suspension? {
        guard let member, !member.value.isNull else { return nil }
        guard let members = file.map(member.value, "suspend", keys: ["reason", "by", "until"]) else { return nil }
        let by = file.string(members["by"])
        let until = file.instant(members["until"])
        guard let reason = file.string(members["reason"]) else {
            if members["reason"]?.value.isNull ?? true {
                file.error(
                    Codes.missingKey, "suspend gives no reason", at: member.value.mark,
                    hint: "add reason: why nothing is written to the cluster")
            }
            return nil
        }
        return Suspension(reason: reason, by: by, until: until, location: file.location(member.keyMark))
    }

    private static func healthTimeout(_ member: YAMLMember?, _ file: inout ConfigFile) -> Duration? {
        guard let member, let members = file.map(member.value, "health", keys: ["timeout"]) else { return nil }
        return file.duration(members["timeout"], in: .seconds(1)...(.seconds(86_400)))
    }

    // MARK: Ignore rules

    private static func ignored(_ member: YAMLMember?, _ file: inout ConfigFile) -> [IgnoreRule] {
        guard let member, !member.value.isNull else { return [] }
        guard let items = member.value.items else {
            file.badKind(member, "a list of rules")
            return []
        }
        var rules: [IgnoreRule] = []
        for item in items {
            if let rule = ignoreRule(item, &file) { rules.append(rule) }
        }
        return rules
    }

    private static func ignoreRule(_ node: YAMLNode, _ file: inout ConfigFile) -> IgnoreRule? {
        let keys = ["group", "kind", "namespace", "name", "jsonPointers"]
        guard let members = file.map(node, "an ignore rule", keys: keys) else { return nil }
        let pointers = pointers(members["jsonPointers"], node, &file)
        // The core group is named by an empty text, which is no name anywhere else.
        let isCore = members["group"]?.value.scalar?.value.string?.isEmpty ?? false
        let group = isCore ? Glob("") : file.string(members["group"]).map { Glob($0) }
        let namespace = file.string(members["namespace"]).map { Glob($0) }
        let name = file.string(members["name"]).map { Glob($0) }
        guard let kind = file.string(members["kind"]) else {
            if members["kind"]?.value.isNull ?? true {
                file.error(
                    Codes.missingKey, "the ignore rule has no kind", at: node.mark,
                    hint: "write kind: \"*\" for every kind")
            }
            return nil
        }
        guard !pointers.isEmpty else { return nil }
        return IgnoreRule(
            group: group, kind: Glob(kind), namespace: namespace, name: name, pointers: pointers,
            location: file.location(node.mark))
    }

    private static func pointers(_ member: YAMLMember?, _ rule: YAMLNode, _ file: inout ConfigFile) -> [JSONPointer] {
        guard let member, !member.value.isNull, member.value.items?.isEmpty != true else {
            file.error(
                Codes.missingKey, "the ignore rule has no jsonPointers", at: rule.mark,
                hint: "name the fields: [/spec/replicas]")
            return []
        }
        var pointers: [JSONPointer] = []
        for (text, mark) in file.texts(member) {
            guard let pointer = JSONPointer(text) else {
                let asPath = FieldPath(text).flatMap(Self.pointerText)
                file.error(
                    Codes.badValue, "\"\(text)\" is no JSON pointer", at: mark,
                    hint: asPath.map { "write \($0)" }
                        ?? "the form is /spec/replicas, with ~1 for a slash inside a name")
                continue
            }
            if isIdentity(pointer) {
                file.error(
                    Codes.badValue, "\(pointer) cannot be ignored: it says which object this is, or that it is ours",
                    at: mark)
                continue
            }
            pointers.append(pointer)
        }
        return pointers
    }

    /// What `spec.replicas` is as a pointer.
    private static func pointerText(_ path: FieldPath) -> String? {
        let parts = path.steps.map { step in
            switch step {
            case .key(let key): "/" + JSONPointer.escaped(key)
            case .index(let index): "/\(index)"
            }
        }
        return parts.count > 1 ? parts.joined() : nil
    }

    private static func isIdentity(_ pointer: JSONPointer) -> Bool {
        switch pointer.steps {
        case ["apiVersion"], ["kind"], ["metadata"], ["*"], ["metadata", "name"], ["metadata", "namespace"],
            ["metadata", "*"], ["metadata", "labels"], ["metadata", "annotations"], ["metadata", "labels", "*"],
            ["metadata", "annotations", "*"]:
            true
        default:
            pointer.steps.starts(with: ["metadata", "labels"])
                || pointer.steps.starts(with: ["metadata", "annotations"])
                ? pointer.steps[2].hasPrefix("kubernaut.dev/") || pointer.steps[2].hasPrefix("applyset.kubernetes.io/")
                : false
        }
    }
}
