// SPDX-License-Identifier: Apache-2.0

import Domain

/// What differs between two states of an object, by field.
struct Comparison: Sendable {
    var added = FieldSet()
    var modified = FieldSet()
    var removed = FieldSet()

    var isSame: Bool { added.isEmpty && modified.isEmpty && removed.isEmpty }

    init(from old: Value, to new: Value, _ schema: Schema) {
        var walker = ComparisonWalker()
        walker.compare(old, new, schema)
        added = walker.added
        modified = walker.modified
        removed = walker.removed
    }

    /// Without fields nobody can own, and without those that another endpoint writes.
    func without(_ ignored: FieldSet) -> Comparison {
        var result = self
        result.added = added.recursiveDifference(ignored)
        result.modified = modified.recursiveDifference(ignored)
        result.removed = removed.recursiveDifference(ignored)
        return result
    }
}

/// Walks two trees at once (structured-merge-diff's `compareWalker`).
private struct ComparisonWalker {
    var added = FieldSet()
    var modified = FieldSet()
    var removed = FieldSet()
    private var path: [String] = []

    mutating func compare(_ old: Value?, _ new: Value?, _ schema: Schema) {
        if let old, let new, old == new { return }
        let isLeaf = (new ?? old).map(schema.isLeaf) ?? true
        // A null beside a list or map is that list or map without members.
        let changesForm =
            if let old, let new { old.kindName != new.kindName && !old.isNull && !new.isNull } else { false }
        if isLeaf || changesForm || isEmpty(old) && isEmpty(new) {
            leaf(old, new)
            return
        }
        switch new?.isNull == false ? new : old {
        case .map: maps(old?.map ?? Map(), new?.map ?? Map(), schema)
        case .list: lists(old?.list ?? [], new?.list ?? [], schema)
        default: leaf(old, new)
        }
        if old == nil { added.insert(path) } else if new == nil { removed.insert(path) }
    }

    private func isEmpty(_ value: Value?) -> Bool { value.map { $0.isNull || $0.isEmptyCollection } ?? true }

    private mutating func leaf(_ old: Value?, _ new: Value?) {
        switch (old, new) {
        case (nil, _): added.insert(path)
        case (_, nil): removed.insert(path)
        default: modified.insert(path)
        }
    }

    private mutating func maps(_ old: Map, _ new: Map, _ schema: Schema) {
        for entry in old {
            descend("f:\(entry.key)", entry.value, new[entry.key], schema.member(entry.key) ?? .any)
        }
        for entry in new where old[entry.key] == nil {
            descend("f:\(entry.key)", nil, entry.value, schema.member(entry.key) ?? .any)
        }
    }

    private mutating func lists(_ old: [Value], _ new: [Value], _ schema: Schema) {
        guard case .list(let element, _) = schema else { return }
        let before = Dictionary(old.compactMap { item in schema.step(ofItem: item).map { ($0, item) } }) { a, _ in a }
        let after = Dictionary(new.compactMap { item in schema.step(ofItem: item).map { ($0, item) } }) { a, _ in a }
        for (step, item) in before { descend(step, item, after[step], element) }
        for (step, item) in after where before[step] == nil { descend(step, nil, item, element) }
    }

    private mutating func descend(_ step: String, _ old: Value?, _ new: Value?, _ schema: Schema) {
        path.append(step)
        compare(old, new, schema)
        path.removeLast()
    }
}
