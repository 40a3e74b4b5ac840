// SPDX-License-Identifier: Apache-2.0

import Domain

/// What is remembered of one live object of ours; never its body.
struct Member: Sendable, Hashable {
    /// Whether the live object is known to be what git wanted when it was last looked at.
    enum Sync: Sendable, Hashable {
        case proven
        /// Only the server's dry run can tell.
        case unproven
        /// Somebody changed it since.
        case drifted
    }

    let uid: String
    /// Empty when the server may have another past than the one it is from.
    var resourceVersion: String
    /// 0 for kinds that have none.
    let generation: Int64
    /// Of the manifest that was last applied; empty when the annotation is gone.
    let digest: String
    /// See `OwnFields.fingerprint`.
    let ownFields: Int
    let service: Name?
    let wave: Int
    let ownership: Ownership
    let isPruneDisabled: Bool
    /// The Job in git of which this one is a run; nil for everything else.
    let hookOf: ResourceKey?
    /// The commit for which a hook was started; empty for everything else.
    let attempt: String
    let isTerminating: Bool
    let finalizers: [String]
    /// Who has it, for copies alone: somebody may be asked whether to take one over.
    let holders: [String]
    /// Some of its fields are ours by PUT or POST, which server-side apply does not give up.
    let needsTakeover: Bool
    var sync: Sync
    var health: ObjectHealth

    init(_ object: Value, key: ResourceKey, in applySet: ApplySet, sync: Sync, health: ObjectHealth) {
        let metadata = object["metadata"]
        uid = object.uid ?? ""
        resourceVersion = object.resourceVersion ?? ""
        generation = metadata?["generation"]?.integer ?? 0
        digest = object.annotation(Conventions.digestAnnotation) ?? ""
        ownFields = OwnFields.fingerprint(of: object)
        service = object.label(Conventions.serviceLabel).flatMap { Name($0) }
        wave = object.annotation(Conventions.waveAnnotation).flatMap { Int($0) } ?? 0
        ownership = Ownership(of: object, key: key, in: applySet)
        holders = ownership == .copy ? Holders.of(object) : []
        isPruneDisabled = object.annotation(Conventions.pruneAnnotation) == "disabled"
        hookOf = object.annotation(Conventions.hookOfAnnotation).flatMap { ResourceKey(identity: $0) }
        attempt = object.annotation(Conventions.attemptAnnotation) ?? ""
        isTerminating = metadata?["deletionTimestamp"]?.string != nil
        finalizers = metadata?["finalizers"]?.list?.compactMap(\.string) ?? []
        needsTakeover = FieldTakeover.isNeeded(for: object)
        self.sync = sync
        self.health = health
    }

    /// Whether `other`, a later state of the same object, was changed by someone else in a way that concerns us.
    ///
    /// When another manager sets a field of ours, the server moves it out of our set; a mere reordering of a list
    /// shows in the generation alone.
    func isChanged(in other: Member) -> Bool {
        uid != other.uid || digest != other.digest || ownFields != other.ownFields || generation != other.generation
            || ownership != other.ownership
    }
}

/// An object that stands where git wants one of ours, and is not.
struct Stranger: Sendable, Hashable {
    let ownership: Ownership
    let uid: String
    let isTerminating: Bool
    let finalizers: [String]
    /// It carries the environment's label and its own identity: we began to make it ours.
    let isPrepared: Bool
    /// The tool that says the object is its own; nil when none does.
    let claim: String?
    let holders: [String]
    /// The environment whose label it carries.
    let environment: String?

    init(_ object: Value, key: ResourceKey, in applySet: ApplySet) {
        ownership = Ownership(of: object, key: key, in: applySet)
        uid = object.uid ?? ""
        claim = Claim.holder(of: object)
        holders = Holders.of(object)
        environment = object.label(Conventions.environmentLabel)
        isTerminating = object[at: "metadata", "deletionTimestamp"]?.string != nil
        finalizers = object[at: "metadata", "finalizers"]?.list?.compactMap(\.string) ?? []
        isPrepared =
            object.label(Conventions.environmentLabel) == applySet.environment.text
            && object.annotation(Conventions.objectAnnotation) == key.identity
    }
}

/// Whether version `left` of an object is later than `right`. Versions of one object are ordered numbers
/// (KEP-5504 makes that official); one that is no number counts as later, so nothing is missed.
func isLater(_ left: String, than right: String) -> Bool {
    guard let left = UInt64(left), let right = UInt64(right) else { return true }
    return left > right
}
