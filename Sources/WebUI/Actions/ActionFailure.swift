// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain

/// Why something that was asked for was not done, for pages and REST alike.
struct ActionFailure: Error, Sendable {
    /// The words are those of problem documents, and stay what they are.
    enum Code: String, Sendable, CaseIterable {
        case notAllowed = "not-allowed"
        case notFound = "not-found"
        /// What was asked for makes no sense.
        case badRequest = "bad-request"
        /// What is there does not fit.
        case conflict
        /// A preview's promise no longer holds.
        case moved
        /// Somebody holds it.
        case held
        /// The result would be broken; `diagnostics` say where.
        case invalid
        /// The branch kept moving, or too many wait: try again.
        case busy
        /// The config repository does not let the daemon.
        case unwritable
        /// The config repository or the cluster does not answer: try again.
        case unavailable
        case failed

        var title: String {
            switch self {
            case .notAllowed: "Forbidden"
            case .notFound: "Not Found"
            case .badRequest: "Bad Request"
            case .conflict, .moved, .held, .unwritable: "Conflict"
            case .invalid: "Unprocessable Content"
            case .busy, .unavailable: "Service Unavailable"
            case .failed: "Internal Server Error"
            }
        }

        var status: Int {
            switch self {
            case .notAllowed: 403
            case .notFound: 404
            case .badRequest: 400
            case .conflict, .moved, .held, .unwritable: 409
            case .invalid: 422
            case .busy, .unavailable: 503
            case .failed: 500
            }
        }
    }

    let code: Code
    /// One sentence without a full stop.
    let message: String
    var hint: String?
    var diagnostics: [Diagnostic] = []
    /// Files that both environments changed.
    var conflicts: [FileConflict] = []
    /// The rules' own no.
    var refusal: AccessRefusal?
    /// Where branches stand that moved.
    var branches: [PromotionMoved.Branch] = []

    init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }
}

extension ActionFailure {
    init(_ error: any Error) {
        switch error {
        case let failure as ActionFailure: self = failure
        case let refusal as AccessRefusal: self.init(refusal)
        case let refused as Refused: self.init(refused.refusal)
        case let refusal as Changes.Refusal: self.init(refusal)
        case let moved as PromotionMoved:
            self.init(.moved, moved.description, hint: "nothing was changed; look at a fresh preview")
            branches = moved.branches
        case let conflict as PromotionConflict:
            let (from, to) = (conflict.request.from.branch, conflict.request.to.branch)
            self.init(
                .conflict, conflict.description,
                hint: "merge \(from) into \(to) by hand with git, or make the files equal on one of the two; nothing "
                    + "was changed")
            conflicts = conflict.conflicts
        case let refused as ActionRefused: self.init(.conflict, refused.message, hint: refused.hint)
        case let error as ClusterError: self.init(error)
        case is NotFound: self.init(.notFound, "there is no such thing")
        case let error as any EditingError:
            self.init(
                error.remedy == .giveUp ? .unwritable : .unavailable, "\(error)",
                hint: "nothing is known to have been changed; saying it again is safe")
        default: self.init(.failed, "\(error)", hint: "try again; the daemon's log has the same error with its time")
        }
    }

    init(_ refusal: AccessRefusal) {
        self.init(.notAllowed, "\(refusal)", hint: "/account and GET /api/v1/me say what you may do")
        self.refusal = refusal
    }

    /// An order that the cluster did not take.
    private init(_ error: ClusterError) {
        let code: Code =
            switch error.code {
            case .notFound, .conflict, .alreadyExists: .conflict
            case .forbidden, .unauthorized: .unwritable
            default: error.isRetryable ? .unavailable : .failed
            }
        self.init(
            code, "\(error)",
            hint: code == .unavailable ? "try again when the cluster answers" : "the system page shows the cluster")
    }

    private init(_ refusal: Changes.Refusal) {
        let code: Code =
            switch refusal.code {
            case .usage: .badRequest
            case .conflict: .conflict
            case .held: .held
            case .contended: .busy
            case .notFound: .notFound
            case .invalid: .invalid
            case .unwritable: .unwritable
            }
        self.init(code, refusal.message, hint: refusal.hint)
        diagnostics = refusal.diagnostics
    }
}
