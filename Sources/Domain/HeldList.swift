// SPDX-License-Identifier: Apache-2.0

/// Objects to which nothing happens until a person confirms exactly this list.
public struct HeldList: Sendable, Hashable {
    /// What a person is asked to let happen. The words are those of the order: `kubernaut prune`, `kubernaut adopt`.
    public enum Purpose: String, Sendable, Hashable, CaseIterable {
        /// Deletions above the environment's budget, and of kinds that take other people's data along.
        case prune
        /// Taking over objects that exist and are not ours.
        case adopt

        /// What such a list is of, in words.
        public var things: String {
            switch self {
            case .prune: "deletions"
            case .adopt: "objects to take over"
            }
        }
    }

    public struct Item: Sendable, Hashable {
        public let key: ResourceKey
        public let uid: String
        /// Nil when the object does not say.
        public let service: Name?
        /// Who has it now: its field managers, and the tool that claims it. Empty in a list of deletions.
        public let holders: [String]

        public init(key: ResourceKey, uid: String, service: Name?, holders: [String] = []) {
            self.key = key
            self.uid = uid
            self.service = service
            self.holders = holders
        }
    }

    /// Names exactly the list; empty when nothing is held.
    public let hash: String
    /// May be cut short where it comes from the cluster: a ConfigMap holds so much and no more. The hash covers all.
    public let items: [Item]

    public static let none = HeldList(hash: "", items: [])

    public init(hash: String, items: [Item]) {
        self.hash = hash
        self.items = items
    }

    public var isEmpty: Bool { hash.isEmpty }
}
