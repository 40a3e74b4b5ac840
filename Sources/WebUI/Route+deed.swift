// SPDX-License-Identifier: Apache-2.0

import Access
import Domain

extension Route {
    /// Pages that change something: what it would do, the order to do it, what became of it.
    enum Deed: Sendable, Equatable {
        case newPromotion
        /// Lists them, and takes the order for one.
        case promotions
        case promotion(CommitID)
        case newRollback
        case rollbacks
        case rollback(CommitID)
        case newHold
        case endHold
        case syncs
        /// A held list, to be read before it is confirmed.
        case newConfirmation(HeldList.Purpose)
        case confirmations(HeldList.Purpose)
        case newSuspension
        case endSuspension

        private static let plain: [[String]: Deed] = [
            ["promotions", "new"]: .newPromotion, ["promotions"]: .promotions, ["rollbacks", "new"]: .newRollback,
            ["rollbacks"]: .rollbacks, ["holds", "new"]: .newHold, ["holds", "end"]: .endHold,
            ["syncs", "new"]: .syncs, ["prunes", "new"]: .newConfirmation(.prune), ["prunes"]: .confirmations(.prune),
            ["adoptions", "new"]: .newConfirmation(.adopt), ["adoptions"]: .confirmations(.adopt),
            ["suspensions", "new"]: .newSuspension, ["suspensions", "end"]: .endSuspension,
        ]

        /// Nil when there is no such page.
        init?(_ segments: [String]) {
            if let deed = Self.plain[segments] {
                self = deed
                return
            }
            guard segments.count == 2, let commit = CommitID(segments[1].lowercased()) else { return nil }
            switch segments[0] {
            case "promotions": self = .promotion(commit)
            case "rollbacks": self = .rollback(commit)
            default: return nil
            }
        }

        var rule: RouteRule {
            switch self {
            case .newPromotion, .promotion, .newRollback, .rollback, .newConfirmation: .someone
            case .promotions, .rollbacks, .newHold, .endHold, .syncs, .confirmations, .newSuspension, .endSuspension:
                .decidedByAction
            }
        }

        var methods: [String] {
            switch self {
            case .newPromotion, .promotion, .newRollback, .rollback, .newConfirmation: ["GET", "HEAD"]
            case .promotions, .newHold, .newSuspension: ["GET", "HEAD", "POST"]
            case .rollbacks, .endHold, .syncs, .confirmations, .endSuspension: ["POST"]
            }
        }
    }
}
