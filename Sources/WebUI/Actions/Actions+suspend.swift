// SPDX-License-Identifier: Apache-2.0

import Access
import Domain

/// What was left when a suspension was ended.
enum SuspensionEnd: Sendable, Hashable {
    case ended
    /// Nobody had suspended it on its ConfigMap; `kubernaut.yaml` may still say so.
    case notSuspended
}

extension Actions {
    /// Stops every write to an environment's cluster until `until`, or until somebody ends it. One that stands is
    /// replaced: its reason, owner and end.
    func suspend(
        _ environment: Name, reason: String, until: Instant?, _ visit: Visit
    ) async throws(ActionFailure) {
        try await carryOut(Errand(.suspend, environment, [], reason: reason), visit) {
            let place = try self.environment(environment, visit, .suspend, nil)
            try await tools.suspend(place.environment, reason, visit.caller.name, until)
            var note = Note(nil)
            note.detail = until.map { "until \($0)" }
            return ((), note)
        }
    }

    /// Ends what people ordered by page, REST or command line. What `kubernaut.yaml` says, a commit ends.
    func unsuspend(
        _ environment: Name, reason: String?, _ visit: Visit
    ) async throws(ActionFailure) -> SuspensionEnd {
        try await carryOut(Errand(.unsuspend, environment, [], reason: reason), visit) {
            let place = try self.environment(environment, visit, .suspend, nil)
            let end: SuspensionEnd = try await tools.endSuspension(place.environment) ? .ended : .notSuspended
            var note = Note(nil)
            if end == .notSuspended {
                if let standing = place.environment.suspension, standing.isActive(at: now()) {
                    throw ActionRefused(
                        "\(environment) is suspended in \(standing.location.file)",
                        hint: "commit its kubernaut.yaml without `suspend`")
                }
                note.detail = "it was not suspended"
            }
            return (end, note)
        }
    }
}

extension Suspension {
    /// Whether a file of the config repository says it: then only a commit ends it.
    var isInGit: Bool { !location.file.hasPrefix("ConfigMap/") }
}
