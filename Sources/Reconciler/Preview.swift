// SPDX-License-Identifier: Apache-2.0

public import Domain

/// What a pass over one rendering would do to one object.
public struct PreviewedObject: Sendable {
    public let key: ResourceKey
    /// Nil for an object to be deleted whose service is not known.
    public let service: Name?
    /// `failed` for what the cluster, or a rule of ours, would refuse; the message says why.
    public let action: Action
    /// Nil when there is none, or it could not be read.
    public let live: Value?
    /// As the object would be; nil when it would go, or nobody can tell.
    public let predicted: Value?
    /// Empty when there is nothing to say.
    public let message: String
}

/// Says what a pass would do, by the same plan and the server's dry run; writes nothing.
public struct Preview: Sendable {
    private let environment: Environment
    private let bench: Workbench
    private let interruption = Interruption()

    public init(of environment: Environment, on cluster: any Cluster, settings: ReconcilerSettings = .init()) {
        self.environment = environment
        bench = Workbench(toLookAt: environment, on: cluster, settings)
    }

    /// - Parameter services: Whose objects are tried, beside what all of them stand on; nil for everything.
    /// - Returns: Every object of the rendering and every object that would be deleted, in the order of their keys.
    /// - Throws: When the cluster as a whole does not answer.
    public func objects(
        of rendering: Rendering, only services: Set<Name>? = nil
    ) async throws(ClusterError) -> [PreviewedObject] {
        let discovery = try await bench.cluster.discovery(refresh: false)
        let desired = DesiredState(rendering, discovery: discovery)
        let live = try await LiveReader(bench: bench, interruption: interruption).read(desired, discovery: discovery)
        let plan = Plan(desired, live: live, environment: environment)
        let wanted = plan.services.filter { services?.contains($0.name) ?? true }
        let items = plan.foundation + wanted.filter { $0.problem == nil }.flatMap(\.items)
        var objects = await concurrently(items) { await self.preview($0) }
        // Services that can never start: nothing of theirs is tried.
        for service in wanted {
            guard let problem = service.problem else { continue }
            objects += service.items.map { item in
                PreviewedObject(
                    key: item.key, service: service.name, action: .failed, live: nil, predicted: nil, message: problem)
            }
        }
        objects += wanted.flatMap(\.refusals).map { refusal in
            PreviewedObject(
                key: refusal.key, service: refusal.service, action: .failed, live: nil, predicted: nil,
                message: refusal.reason)
        }
        let held = Set(plan.prune.held.items)
        let doomed = (plan.prune.ready.map(\.listed) + plan.prune.held.items).filter { item in
            services.map { services in item.service.map(services.contains) ?? false } ?? true
        }
        objects += await concurrently(doomed) { item in
            let live = discovery.resource(for: item.key.groupKind)
            return PreviewedObject(
                key: item.key, service: item.service, action: .deleted, live: await self.read(item.key, live),
                predicted: nil, message: held.contains(item) ? "held until a person confirms it" : "")
        }
        objects += (services == nil ? plan.prune.kept : [:]).map { key, reason in
            PreviewedObject(
                key: key, service: nil, action: .skipped, live: nil, predicted: nil, message: "kept: \(reason)")
        }
        return objects.sorted { $0.key < $1.key }
    }

    private func concurrently<Item: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) async -> PreviewedObject
    ) async -> [PreviewedObject] {
        await withTaskGroup(of: PreviewedObject.self) { group in
            for item in items { group.addTask { await body(item) } }
            var results: [PreviewedObject] = []
            for await result in group { results.append(result) }
            return results
        }
    }

    private func preview(_ item: Plan.Item) async -> PreviewedObject {
        let live = await read(item.key, item.desired.resource)
        func answer(_ action: Action, _ predicted: Value?, _ message: String = "") -> PreviewedObject {
            PreviewedObject(
                key: item.key, service: item.desired.service, action: action, live: live, predicted: predicted,
                message: message)
        }
        switch item.step {
        case .refuse(let reason): return answer(.failed, live, reason)
        case .leave: return answer(.unchanged, live)
        case .awaitHook: return answer(.unchanged, live, "the hook runs")
        case .rerun:
            return answer(.configured, item.desired.object(in: bench.applySet), "the hook failed and runs again")
        case .awaitDeletion(let finalizers):
            let holders = finalizers.isEmpty ? "" : ", held by \(finalizers.joined(separator: ", "))"
            return answer(.created, item.desired.object(in: bench.applySet), "the old one is being deleted\(holders)")
        case .create, .configure, .adopt, .verify: break
        }
        do throws(ClusterError) {
            let writer = ObjectWriter(bench: bench, interruption: interruption)
            let desired = live == nil ? item.desired : await bench.autoscalers.adjusted(item.desired, bench)
            var predicted = try await writer.trial(desired, over: live).object
            if let live, item.step.writesOver {
                let applied = desired.object(in: bench.applySet, over: live)
                predicted = Self.afterTakeover(predicted, of: live, desired, applied: applied)
            }
            if let live, Comparison.isSame(live, predicted, ignoring: desired.ignored) {
                return answer(.unchanged, live)
            }
            return answer(live == nil ? .created : .configured, predicted)
        } catch {
            return withoutServer(item.desired, live, error, answer)
        }
    }

    /// What can be said although the server would not try: its kind or namespace comes with the same revision, or a
    /// dry run is not permitted.
    private func withoutServer(
        _ desired: DesiredObject, _ live: Value?, _ error: ClusterError,
        _ answer: (Action, Value?, String) -> PreviewedObject
    ) -> PreviewedObject {
        let object = desired.object(in: bench.applySet)
        switch error.code {
        case .notFound, .unknownKind:
            return live == nil ? answer(.created, object, "") : answer(.failed, live, error.detail)
        case .forbidden:
            guard let live else { return answer(.created, object, "not tried: \(error.detail)") }
            if Comparison.covers(live, desired.comparable(in: bench.applySet)) { return answer(.unchanged, live, "") }
            return answer(.configured, Self.overlay(object, on: live), "not tried: \(error.detail)")
        case .immutable where desired.mayRecreate:
            return answer(.configured, object, "deleted and created again: \(error.detail)")
        default:
            return answer(.failed, live, Explanation.text(for: error, desired: desired))
        }
    }

    /// Nil also when it may not be read: then the dry run says why.
    private func read(_ key: ResourceKey, _ resource: APIResource?) async -> Value? {
        guard let resource else { return nil }
        let found = try? await bench.get(key, resource, detail: .whole, interruption)
        return found ?? nil
    }

    private static func overlay(_ desired: Value, on live: Value) -> Value {
        guard let members = desired.map, live.map != nil else { return desired }
        var result = live
        for entry in members { result[entry.key] = live[entry.key].map { overlay(entry.value, on: $0) } ?? entry.value }
        return result
    }
}
