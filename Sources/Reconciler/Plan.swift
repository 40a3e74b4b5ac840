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
        /// Exists, and is another manifest's work, or drifted; or is taken over.
        case configure
        /// Same manifest, but only a dry run can tell whether it is still so.
        case verify
        /// Known to be as git wants it.
        case leave
        /// The old one is being deleted: wait until it is gone, then create.
        case awaitDeletion(finalizers: [String])
        case refuse(String)
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
    /// What the parent must announce before the first write.
    let announced: ApplySet.Contents
    let notes: [String]

    /// - Parameters:
    ///   - confirmed: The hash of the held list that a person let go; nil when nobody did.
    init(_ desired: DesiredState, live: LiveState, environment: Environment, confirmed: String? = nil) {
        let items = desired.objects.values.sorted { $0.position < $1.position }.map {
            Item(desired: $0, step: Self.step(for: $0, live: live))
        }
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
        prune = PrunePlan(desired, live: live, environment: environment, confirmed: confirmed)
        announced = live.announced.union(ApplySet.Contents(namespaces: [environment.namespace]))
            .union(ApplySet.Contents(of: desired.objects.keys))
            .union(ApplySet.Contents(of: live.members.keys))
        notes = desired.notes + Self.claims(items, live)
    }

    /// Who else holds what is taken over: two masters of one object fight.
    private static func claims(_ items: [Item], _ live: LiveState) -> [String] {
        items.compactMap { item in
            guard item.step == .configure, let claim = live.strangers[item.key]?.claim else { return nil }
            return
                "\(item.key) is taken over, and \(claim) still claims it; take it out there, or both will undo each other"
        }
    }

    /// Whether any object needs a request of its own.
    var isIdle: Bool {
        (foundation + services.flatMap(\.items)).allSatisfy { $0.step == .leave } && prune.ready.isEmpty
    }

    private static func step(for desired: DesiredObject, live: LiveState) -> Step {
        if let problem = live.unread[desired.key.groupKind] {
            return .refuse("\(desired.key.groupKind) could not be listed: \(problem)")
        }
        if let member = live.members[desired.key] { return step(for: desired, member: member) }
        guard let stranger = live.strangers[desired.key] else {
            return live.finished[desired.key] == desired.digest ? .leave : .create
        }
        if stranger.isTerminating { return .awaitDeletion(finalizers: stranger.finalizers) }
        switch stranger.ownership {
        case .another(let id):
            let whose = stranger.environment.map { "the environment \($0)" } ?? "another ApplySet"
            return .refuse("it belongs to \(whose) (\(id)); take it out there first")
        case .ours, .unproven: return .configure
        case .copy where !desired.mayAdopt && !stranger.isPrepared,
            .nobody where !desired.mayAdopt && !stranger.isPrepared:
            let claim = stranger.claim.map { " but belongs to \($0)" } ?? " and is not ours"
            return .refuse(
                "it exists\(claim); annotate \(Conventions.adoptAnnotation): \"true\" to take it over")
        case .copy, .nobody: return .configure
        }
    }

    private static func step(for desired: DesiredObject, member: Member) -> Step {
        if member.isTerminating { return .awaitDeletion(finalizers: member.finalizers) }
        if case .copy = member.ownership, !desired.mayAdopt {
            return .refuse(
                "it is a copy of another object of ours; annotate \(Conventions.adoptAnnotation): \"true\" to take it over"
            )
        }
        guard member.digest == desired.digest, member.service == desired.service else { return .configure }
        switch member.sync {
        case .proven: return .leave
        case .unproven: return .verify
        case .drifted: return .configure
        }
    }
}

/// Which services can never start, because what they need is missing or needs them back. Pure.
enum Needs {
    static func problems(in services: [RenderedService]) -> [Name: String] {
        let needs = Dictionary(services.map { ($0.name, $0.needs) }) { first, _ in first }
        var problems: [Name: String] = [:]
        for service in services {
            if let missing = service.needs.first(where: { needs[$0] == nil }) {
                problems[service.name] = "it needs \(missing), which this environment does not have"
            } else if let cycle = cycle(from: service.name, needs: needs) {
                problems[service.name] = "it needs itself: \(cycle.map(\.text).joined(separator: " → "))"
            }
        }
        return problems
    }

    /// The way from `start` back to itself; nil when there is none.
    private static func cycle(from start: Name, needs: [Name: [Name]]) -> [Name]? {
        var cameFrom: [Name: Name] = [:]
        var queue = [start]
        while let name = queue.popLast() {
            for need in needs[name] ?? [] {
                if need == start {
                    var way = [start]
                    var step: Name? = name
                    while let name = step, name != start {
                        way.append(name)
                        step = cameFrom[name]
                    }
                    return [start] + way.reversed()
                }
                if cameFrom[need] == nil {
                    cameFrom[need] = name
                    queue.append(need)
                }
            }
        }
        return nil
    }
}
