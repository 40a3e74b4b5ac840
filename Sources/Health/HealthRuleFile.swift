// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// Reads files of health rules: one document a table. The ones in `Rules/` come with kubernaut; `health/*.yaml` of a config
/// repository are read the same way.
struct HealthRuleFile {
    /// A health rule that cannot be used; see the catalogue of `Render`.
    static let code = "KN2701"

    private let path: String
    private(set) var tables: [(kinds: [KindPattern], table: HealthTable)] = []
    private(set) var diagnostics: [Diagnostic] = []

    init(_ bytes: [UInt8], path: String) {
        self.path = path
        do {
            for document in try parseYAML(bytes) where !document.isNull { read(document) }
        } catch {
            report("cannot be read: \(error.reason)", error.mark)
        }
    }

    private mutating func read(_ document: YAMLNode) {
        guard
            let members = members(
                of: document, "a table of health rules", ["kinds", "conditions", "rules", "otherwise"])
        else { return }
        let kinds = (members["kinds"]?.items ?? []).compactMap { kind($0) }
        guard !kinds.isEmpty else {
            return report("must name the kinds it is for: kinds: [Rollout.argoproj.io]", document.mark)
        }
        let conditions = members["conditions"]?.scalar.map { Self.path($0.text) } ?? HealthTable.usualConditions
        var rules: [HealthRule] = []
        for item in members["rules"]?.items ?? [] {
            if let rule = rule(item) { rules.append(rule) }
        }
        var otherwise: (HealthStatus, HealthText?)?
        if let node = members["otherwise"], let fields = self.members(of: node, "otherwise", ["health", "text"]),
            let health = health(fields["health"], node.mark)
        {
            otherwise = (health, text(fields["text"]))
        }
        tables.append((kinds, HealthTable(conditions: conditions, rules: rules, otherwise: otherwise)))
    }

    private mutating func rule(_ node: YAMLNode) -> HealthRule? {
        let known = ["condition", "field", "is", "because", "and", "health", "text"]
        guard let members = members(of: node, "a rule", known), let health = health(members["health"], node.mark),
            let first = test(members, node.mark)
        else { return nil }
        var tests = [first]
        for item in members["and"]?.items ?? [] {
            guard let members = self.members(of: item, "a test", ["condition", "field", "is", "because"]),
                let test = test(members, item.mark)
            else { return nil }
            tests.append(test)
        }
        return HealthRule(tests: tests, health: health, text: text(members["text"]))
    }

    private mutating func test(_ members: [String: YAMLNode], _ mark: YAMLMark) -> HealthTest? {
        let values = Set(words(members["is"]))
        switch (members["condition"]?.scalar?.text, members["field"]?.scalar?.text) {
        case (let type?, nil): return .condition(type: type, statuses: values, reasons: Set(words(members["because"])))
        case (nil, let path?): return .field(path: Self.path(path), values: values)
        default:
            report(
                "a rule is about either a condition or a field: {condition: Ready, is: \"True\", health: healthy}", mark
            )
            return nil
        }
    }

    private mutating func health(_ node: YAMLNode?, _ mark: YAMLMark) -> HealthStatus? {
        let allowed: [HealthStatus] = [.healthy, .progressing, .degraded, .suspended]
        let word = node?.scalar?.text ?? ""
        if let health = HealthStatus(rawValue: word), allowed.contains(health) { return health }
        let names = allowed.map(\.rawValue)
        let near = didYouMean(word, in: names).map { "; \($0)" } ?? ""
        report("health must be one of \(names.joined(separator: ", "))\(near)", node?.mark ?? mark)
        return nil
    }

    private mutating func text(_ node: YAMLNode?) -> HealthText? {
        guard let node, let words = node.scalar?.text else { return nil }
        if let text = HealthText(words) { return text }
        report("the text has a { without its }: fields are written {status.message}", node.mark)
        return nil
    }

    private mutating func kind(_ node: YAMLNode) -> KindPattern? {
        if let text = node.scalar?.text, let pattern = KindPattern(text) { return pattern }
        report("must be a kind and its group, such as Rollout.argoproj.io or *.*.example.org", node.mark)
        return nil
    }

    /// `is: "True"` and `is: ["True", "Unknown"]`.
    private func words(_ node: YAMLNode?) -> [String] {
        node?.items?.compactMap { $0.scalar?.text } ?? [node?.scalar?.text].compactMap(\.self)
    }

    private static func path(_ text: String) -> [String] { text.split(separator: ".").map(String.init) }

    /// Nil when it is no map. Unknown keys are reported, with the nearest known one.
    private mutating func members(of node: YAMLNode, _ what: String, _ known: [String]) -> [String: YAMLNode]? {
        guard let members = node.members else {
            report("\(what) must be a map", node.mark)
            return nil
        }
        var result: [String: YAMLNode] = [:]
        for member in members {
            if known.contains(member.key) {
                result[member.key] = member.value
            } else {
                let near = didYouMean(member.key, in: known).map { "; \($0)" } ?? ""
                report("unknown key \(member.key) in \(what)\(near)", member.keyMark)
            }
        }
        return result
    }

    private mutating func report(_ message: String, _ mark: YAMLMark) {
        let place = SourceLocation(file: path, line: Int(mark.line), column: Int(mark.column))
        diagnostics.append(Diagnostic(.error, Self.code, message, at: place))
    }
}

/// A kind with its group; `*` at the start of either stands for anything, for the families of operators that serve dozens of
/// groups: `*.*.services.k8s.aws`.
struct KindPattern: Sendable {
    /// Nil for any.
    let kind: String?
    let group: String
    /// Whether `group` is only how the group ends.
    let isFamily: Bool

    init?(_ text: String) {
        guard let dot = text.firstIndex(of: ".") else {
            guard !text.isEmpty, text != "*" else { return nil }
            (kind, group, isFamily) = (text, "", false)
            return
        }
        let kind = text[..<dot]
        let group = text[text.index(after: dot)...]
        isFamily = group.hasPrefix("*.")
        self.group = String(isFamily ? group.dropFirst() : group)
        self.kind = kind == "*" ? nil : String(kind)
        guard !kind.isEmpty, !self.group.isEmpty, !self.group.contains("*") else { return nil }
    }

    func matches(_ other: GroupKind) -> Bool {
        (kind == nil || kind == other.kind) && (isFamily ? other.group.hasSuffix(group) : other.group == group)
    }
}
