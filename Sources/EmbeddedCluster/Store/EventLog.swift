// SPDX-License-Identifier: Apache-2.0

import Domain

/// One change of one object.
struct Change: Sendable {
    enum Kind: Sendable {
        case added
        case modified
        case deleted
    }

    let revision: Int64
    let kind: Kind
    /// The object after the change; of a deleted one the last state, with the revision of its deletion.
    let object: Value
    /// The object before the change; nil when it was added.
    let previous: Value?
}

/// The latest changes of one kind, oldest first, at most `limit`.
struct EventLog: Sendable {
    private var changes: [Change] = []
    private var first = 0
    private let limit: Int
    /// Changes up to this revision are no longer known.
    private(set) var forgottenThrough: Int64

    init(limit: Int, forgottenThrough: Int64) {
        self.limit = limit
        self.forgottenThrough = forgottenThrough
    }

    mutating func append(_ change: Change) {
        changes.append(change)
        guard changes.count - first > limit else { return }
        forgottenThrough = changes[first].revision
        first += 1
        // Cutting only when half is stale keeps an append cheap on average.
        if first > limit {
            changes.removeFirst(first)
            first = 0
        }
    }

    /// The changes after `revision`; nil when some of them are forgotten.
    func changes(after revision: Int64) -> ArraySlice<Change>? {
        guard revision >= forgottenThrough else { return nil }
        var low = first
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].revision <= revision { low = middle + 1 } else { high = middle }
        }
        return changes[low...]
    }
}
