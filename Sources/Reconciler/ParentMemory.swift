// SPDX-License-Identifier: Apache-2.0

public import Domain

/// What the ApplySet's parent remembers besides where members are: in its `data`, one line per entry.
struct ParentMemory: Sendable, Hashable {
    static let finishedField = "finishedJobs"
    static let hooksField = "hooks"
    static let heldField = "heldPrune"
    static let heldHashField = "heldPruneHash"

    /// Jobs that succeeded and were then cleared away by the cluster, with the digests they ran from.
    var finished: [ResourceKey: String] = [:]
    /// Hooks that ran to their end, by the Job that git names, with the rendering they ran for.
    var hooks: [ResourceKey: String] = [:]
    var held = HeldPrune()

    init(
        finished: [ResourceKey: String] = [:], hooks: [ResourceKey: String] = [:], held: HeldPrune = HeldPrune()
    ) {
        self.finished = finished
        self.hooks = hooks
        self.held = held
    }

    /// Lines that cannot be read are left out: somebody else wrote them.
    init(of parent: Value) {
        finished = Self.pairs(parent[at: "data", Self.finishedField]?.string ?? "")
        hooks = Self.pairs(parent[at: "data", Self.hooksField]?.string ?? "")
        let lines = (parent[at: "data", Self.heldField]?.string ?? "").split(separator: "\n")
        let items = lines.compactMap { HeldPrune.Item(line: $0) }
        let hash = parent[at: "data", Self.heldHashField]?.string ?? ""
        if !hash.isEmpty { held = HeldPrune(hash: hash, items: items) }
    }

    /// Nil when there is nothing to remember.
    var data: Value? {
        var data: Value = [:]
        if !finished.isEmpty { data[Self.finishedField] = Self.text(finished) }
        if !hooks.isEmpty { data[Self.hooksField] = Self.text(hooks) }
        if !held.hash.isEmpty {
            data[Self.heldHashField] = .string(held.hash)
            data[Self.heldField] = .string(held.items.map(\.line).joined(separator: "\n"))
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

/// Deletions that wait for a person, as the environment's daemon wrote them down in the cluster.
public struct HeldPrune: Sendable, Hashable {
    public struct Item: Sendable, Hashable {
        public let key: ResourceKey
        public let uid: String
        /// Nil when the object does not say.
        public let service: Name?

        init(key: ResourceKey, uid: String, service: Name?) {
            self.key = key
            self.uid = uid
            self.service = service
        }

        init?(line: Substring) {
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 2, let key = ResourceKey(identity: words[0]) else { return nil }
            self.init(key: key, uid: words[1], service: words.count > 2 ? Name(words[2]) : nil)
        }

        var line: String { [key.identity, uid, service?.text].compactMap(\.self).joined(separator: " ") }
    }

    /// Names exactly the list: key and uid of each object; empty when nothing is held.
    public let hash: String
    /// Never more than a ConfigMap can hold; the hash covers those that are left out, too.
    public let items: [Item]

    /// A parent holds 1 MiB at most.
    static let limit = 4000

    init() {
        hash = ""
        items = []
    }

    init(hash: String, items: [Item]) {
        self.hash = hash
        self.items = Array(items.prefix(Self.limit))
    }
}
