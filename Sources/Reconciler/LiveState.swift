// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a plan must know about the cluster, as one value.
struct LiveState: Sendable {
    var members: [ResourceKey: Member] = [:]
    /// Objects that are not ours, where git wants ours.
    var strangers: [ResourceKey: Stranger] = [:]
    /// Whether the ApplySet's parent exists; then what it announces counts.
    var hasParent = false
    /// Whether it carries all its marks; else it is written again.
    var isParentMarked = false
    var announced = ApplySet.Contents()
    /// What the parent remembers, as it was read.
    var memory = ParentMemory()
    /// What people wrote on the parent.
    var notes = ParentNotes()
    /// Jobs that succeeded and were cleared away, with the digests they ran from: there is nothing to create.
    var finished: [ResourceKey: String] = [:]
    /// Hooks that ran to their end, by the Job that git names, with the rendering they ran for.
    var hooks: [ResourceKey: String] = [:]
    /// Kinds whose members could not be read, and why: nothing of them is known to be absent.
    var unread: [GroupKind: String] = [:]
}
