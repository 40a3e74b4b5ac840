// SPDX-License-Identifier: Apache-2.0

public import Domain
import YAML

/// What a file says, as far as it could be read, and everything that is wrong with it.
public struct Reading<Content: Sendable>: Sendable {
    /// Nil when the file cannot be used.
    public let content: Content?
    public let diagnostics: [Diagnostic]

    public init(content: Content?, diagnostics: [Diagnostic]) {
        self.content = content
        self.diagnostics = diagnostics
    }

    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// One YAML file of the config repository while it is read; collects every problem.
struct ConfigFile {
    /// As a person sees it from the repository's root.
    let path: String
    private(set) var diagnostics: [Diagnostic] = []
    /// The only document; nil when the file is unreadable, a null for an empty file.
    let root: YAMLNode?

    init(path: String, bytes: [UInt8], limits: FileLimits = .standard) {
        self.path = path
        var limits = limits
        limits.documents = 1
        do {
            let documents = try parseYAML(bytes, limits: limits)
            root = documents.first ?? .empty
        } catch {
            root = nil
            if let markers = ConflictMarkers(in: bytes) {
                diagnostics.append(
                    Diagnostic(
                        .error, Codes.conflictMarkers, markers.message,
                        at: SourceLocation(file: path, line: markers.first, column: 1), hint: ConflictMarkers.hint))
            } else {
                diagnostics.append(Diagnostic(yaml: error, file: path))
            }
        }
    }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    func location(_ mark: YAMLMark) -> SourceLocation {
        SourceLocation(file: path, line: Int(mark.line), column: Int(mark.column))
    }

    mutating func error(_ code: String, _ message: String, at mark: YAMLMark, hint: String? = nil) {
        diagnostics.append(Diagnostic(.error, code, message, at: location(mark), hint: hint))
    }

    mutating func warning(_ code: String, _ message: String, at mark: YAMLMark, hint: String? = nil) {
        diagnostics.append(Diagnostic(.warning, code, message, at: location(mark), hint: hint))
    }

    /// The members of a map whose keys are all known.
    ///
    /// - Returns: Nil, with an error, when `node` is no map. Empty for null.
    mutating func map(_ node: YAMLNode, _ subject: String, keys: [String]) -> KnownMembers? {
        if node.isNull { return KnownMembers() }
        guard let members = node.members else {
            error(Codes.badValue, "\(subject) must be a map, not a \(node.value.kindName)", at: node.mark)
            return nil
        }
        var known = KnownMembers()
        for member in members {
            if keys.contains(where: { $0.hasSameBytes(as: member.key) }) {
                known.members.append(member)
            } else {
                error(
                    Codes.unknownKey, "unknown key \"\(member.key)\" in \(subject)", at: member.keyMark,
                    hint: didYouMean(member.key, in: keys) ?? "known keys: \(keys.joined(separator: ", "))")
            }
        }
        return known
    }

    /// A text that is not empty; nil, with an error where the member is of another kind, when there is none.
    mutating func string(_ member: YAMLMember?) -> String? {
        guard let member, !member.value.isNull else { return nil }
        if let text = member.value.scalar?.value.string {
            if !text.isEmpty { return text }
            error(Codes.badValue, "\(member.key) is empty", at: member.value.mark)
        } else {
            badKind(member, "a string")
        }
        return nil
    }

    mutating func name(_ member: YAMLMember?) -> Name? {
        guard let member, let text = string(member) else { return nil }
        if let name = Name(text) { return name }
        error(Codes.badName, "\"\(text)\" is no name", at: member.value.mark, hint: "allowed: \(Name.rule)")
        return nil
    }

    mutating func names(_ member: YAMLMember?) -> [Name] {
        guard let member, !member.value.isNull else { return [] }
        guard let items = member.value.items else {
            badKind(member, "a list of names")
            return []
        }
        var names: [Name] = []
        for item in items {
            if let name = name(YAMLMember(key: member.key, keyMark: member.keyMark, value: item)) { names.append(name) }
        }
        return names
    }

