// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a plan must know about the cluster, as one value.
struct LiveState: Sendable {
    var members: [ResourceKey: Member] = [:]
    /// Objects that are not ours, where git wants ours.
    var strangers: [ResourceKey: Stranger] = [:]
    /// Whether the ApplySet's parent exists; then what it announces counts.
    var hasParent = false
    var announced = ApplySet.Contents()
    /// Jobs that succeeded and were cleared away, with the digests they ran from: there is nothing to create.
    var finished: [ResourceKey: String] = [:]
    /// Kinds whose members could not be read, and why: nothing of them is known to be absent.
    var unread: [GroupKind: String] = [:]
}
