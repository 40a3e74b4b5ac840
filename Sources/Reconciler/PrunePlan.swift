// SPDX-License-Identifier: Apache-2.0

import Domain

/// What is ours and no longer wanted, and how much of it may go.
struct PrunePlan: Sendable {
    struct Item: Sendable, Hashable {
        let key: ResourceKey
        let uid: String
        let service: Name?
        let wave: Int
        let isFinalized: Bool

        /// As people read it.
        var listed: HeldList.Item { HeldList.Item(key: key, uid: uid, service: service) }
    }

    /// To be deleted, in order.
    let ready: [Item]
    /// Waits for a person.
    let held: HeldList
    /// Part of `ready`: what would be held without a person's word.
    let confirmed: Set<ResourceKey>
    /// Kept on purpose, with the reason.
    let kept: [ResourceKey: String]
    /// Why nothing at all may be deleted now; nil when it may.
    let blocked: String?

    /// Pure.
    init(_ desired: DesiredState, live: LiveState, environment: Environment, confirmed: Confirmation?) {
        blocked = live.unread.isEmpty ? nil : Self.reason(live.unread)
        let wanted = Set(desired.objects.keys).union(desired.refusals.map(\.key))
        let wantedUIDs = Set(wanted.compactMap { live.members[$0]?.uid })
        let failed = desired.failedServices
        let hookOrigins = desired.hookOrigins
        var candidates: [Item] = []
        var kept: [ResourceKey: String] = [:]
        for (key, member) in live.members where !wanted.contains(key) && member.ownership == .ours {
            // The same object, seen through another API group.
            if wantedUIDs.contains(member.uid) { continue }
            // Earlier runs of a hook go when a later one has begun.
            if let origin = member.hookOf, hookOrigins.contains(origin) { continue }
            if let reason = Self.reasonToKeep(key, member, failed: failed) {
                kept[key] = reason
            } else if !member.isTerminating {
                candidates.append(
                    Item(
                        key: key, uid: member.uid, service: member.service, wave: member.wave,
                        isFinalized: !member.finalizers.isEmpty))
            }
        }
        self.kept = kept
        // Backwards through the order in which they were applied.
        candidates.sort { Self.position($0) > Self.position($1) }
        let ours = live.members.values.count { $0.ownership == .ours }
        let isOverBudget = Self.isOver(environment.prune, deleting: candidates.count, of: ours)
        let mustHold = candidates.filter { isOverBudget || ApplyOrder.heldKinds.contains($0.key.groupKind) }
        guard blocked == nil else {
            (ready, held, self.confirmed) = ([], .none, [])
            return
        }
        let uids = Dictionary(candidates.map { ($0.key, $0.uid) }) { first, _ in first }
        let consent = Consent(to: mustHold.map(\.listed), confirmed: confirmed, noted: live.memory.held(.prune)) {
            // Gone, on its way, or small enough by now to need nobody.
            guard let member = live.members[$0.key], member.uid == $0.uid, !member.isTerminating else { return true }
            return uids[$0.key] == $0.uid
        }
        held = consent.held
        self.confirmed = Set(consent.granted.keys)
        let heldKeys = Set(consent.held.items.map(\.key))
        ready = candidates.filter { !heldKeys.contains($0.key) }
    }

    /// Groups that may be deleted side by side, in order.
    var steps: [[Item]] {
        var steps: [[Item]] = []
        for item in ready {
            if let last = steps.last?.first, Self.position(last).step == Self.position(item).step {
                steps[steps.count - 1].append(item)
            } else {
                steps.append([item])
            }
        }
        return steps
    }

    /// Whether deleting `count` of `total` objects needs a person. A single object is always within the share:
    /// in a small environment it would be over it by itself.
    static func isOver(_ budget: PruneBudget, deleting count: Int, of total: Int) -> Bool {
        count > budget.limit || (count > 1 && count * 100 > budget.percent * total)
    }

    private static func position(_ item: Item) -> ApplyOrder.Position {
        ApplyOrder.Position(wave: item.wave, key: item.key)
    }

    private static func reasonToKeep(_ key: ResourceKey, _ member: Member, failed: Set<Name>) -> String? {
        if member.isPruneDisabled { return "\(Conventions.pruneAnnotation) is disabled" }
        if key.groupKind == GroupKind("Namespace"), ApplyOrder.protectedNamespaces.contains(key.name) {
            return "namespaces of the cluster itself are never deleted"
        }
        if let service = member.service, failed.contains(service) { return "service \(service) could not be rendered" }
        if member.service == nil, !failed.isEmpty { return "its service is not known, and a service failed to render" }
        return nil
    }

    private static func reason(_ unread: [GroupKind: String]) -> String {
        let kinds = unread.keys.sorted().map(\.description).joined(separator: ", ")
        return "nothing is deleted, because not everything could be read: \(kinds)"
    }
}
