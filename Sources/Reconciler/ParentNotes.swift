// SPDX-License-Identifier: Apache-2.0

import Domain

/// What people wrote on the ApplySet's parent for the daemon to obey.
struct ParentNotes: Sendable, Hashable {
    /// The held lists that somebody confirmed.
    var confirmations: [HeldList.Purpose: Confirmation] = [:]
    /// Changes with every request for a pass.
    var requested: String?
    /// That nothing is to be written; it may have ended.
    var suspension: Suspension?

    init() {}

    init(of parent: Value) {
        for purpose in HeldList.Purpose.allCases {
            let names = Confirmation.annotations(of: purpose)
            confirmations[purpose] = parent.annotation(names.hash).map {
                Confirmation(hash: $0, by: parent.annotation(names.by))
            }
        }
        requested = parent.annotation(Conventions.requestedAnnotation)
        guard let reason = parent.annotation(Conventions.suspendedAnnotation) else { return }
        let place = [parent.objectNamespace, parent.objectName].compactMap(\.self).joined(separator: "/")
        suspension = Suspension(
            reason: reason, by: parent.annotation(Conventions.suspendedByAnnotation),
            until: parent.annotation(Conventions.suspendedUntilAnnotation).flatMap { Instant($0) },
            location: SourceLocation(file: "ConfigMap/\(place)"))
    }

    /// Whether there is something in these notes, and not in `earlier`, that a pass must obey.
    func asksForPass(after earlier: ParentNotes) -> Bool {
        confirmations.contains { $0.value.hash != earlier.confirmations[$0.key]?.hash }
            || (requested != nil && requested != earlier.requested) || suspension != earlier.suspension
    }
}
