// SPDX-License-Identifier: Apache-2.0

import Domain

/// What one pass will do; nothing is done yet.
///
/// Comes in: what git wants and what is live. Goes out: per service the objects to write, in order, and what is to
/// be deleted afterwards. Pure: equal inputs give equal plans.
struct Plan: Sendable {
    enum Step: Sendable, Hashable {
        /// Nothing of that name exists.
        case create
        /// Exists and is ours, and is another manifest's work, or drifted.
        case configure
        /// Exists, is not ours, and is taken over: however it is by now, or only while it is what a person read.
        case adopt(HeldList.Item?)
        /// Same manifest, but only a dry run can tell whether it is still so.
        case verify
        /// Known to be as git wants it.
        case leave
        /// The old one is being deleted: wait until it is gone, then create.
        case awaitDeletion(finalizers: [String])
        case refuse(String)
        /// A hook that runs, or has ended without being noted.
        case awaitHook
        /// A hook that failed runs again; the failed run has this uid.
        case rerun(uid: String)

        /// Whether what is there is written over, without asking first whether it differs.
        var writesOver: Bool {
            switch self {
            case .configure, .adopt: true
            case .create, .verify, .leave, .awaitDeletion, .refuse, .awaitHook, .rerun: false
            }
        }
    }

    struct Item: Sendable {
        let desired: DesiredObject
        let step: Step

        var key: ResourceKey { desired.key }
    }

    struct ServicePlan: Sendable {
        let name: Name
        let needs: [Name]
        /// In order; Namespaces and CRDs are in `Plan.foundation` instead.
        let items: [Item]
        /// Manifests that no request is made for.
        let refusals: [Refusal]
        /// Why nothing of it can be applied; nil when it can.
        let problem: String?
        /// How long a wave may take to become healthy; nil for what holds everywhere.
        let healthTimeout: Duration?
    }

    /// Namespaces and CRDs of all services, in order.
    let foundation: [Item]
    /// In the order of their names; services that failed to render are not here.
    let services: [ServicePlan]
    let prune: PrunePlan
    let adoption: AdoptionPlan
    /// What the parent must announce before the first write.
    let announced: ApplySet.Contents
    let notes: [String]

    /// - Parameters:
    ///   - confirmed: What people let happen.
    ///   - order: Why hooks may run again that failed.
    init(
        _ desired: DesiredState, live: LiveState, environment: Environment,
        confirmed: [HeldList.Purpose: Confirmation] = [:],
        order: HookOrder = HookOrder()
    ) {
        let adoption = AdoptionPlan(
            desired, live: live, confirmed: confirmed[.adopt], noted: live.memory.held(.adopt))
        let items = desired.objects.values.sorted { $0.position < $1.position }.map {
            Item(desired: $0, step: Self.step(for: $0, live: live, adoption, in: environment, order))
        }
        self.adoption = adoption
        foundation = items.filter { ApplyOrder.isFoundation($0.key.groupKind) }
        let others = Dictionary(grouping: items.filter { !ApplyOrder.isFoundation($0.key.groupKind) }) {
            $0.desired.service
        }
        let refusals = Dictionary(grouping: desired.refusals, by: \.service)
        let cycles = Needs.problems(in: desired.services)
        services = desired.services.filter { !$0.isFailed }.map { service in
            ServicePlan(
                name: service.name, needs: service.needs, items: others[service.name] ?? [],
                refusals: refusals[service.name] ?? [], problem: cycles[service.name],
                healthTimeout: others[service.name]?.compactMap(\.desired.healthTimeout).max())
        }
        prune = PrunePlan(desired, live: live, environment: environment, confirmed: confirmed[.prune])
        announced = live.announced.union(ApplySet.Contents(namespaces: [environment.namespace]))
            .union(ApplySet.Contents(of: desired.objects.keys))
            .union(ApplySet.Contents(of: live.members.keys))
        notes = desired.notes + Self.claims(items, live)
    }

