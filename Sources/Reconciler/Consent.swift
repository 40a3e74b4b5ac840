// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain

/// What a person let happen, by the hash of the list that they read.
struct Confirmation: Sendable, Hashable {
    let hash: String
    /// As they say; nil when they do not.
    var by: String?

    static func annotations(of purpose: HeldList.Purpose) -> (hash: String, by: String) {
        switch purpose {
        case .prune: (Conventions.confirmedPruneAnnotation, Conventions.confirmedByAnnotation)
        case .adopt: (Conventions.confirmedAdoptionAnnotation, Conventions.adoptionConfirmedByAnnotation)
        }
    }
}

/// Whether what has to be asked for was allowed: exactly it, or what is left of it. Pure.
struct Consent: Sendable {
    /// What waits now; nothing when it was allowed.
    let held: HeldList
    /// What a person allowed, as they read it.
    let granted: [ResourceKey: HeldList.Item]

    /// - Parameters:
    ///   - items: What needs a person now.
    ///   - noted: The list as it was last written down for people.
    ///   - isDone: Whether what a person allowed has happened to an object: a pass that was cut short goes on with the rest.
    init(
        to items: [HeldList.Item], confirmed: Confirmation?, noted: HeldList,
        isDone: (HeldList.Item) -> Bool
    ) {
        let hash = Self.hash(of: items)
        guard let confirmed, !items.isEmpty else {
            held = HeldList(hash: hash, items: items)
            granted = [:]
            return
        }
        if hash == confirmed.hash {
            held = .none
            granted = Self.byKey(items)
            return
        }
        let read = Self.byKey(noted.items)
        let present = Set(items.map(\.key))
        let isRest =
            noted.hash == confirmed.hash && Self.hash(of: noted.items) == noted.hash
            && items.allSatisfy { item in read[item.key].map { $0.covers(item) } ?? false }
            && noted.items.allSatisfy { present.contains($0.key) || isDone($0) }
        held = isRest ? .none : HeldList(hash: hash, items: items)
        granted = isRest ? read.filter { present.contains($0.key) } : [:]
    }

    private init(held: HeldList, granted: [ResourceKey: HeldList.Item]) {
        self.held = held
        self.granted = granted
    }

    /// Nobody is asked now, and nothing is allowed.
    static let none = Consent(held: .none, granted: [:])

    /// Over key, uid and holders of each item, in whatever order they come; empty for nothing.
    static func hash(of items: [HeldList.Item]) -> String {
        guard !items.isEmpty else { return "" }
        let lines = items.map { item in
            ([item.key.identity, item.uid] + item.holders.map { "\t\($0)" }).joined(separator: " ") + "\n"
        }
        return sha256Hex(Array(lines.sorted().joined().utf8))
    }

    private static func byKey(_ items: [HeldList.Item]) -> [ResourceKey: HeldList.Item] {
        Dictionary(items.map { ($0.key, $0) }) { first, _ in first }
    }
}

extension HeldList.Item {
    /// Whether a person who read this item read `later` as well: the same object, and nobody has it who did not then.
    /// We ourselves may, halfway through taking it over.
    func covers(_ later: HeldList.Item) -> Bool {
        key == later.key && uid == later.uid
            && later.holders.allSatisfy { holders.contains($0) || $0 == Conventions.fieldManager }
    }
}

extension HeldList {
    /// In the parent's `data`.
    static func fields(of purpose: Purpose) -> (hash: String, items: String) {
        switch purpose {
        case .prune: ("heldPruneHash", "heldPrune")
        case .adopt: ("heldAdoptionHash", "heldAdoption")
        }
    }

    /// Of all lines of one list, in bytes: a ConfigMap holds 1 MiB in all.
    static let sizeLimit = 400_000

    /// The list with as many items as the parent may hold.
    var noted: HeldList {
        var room = Self.sizeLimit
        let fitting = items.prefix { item in
            room -= item.line.utf8.count + 1
            return room >= 0
        }
        return HeldList(hash: hash, items: Array(fitting))
    }

    /// Nil when the parent says nothing. Lines that cannot be read are left out: somebody else wrote them.
    init?(_ purpose: Purpose, of parent: Value) {
        let fields = Self.fields(of: purpose)
        guard let hash = parent[at: "data", fields.hash]?.string, !hash.isEmpty else { return nil }
        let lines = (parent[at: "data", fields.items]?.string ?? "").split(separator: "\n")
        self.init(hash: hash, items: lines.compactMap { Item(line: $0) })
    }
}

extension HeldList.Item {
    /// Key, uid and service with spaces between; then each holder after a tab.
    fileprivate init?(line: Substring) {
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        let words = (parts.first ?? "").split(separator: " ").map(String.init)
        guard words.count >= 2, let key = ResourceKey(identity: words[0]) else { return nil }
        self.init(
            key: key, uid: words[1], service: words.count > 2 ? Name(words[2]) : nil, holders: Array(parts.dropFirst()))
    }

    var line: String {
        ([[key.identity, uid, service?.text].compactMap(\.self).joined(separator: " ")] + holders)
            .joined(separator: "\t")
    }
}
