// SPDX-License-Identifier: Apache-2.0

public import Domain
import Render

/// What somebody wants to promote.
public struct PromotionRequest: Sendable, Hashable {
    public let from: Environment
    public let to: Environment
    /// Nil for everything that the environment has; never empty.
    public let services: Set<Name>?

    public init(from: Environment, to: Environment, services: Set<Name>?) {
        self.from = from
        self.to = to
        self.services = services
    }
}

/// One service whose release record is not the same in both environments.
public struct RecordChange: Sendable, Hashable {
    public let difference: RecordDifference
    public let decision: RecordDecision

    public var service: Name { difference.service }
    public var relation: RecordRelation { difference.relation }
    /// In the target, as it is; nil when there is none.
    public var before: RecordContent? { difference.target }
    /// In the source; nil when there is none.
    public var source: RecordContent? { difference.source }
    /// The releases of the source that the target did not have, newest first. For a service that is removed, its removal.
    public var since: [RecordVersion] { difference.since }

    public var isTaken: Bool { decision == .take }
    /// In the target, after the promotion.
    public var after: RecordContent? { isTaken ? source : before }
}

/// What a promotion makes of the target's branch: decided, and stored as a tree, but not committed.
public struct PromotionPlan: Sendable {
    /// What the commit is.
    public enum Kind: Sendable, Hashable {
        /// There is nothing to commit.
        case nothing
        /// The source's head becomes the second parent.
        case merge
        /// One parent: chosen services, or what an earlier merge left behind.
        case commit
    }

    public let request: PromotionRequest
    public let kind: Kind
    /// The heads that were compared.
    public let from: Commit
    public let to: Commit
    /// Services whose records differ, in the order of their names.
    public let records: [RecordChange]
    /// Files that change besides release records, relative to the config root, sorted.
    public let files: [String]
    /// Files that differ in the source and stay as they are, holds and records aside, sorted: changed in the target
    /// itself, or shared with services that were not chosen.
    public let staying: [String]
    /// Of the commit to make.
    public let tree: TreeID
    let before: SourceSnapshot
    let after: SourceSnapshot
    /// Left by rendering the target as it is, where deciding took that.
    let cache: RenderCache?

    public var taken: [RecordChange] { records.filter(\.isTaken) }

    /// Those that stay although the source has something else.
    public var kept: [RecordChange] { records.filter { !$0.isTaken } }
}

/// Both branches changed the same lines: somebody has to decide.
public struct PromotionConflict: Error, Sendable, Hashable, CustomStringConvertible {
    public let request: PromotionRequest
    /// Never empty.
    public let conflicts: [FileConflict]

    public var description: String {
        let files = conflicts.map(\.path).joined(separator: ", ")
        return "\(request.from.name) and \(request.to.name) changed the same lines of \(files)"
    }
}