    /// Who else holds what is taken over: two masters of one object fight.
    private static func claims(_ items: [Item], _ live: LiveState) -> [String] {
        items.compactMap { item in
            guard case .adopt = item.step, let claim = live.strangers[item.key]?.claim else { return nil }
            return
                "\(item.key) is taken over, and \(claim) still claims it; take it out there, or both will undo each other"
        }
    }

    /// What waits for a person.
    var held: [HeldList.Purpose: HeldList] {
        [.prune: prune.held, .adopt: adoption.held].filter { !$0.value.isEmpty }
    }

    /// Whether any object needs a request of its own.
    var isIdle: Bool {
        (foundation + services.flatMap(\.items)).allSatisfy { $0.step == .leave } && prune.ready.isEmpty
    }

    private static func step(
        for desired: DesiredObject, live: LiveState, _ adoption: AdoptionPlan, in environment: Environment,
        _ order: HookOrder
    ) -> Step {
        if let problem = live.unread[desired.key.groupKind] {
            return .refuse("\(desired.key.groupKind) could not be listed: \(problem)")
        }
        if let hook = desired.hook {
            if live.hooks[hook.origin] == hook.run { return .leave }
            if let member = live.members[desired.key] { return step(forRun: member, order) }
        }
        if let member = live.members[desired.key] {
            return step(for: desired, member: member, adoption, in: environment)
        }
        guard let stranger = live.strangers[desired.key] else {
            return live.finished[desired.key] == desired.digest ? .leave : .create
        }
        if stranger.isTerminating { return .awaitDeletion(finalizers: stranger.finalizers) }
        switch stranger.ownership {
        case .another(let id):
            let whose = stranger.environment.map { "the environment \($0)" } ?? "another ApplySet"
            return .refuse(
                "it belongs to \(whose) (\(id)); take it out there first, "
                    + "or name it as `formerly` in kubernaut.yaml if it was renamed")
        case .ours, .unproven: return .configure
        case .copy where stranger.isPrepared, .nobody where stranger.isPrepared: return .configure
        case .copy, .nobody:
            let claim = stranger.claim.map { " but belongs to \($0)" } ?? " and is not ours"
            return takeover(of: desired, adoption) ?? .refuse("it exists\(claim); \(advice(desired, environment))")
        }
    }

    /// Nil when it may not be taken over.
    private static func takeover(of desired: DesiredObject, _ adoption: AdoptionPlan) -> Step? {
        desired.mayAdopt ? .adopt(nil) : adoption.granted[desired.key].map { .adopt($0) }
    }

    private static func advice(_ desired: DesiredObject, _ environment: Environment) -> String {
        let annotation = "annotate \(Conventions.adoptAnnotation): \"true\" to take it over"
        guard desired.adoption == .asked, desired.hook == nil else { return annotation }
        return "\(annotation), or confirm it: kubernaut adopt \(environment.name)"
    }

    /// A hook that ran for this very rendering before.
    private static func step(forRun member: Member, _ order: HookOrder) -> Step {
        if member.isTerminating { return .awaitDeletion(finalizers: member.finalizers) }
        guard member.health.status == .degraded else { return .awaitHook }
        if order.mayRepeat(member) { return .rerun(uid: member.uid) }
        return .refuse(
            "the hook failed: \(member.health.reason); it runs again with a new commit or `kubernaut sync`")
    }

    private static func step(
        for desired: DesiredObject, member: Member, _ adoption: AdoptionPlan, in environment: Environment
    ) -> Step {
        if member.isTerminating { return .awaitDeletion(finalizers: member.finalizers) }
        if case .copy = member.ownership {
            return takeover(of: desired, adoption)
                ?? .refuse("it is a copy of another object of ours; \(advice(desired, environment))")
        }
        guard member.digest == desired.digest, member.service == desired.service else { return .configure }
        switch member.sync {
        case .proven: return .leave
        case .unproven: return .verify
        case .drifted: return .configure
        }
    }
}
