// SPDX-License-Identifier: Apache-2.0

import Domain

/// Heads that a webhook announced and no fetch has brought yet: a forge may tell of a push before all of its machines show it.
struct Announcements: Sendable {
    /// Before looking again; then the announcement is forgotten and the poll finds what is left to find.
    static let pauses: [Duration] = [.seconds(1), .seconds(3), .seconds(9)]

    private struct Wait {
        let commit: CommitID
        /// The head when it was announced: any other that comes is news enough.
        let before: CommitID?
        var looks = 0
    }

    private var waits: [String: Wait] = [:]

    /// - Parameter heads: As the last fetch brought them.
    mutating func note(_ announced: [String: CommitID], heads: [String: CommitID]) {
        for (branch, commit) in announced where heads[branch] != commit {
            waits[branch] = Wait(commit: commit, before: heads[branch])
        }
    }

    /// To be called after every fetch.
    mutating func settle(_ heads: [String: CommitID]) {
        for (branch, wait) in waits {
            let isThere = heads[branch] == wait.commit || heads[branch] != wait.before
            let isGivenUp = wait.looks >= Self.pauses.count
            if isThere || isGivenUp { waits[branch] = nil } else { waits[branch]?.looks += 1 }
        }
    }

    /// When to look again; nil when nothing is waited for.
    var pause: Duration? { waits.values.compactMap { $0.looks > 0 ? Self.pauses[$0.looks - 1] : nil }.min() }
}