    mutating func integer(_ member: YAMLMember?, in range: ClosedRange<Int64>) -> Int64? {
        guard let member, !member.value.isNull else { return nil }
        guard let number = member.value.scalar?.value.integer else {
            badKind(member, "a whole number")
            return nil
        }
        if range.contains(number) { return number }
        let bounds =
            range.upperBound == .max
            ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
        error(Codes.badValue, "\(member.key) must be \(bounds), not \(number)", at: member.value.mark)
        return nil
    }

    mutating func bool(_ member: YAMLMember?) -> Bool? {
        guard let member, !member.value.isNull else { return nil }
        if let truth = member.value.scalar?.value.bool { return truth }
        badKind(member, "true or false")
        return nil
    }

    mutating func instant(_ member: YAMLMember?) -> Instant? {
        guard let member, let text = string(member) else { return nil }
        if let instant = Instant(text) { return instant }
        error(
            Codes.badValue, "\(member.key) is no time: \"\(text)\"", at: member.value.mark,
            hint: "write it as 2026-08-22T13:55:02Z")
        return nil
    }

    mutating func duration(_ member: YAMLMember?, in range: ClosedRange<Duration>) -> Duration? {
        guard let member, let text = string(member) else { return nil }
        guard let duration = Duration(text: text) else {
            error(
                Codes.badValue, "\(member.key) is no duration: \"\(text)\"", at: member.value.mark,
                hint: "write it as 90s, 10m or 1h30m")
            return nil
        }
        if range.contains(duration) { return duration }
        error(
            Codes.badValue, "\(member.key) must be \(range.lowerBound.short) to \(range.upperBound.short), not \(text)",
            at: member.value.mark)
        return nil
    }

    /// One text, or a list of texts; empty, with an error where there is something else, when there is none.
    mutating func texts(_ member: YAMLMember?) -> [(text: String, mark: YAMLMark)] {
        guard let member, !member.value.isNull else { return [] }
        var texts: [(text: String, mark: YAMLMark)] = []
        for item in member.value.items ?? [member.value] {
            if item.isNull {
                error(Codes.badValue, "\(member.key) is empty", at: item.mark)
            } else if let text = string(YAMLMember(key: member.key, keyMark: member.keyMark, value: item)) {
                texts.append((text, item.mark))
            }
        }
        return texts
    }

    mutating func badKind(_ member: YAMLMember, _ wanted: String) {
        error(
            Codes.badValue, "\(member.key) must be \(wanted), not a \(member.value.value.kindName)",
            at: member.value.mark,
            hint: member.value.scalar?.style == .plain && wanted == "a string"
                ? "put it in quotes: \"\(member.value.scalar?.text ?? "")\"" : nil)
    }
}

/// The members of a map that a file may have; few, so a look at each is faster than a dictionary.
struct KnownMembers {
    fileprivate(set) var members: [YAMLMember] = []

    subscript(key: String) -> YAMLMember? { members.first { $0.key.hasSameBytes(as: key) } }
}

extension YAMLNode {
    /// What a file without any document means.
    static let empty = YAMLNode(
        content: .scalar(YAMLScalar(value: .null, text: "", style: .plain)), mark: YAMLMark(line: 1, column: 1))
}

extension Diagnostic {
    init(yaml error: YAMLError, file: String) {
        let code =
            switch error.code {
            case .duplicateKey: Codes.duplicateKey
            case .limit: Codes.limit
            default: Codes.yaml
            }
        let related = error.related.map { " (\($0.note) at \($0.mark))" } ?? ""
        self.init(
            .error, code, error.reason + related,
            at: SourceLocation(file: file, line: Int(error.mark.line), column: Int(error.mark.column)))
    }

    /// The same problem as a part of one service's rendering.
    func concerning(_ service: Name?) -> Diagnostic {
        Diagnostic(severity, code, message, at: location, hint: hint, service: service)
    }
}
