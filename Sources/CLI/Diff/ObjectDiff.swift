// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// One object on two sides.
struct ObjectDiff: Sendable {
    enum Change: String, Sendable, CaseIterable {
        case added
        case removed
        case changed
        case same
    }

    let key: ResourceKey
    /// Nil when it cannot be told.
    let service: Name?
    let change: Change
    /// Unified, Secrets masked; empty when nothing differs.
    let lines: [String]
}

/// One side of a comparison.
struct DiffSide: Sendable {
    /// As a person wrote it: `env:dev`.
    let name: String
    let objects: [DiffObject]
}

struct DiffObject: Sendable {
    let key: ResourceKey
    let service: Name?
    let object: Value
}

/// Compares two sides object by object, in the order of their keys. Pure.
func compare(_ old: DiffSide, _ new: DiffSide, mask: SecretMask) -> [ObjectDiff] {
    let before = Dictionary(old.objects.map { ($0.key, $0) }) { first, _ in first }
    let after = Dictionary(new.objects.map { ($0.key, $0) }) { first, _ in first }
    return Set(before.keys).union(after.keys).sorted().map { key in
        let (left, right) = (before[key], after[key])
        let change: ObjectDiff.Change
        switch (left, right) {
        case (nil, _): change = .added
        case (_, nil): change = .removed
        case (let left?, let right?): change = left.object == right.object ? .same : .changed
        }
        let lines =
            change == .same
            ? []
            : unifiedDiff(
                yamlLines(left?.object, mask), yamlLines(right?.object, mask),
                from: "\(old.name) \(key)", to: "\(new.name) \(key)")
        return ObjectDiff(key: key, service: right?.service ?? left?.service, change: change, lines: lines)
    }
}

private func yamlLines(_ object: Value?, _ mask: SecretMask) -> [String] {
    guard let object else { return [] }
    return mask.masked(object).yaml().split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        .map(String.init)
}
