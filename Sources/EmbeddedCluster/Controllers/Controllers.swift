// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// One thing to look at again.
enum WorkItem: Hashable, Sendable {
    case object(ObjectReference)
    /// Objects whose owner with this uid is gone or goes.
    case dependents(uid: String)
}

/// Makes the cluster do what its objects say: one loop over the changes of the store, no polling.
///
/// Each step looks at one object and writes what is next for it; the write is a change that leads to the next step.
final class Controllers: Sendable {
    let objects: Objects
    let podDelay: Duration
    /// Steps that wait for time to pass.
    private struct Delayed: Sendable {
        /// Asked for while one object is looked at.
        var new: [(Duration, WorkItem)] = []
        /// When each will be looked at, so that one object never has two timers.
        var due: [WorkItem: ContinuousClock.Instant] = [:]
    }

    private let delayed = Lock(Delayed())
    /// Pods whose next step is due: uid and phase.
    let steps = Lock<Set<String>>([])
    let relations = Relations()
    /// Pod addresses given out so far.
    let podCount = Lock(0)

    init(objects: Objects, podDelay: Duration) {
        self.objects = objects
        self.podDelay = podDelay
    }

    var store: Store { objects.store }

    /// Runs until cancelled.
    func run() async {
        let (queue, source) = AsyncStream.makeStream(of: [WorkItem].self)
        let feed = store.feed()
        let everything = store.everything().objects
        for (resource, object) in everything { relations.note(resource, from: nil, to: object) }
        source.yield(everything.map { .object(ObjectReference(resource: $0.0, key: $0.1.key)) })
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                for await (resource, change) in feed { source.yield(items(for: change, of: resource)) }
                source.finish()
            }
            var pending = WorkQueue()
            for await items in queue {
                pending.add(items)
                while let item = pending.next() {
                    work(on: item)
                    for (delay, item) in takeDelayed() {
                        group.addTask { [self] in
                            // Cancelled means the cluster stops: then nothing is to be done later.
                            guard (try? await Task.sleep(for: delay)) != nil else { return }
                            delayed.withLock { $0.due[item] = nil }
                            source.yield([item])
                        }
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// Looks at `item` again after a while.
    func later(_ delay: Duration, _ item: WorkItem) {
        let time = ContinuousClock.now + delay
        delayed.withLock { delayed in
            if let due = delayed.due[item], due <= time { return }
            delayed.due[item] = time
            delayed.new.append((delay, item))
        }
    }

    private func takeDelayed() -> [(Duration, WorkItem)] {
        delayed.withLock { delayed in
            let new = delayed.new
            delayed.new = []
            return new
        }
    }

    /// What a change may have made necessary.
    private func items(for change: Change, of resource: ResourceID) -> [WorkItem] {
        let object = change.object
        relations.note(resource, from: change.previous, to: change.kind == .deleted ? nil : object)
        var items: [WorkItem] = [.object(ObjectReference(resource: resource, key: object.key))]
        let owners = object.ownerReferences + (change.previous?.ownerReferences ?? [])
        for owner in owners { if let item = self.owner(owner, of: object) { items.append(item) } }
        if change.kind == .deleted || object.isTerminating { items.append(.dependents(uid: object.uid)) }
        if change.kind == .added, !object.ownerReferences.isEmpty {
            // Born after its owner died: nobody else would notice.
            items += owners.compactMap { $0["uid"]?.string.map { .dependents(uid: $0) } }
        }
        if change.kind == .deleted, !object.namespace.isEmpty {
            items.append(
                .object(ObjectReference(resource: .namespaces, key: ObjectKey(namespace: "", name: object.namespace))))
        }
        if change.kind == .deleted, store.registry[resource]?.isCustom == true {
            let name = "\(resource.plural).\(resource.group)"
            items.append(.object(ObjectReference(resource: .definitions, key: ObjectKey(namespace: "", name: name))))
        }
        if resource == .services, change.kind == .modified, let old = change.previous {
            objects.allocator.release(old, keptBy: object)
        }
        if change.kind == .deleted, resource == .services { objects.allocator.release(object) }
        if resource == .pods { items += servicesSelecting(change) + budgets(in: object.namespace) }
        if change.kind == .deleted, resource == .pods { items += claims(of: object) }
        if change.kind == .deleted, resource == .claims, let volume = object[at: "spec", "volumeName"]?.string {
            items.append(.object(ObjectReference(resource: .volumes, key: ObjectKey(namespace: "", name: volume))))
        }
        return items
    }

    /// The claims that a pod held.
    private func claims(of pod: Value) -> [WorkItem] {
        (pod[at: "spec", "volumes"]?.list ?? []).compactMap { volume in
            guard let name = volume[at: "persistentVolumeClaim", "claimName"]?.string else { return nil }
            return .object(
                ObjectReference(resource: .claims, key: ObjectKey(namespace: pod.namespace, name: name)))
        }
    }

    private func owner(_ owner: Value, of object: Value) -> WorkItem? {
        let kind = GroupVersionKind(
            apiVersion: owner["apiVersion"]?.string ?? "", kind: owner["kind"]?.string ?? "")
        guard let resource = store.registry[GroupKind(group: kind.group, kind: kind.kind)] else { return nil }
        let key = ObjectKey(
            namespace: resource.isNamespaced ? object.namespace : "", name: owner["name"]?.string ?? "")
        return .object(ObjectReference(resource: resource.id, key: key))
    }

    private func work(on item: WorkItem) {
        switch item {
        case .dependents(let uid): collectGarbage(ownedBy: uid)
        case .object(let reference):
            guard let object = store.get(reference.resource, reference.key) else {
                if reference.resource == .definitions { forgetKind(reference.key.name) }
                return
            }
            if object.isTerminating { finishDeletion(reference, object) }
            reconcile(reference, object)
        }
    }

    private func reconcile(_ reference: ObjectReference, _ object: Value) {
        switch (reference.resource.group, reference.resource.plural) {
        case ("", "namespaces"): namespace(object)
        case ("", "pods"): pod(object)
        case ("", "services"): service(object)
        case ("", "persistentvolumeclaims"): claim(object)
        case ("", "persistentvolumes"): volume(object)
        case ("apps", "deployments"): deployment(object)
        case ("apps", "replicasets"), ("", "replicationcontrollers"): replicaSet(object, reference.resource)
        case ("apps", "statefulsets"): statefulSet(object)
        case ("apps", "daemonsets"): daemonSet(object)
        case ("batch", "jobs"): job(object)
        case ("networking.k8s.io", "ingresses"): ingress(object)
        case ("policy", "poddisruptionbudgets"): budget(object)
        case ("apiextensions.k8s.io", "customresourcedefinitions"): definition(object)
        case ("apiregistration.k8s.io", "apiservices"): apiService(object)
        default: break
        }
    }
}

/// Items in the order they came, each at most once.
private struct WorkQueue {
    private var order: [WorkItem] = []
    private var first = 0
    private var known: Set<WorkItem> = []

    mutating func add(_ items: [WorkItem]) {
        for item in items where known.insert(item).inserted { order.append(item) }
    }

    mutating func next() -> WorkItem? {
        guard first < order.count else {
            order.removeAll(keepingCapacity: true)
            first = 0
            return nil
        }
        defer { first += 1 }
        known.remove(order[first])
        return order[first]
    }
}

extension ResourceID {
    static let namespaces = ResourceID(group: "", plural: "namespaces")
    static let pods = ResourceID(group: "", plural: "pods")
    static let replicaSets = ResourceID(group: "apps", plural: "replicasets")
    static let services = ResourceID(group: "", plural: "services")
    static let claims = ResourceID(group: "", plural: "persistentvolumeclaims")
    static let volumes = ResourceID(group: "", plural: "persistentvolumes")
    static let budgets = ResourceID(group: "policy", plural: "poddisruptionbudgets")
    static let definitions = ResourceID(group: "apiextensions.k8s.io", plural: "customresourcedefinitions")
}
