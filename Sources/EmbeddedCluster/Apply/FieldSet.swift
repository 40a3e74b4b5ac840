// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

/// A set of fields of one object, as `metadata.managedFields[].fieldsV1` writes it.
///
/// A tree: each step is the key that FieldsV1 uses (`f:spec`, `k:{"name":"web"}`, `v:"x"`), each node says whether
/// the field itself is in the set. A field may be in the set without what is below it, and the other way round.
struct FieldSet: Sendable, Hashable {
    var isMember = false
    var children: [String: FieldSet] = [:]

    var isEmpty: Bool { !isMember && children.isEmpty }

    static let leaf = FieldSet(isMember: true)

    mutating func insert(_ path: some Collection<String>) {
        guard let first = path.first else {
            isMember = true
            return
        }
        children[first, default: FieldSet()].insert(path.dropFirst())
    }

    func union(_ other: FieldSet) -> FieldSet {
        FieldSet(isMember: isMember || other.isMember, children: children.merging(other.children) { $0.union($1) })
    }

    func intersection(_ other: FieldSet) -> FieldSet {
        var result = FieldSet(isMember: isMember && other.isMember)
        for (step, child) in children {
            guard let match = other.children[step] else { continue }
            let both = child.intersection(match)
            if !both.isEmpty { result.children[step] = both }
        }
        return result
    }

    /// Takes out the fields of `other`; what is below them stays.
    func difference(_ other: FieldSet) -> FieldSet {
        var result = FieldSet(isMember: isMember && !other.isMember)
        for (step, child) in children {
            let rest = other.children[step].map { child.difference($0) } ?? child
            if !rest.isEmpty { result.children[step] = rest }
        }
        return result
    }

    /// Takes out the fields of `other` with all that is below them.
    func recursiveDifference(_ other: FieldSet) -> FieldSet {
        if other.isMember { return FieldSet() }
        var result = FieldSet(isMember: isMember)
        for (step, child) in children {
            let rest = other.children[step].map { child.recursiveDifference($0) } ?? child
            if !rest.isEmpty { result.children[step] = rest }
        }
        return result
    }

    /// Adds every named field of a type on the way to a member.
    func withNamedFields(_ schema: Schema) -> FieldSet {
        var result = FieldSet(isMember: isMember)
        for (step, child) in children {
            var below = child.withNamedFields(schema.descending(step))
            if !child.children.isEmpty, step.hasPrefix("f:"), schema.object?.fields[String(step.dropFirst(2))] != nil {
                below.isMember = true
            }
            result.children[step] = below
        }
        return result
    }

    /// The paths of all members, as conflicts name them: `.spec.containers[name="web"].image`, sorted.
    var paths: [String] {
        var paths: [String] = []
        collect(into: &paths, prefix: "")
        return paths.sorted()
    }

    private func collect(into paths: inout [String], prefix: String) {
        if isMember { paths.append(prefix) }
        for (step, child) in children { child.collect(into: &paths, prefix: prefix + Self.text(ofStep: step)) }
    }

    static func text(ofStep step: String) -> String {
        let rest = String(step.dropFirst(2))
        switch step.prefix(2) {
        case "f:": return ".\(rest)"
        case "v:": return "[=\(rest)]"
        case "k:":
            let keys = (try? parseJSON(Array(rest.utf8)))?.map ?? Map()
            return "[\(keys.map { "\($0.key)=\($0.value.compactText)" }.joined(separator: ","))]"
        default: return "[\(rest)]"
        }
    }
}

extension FieldSet {
    /// The JSON form; `{}` for a leaf.
    var value: Value {
        var entries: [Map.Entry] = children.map { Map.Entry(key: $0.key, value: $0.value.value) }
        // The mark says "this field too"; a leaf needs none.
        if isMember, !children.isEmpty { entries.append(Map.Entry(key: ".", value: [:])) }
        return .map(Map(entries))
    }

    /// Reads the JSON form of a whole set.
    init(value: Value) {
        self.init(node: value)
        // The root is no field.
        isMember = value["."] != nil
    }

    private init(node: Value) {
        let entries = node.map ?? Map()
        isMember = entries.isEmpty || entries["."] != nil
        for entry in entries where entry.key != "." { children[entry.key] = FieldSet(node: entry.value) }
    }
}

extension Schema {
    /// The schema of what a path step leads to.
    func descending(_ step: String) -> Schema {
        switch self {
        case .list(let element, _): element
        default: step.hasPrefix("f:") ? member(String(step.dropFirst(2))) ?? .any : .any
        }
    }

    /// The path step of a list item; nil when the item lacks what tells it apart.
    func step(ofItem item: Value) -> String? {
        guard case .list(let element, let merge) = self else { return nil }
        switch merge {
        case .atomic: return nil
        case .set: return "v:\(item.compactText)"
        case .map(let keys):
            guard item.map != nil else { return nil }
            var entries: [Map.Entry] = []
            for key in keys {
                if let value = item[key] ?? element.keyDefault(key), !value.isNull {
                    entries.append(Map.Entry(key: key, value: value))
                }
            }
            guard !entries.isEmpty else { return nil }
            return "k:\(Value.map(Map(entries)).compactText)"
        }
    }

    /// Whether a value of this schema has one owner as a whole.
    func isLeaf(_ value: Value) -> Bool {
        switch self {
        case .scalar: true
        case .any: value.map == nil
        case .list(_, let merge): merge == .atomic
        case .map(_, let isAtomic): isAtomic
        case .object(let object): object.isAtomic
        }
    }
}

/// The fields that a configuration names (`ToFieldSet`).
func fields(of value: Value, _ schema: Schema) -> FieldSet {
    if schema.isLeaf(value) { return .leaf }
    var set = FieldSet()
    switch value {
    case .map(let map):
        for entry in map {
            var child = fields(of: entry.value, schema.member(entry.key) ?? .any)
            let isNamed = schema.object?.fields[entry.key] != nil
            if entry.value.isNull || entry.value.map?.isEmpty == true || !isNamed { child.isMember = true }
            if !child.isEmpty { set.children["f:\(entry.key)"] = child }
        }
    case .list(let items):
        guard case .list(let element, _) = schema else { return set }
        var seen: Set<String> = []
        for item in items {
            guard let step = schema.step(ofItem: item) else { continue }
            var child = seen.insert(step).inserted ? fields(of: item, element) : FieldSet()
            child.isMember = true
            set.children[step] = child
        }
    default: break
    }
    return set
}
