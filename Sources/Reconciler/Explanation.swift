// SPDX-License-Identifier: Apache-2.0

import Domain

/// What people read when the cluster said no: what is wrong, and what to do next. Pure.
enum Explanation {
    static func text(for error: ClusterError, desired: DesiredObject) -> String {
        let next: String? =
            switch error.code {
            case .immutable: advice(onImmutable: desired)
            case .conflict where error.causes.contains { $0.reason == Takeover.changedOwner }:
                "read the list again, and confirm what it is now"
            case .conflict where desired.mode == .serverSide && error.causes.isEmpty == false:
                "set \(Conventions.adoptAnnotation): \"true\" to take these fields over"
            case .forbidden: "give kubernaut's account the right to do this"
            case .unauthorized: "check the cluster's credentials in kubernaut's configuration"
            case .tooLarge: "make the object smaller than about 1 MiB, or split it"
            case .unreachable: "kubernaut tries again by itself"
            case .throttled, .unavailable, .interrupted, .terminating, .unknownKind: "kubernaut tries again by itself"
            case .notFound, .alreadyExists, .conflict, .gone, .invalid, .cancelled: nil
            }
        return next.map { "\(error.detail); \($0)" } ?? error.detail
    }

    private static func advice(onImmutable desired: DesiredObject) -> String {
        if ApplyOrder.heldKinds.contains(desired.key.groupKind) {
            return "a \(desired.key.groupKind.kind) is never deleted and created again by itself"
        }
        if desired.mayRecreate { return "the old object was kept" }
        return "put a version into its name, or annotate \(Conventions.recreateAnnotation): allowed to have it deleted "
            + "and created again"
    }
}
