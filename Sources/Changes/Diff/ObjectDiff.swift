// SPDX-License-Identifier: Apache-2.0

public import Domain
import YAML

/// One object on two sides.
public struct ObjectDiff: Sendable {
    public enum Change: String, Sendable, CaseIterable {
        case added
        case removed
        case changed
        case same
    }

    public let key: ResourceKey
    /// Nil when it cannot be told.
    public let service: Name?
    public let change: Change
    /// Unified, Secrets masked; empty when nothing differs.
    public let lines: [String]

    public init(key: ResourceKey, service: Name?, change: Change, lines: [String]) {
        self.key = key
        self.service = service
        self.change = change
        self.lines = lines
    }

    public var addedLines: Int { lines.dropFirst(2).count { $0.hasPrefix("+") } }
    public var removedLines: Int { lines.dropFirst(2).count { $0.hasPrefix("-") } }
}

/// One side of a comparison.
public struct DiffSide: Sendable {
    /// As a person wrote it: `env:dev`.
    public let name: String
    public let objects: [DiffObject]

    public init(name: String, objects: [DiffObject]) {
        self.name = name
        self.objects = objects
    }
}

public struct DiffObject: Sendable {
    public let key: ResourceKey
    public let service: Name?
    public let object: Value

    public init(key: ResourceKey, service: Name?, object: Value) {
        self.key = key
        self.service = service
        self.object = object
    }
}

/// Compares two sides object by object, in the order of their keys. Pure.
public func compare(_ old: DiffSide, _ new: DiffSide, mask: SecretMask) -> [ObjectDiff] {
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
