// SPDX-License-Identifier: Apache-2.0

import Domain

/// What the ApplySet's parent remembers besides where members are: in its `data`, one line per entry.
struct ParentMemory: Sendable, Hashable {
    static let finishedField = "finishedJobs"
    static let hooksField = "hooks"

    /// Jobs that succeeded and were then cleared away by the cluster, with the digests they ran from.
    var finished: [ResourceKey: String] = [:]
    /// Hooks that ran to their end, by the Job that git names, with the rendering they ran for.
    var hooks: [ResourceKey: String] = [:]
    /// What waits for a person, as the daemon wrote it down for them; never an empty list.
    private(set) var held: [HeldList.Purpose: HeldList] = [:]

    init(
        finished: [ResourceKey: String] = [:], hooks: [ResourceKey: String] = [:],
        held: [HeldList.Purpose: HeldList] = [:]
    ) {
        self.finished = finished
        self.hooks = hooks
        self.held = held.filter { !$0.value.isEmpty }.mapValues(\.noted)
    }

    /// Empty when nothing waits.
    func held(_ purpose: HeldList.Purpose) -> HeldList { held[purpose] ?? .none }

    /// Lines that cannot be read are left out: somebody else wrote them.
    init(of parent: Value) {
        finished = Self.pairs(parent[at: "data", Self.finishedField]?.string ?? "")
        hooks = Self.pairs(parent[at: "data", Self.hooksField]?.string ?? "")
        for purpose in HeldList.Purpose.allCases { held[purpose] = HeldList(purpose, of: parent) }
    }

    /// Nil when there is nothing to remember.
    var data: Value? {
        var data: Value = [:]
        if !finished.isEmpty { data[Self.finishedField] = Self.text(finished) }
        if !hooks.isEmpty { data[Self.hooksField] = Self.text(hooks) }
        for (purpose, list) in held {
            let fields = HeldList.fields(of: purpose)
            data[fields.hash] = .string(list.hash)
            data[fields.items] = .string(list.items.map(\.line).joined(separator: "\n"))
        }
        return data.map?.isEmpty == true ? nil : data
    }

    private static func text(_ pairs: [ResourceKey: String]) -> Value {
        .string(pairs.map { "\($0.key.identity) \($0.value)" }.sorted().joined(separator: "\n"))
    }

    private static func pairs(_ text: String) -> [ResourceKey: String] {
        var pairs: [ResourceKey: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 2, let key = ResourceKey(identity: words[0]) else { continue }
            pairs[key] = words[1]
        }
        return pairs
    }
}
