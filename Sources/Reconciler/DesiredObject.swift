// SPDX-License-Identifier: Apache-2.0

import Domain

/// A manifest that a cluster can take: its kind looked up, its namespace settled, its instructions read.
///
/// A class, though a value by nature: many tables hold thousands of these, and one of them is some 600 bytes.
final class DesiredObject: Sendable {
    let key: ResourceKey
    let resource: APIResource
    let manifest: Manifest
    let position: ApplyOrder.Position
    let mode: Environment.ApplyMode
    let mayRecreate: Bool
    let adoption: Adoption
    /// What others may set.
    let ignored: IgnoredFields
    /// Nil for everything but Jobs that run once for each change.
    let hook: Hook?
    /// The commit that a hook is started for; nil before it is.
    let attempt: String?
    /// The kind comes with a CRD of the same revision: wait until the cluster serves it.
    let awaitsKind: Bool

    /// Whether an object of that name that is not ours is taken over.
    enum Adoption: Sendable, Hashable {
        case allowed
        /// When a person confirms it.
        case asked
        case refused
    }

    var mayAdopt: Bool { adoption == .allowed }
    var service: Name { manifest.service }
    var wave: Int { position.step.wave }
    var digest: String { manifest.digest }
    /// What its manifest says about its service's waits.
    var healthTimeout: Duration? {
        manifest.object.annotation(Conventions.healthTimeoutAnnotation).flatMap { Duration(text: $0) }
    }
    /// A Job that the cluster deletes some time after it is done: that it is gone then is no drift.
    var isClearedWhenDone: Bool {
        key.groupKind == GroupKind("Job.batch") && manifest.object[at: "spec", "ttlSecondsAfterFinished"] != nil
    }

    init(
        key: ResourceKey, resource: APIResource, manifest: Manifest, position: ApplyOrder.Position,
        mode: Environment.ApplyMode, mayRecreate: Bool, adoption: Adoption, ignored: IgnoredFields, hook: Hook?,
        attempt: String? = nil, awaitsKind: Bool
    ) {
        self.key = key
        self.resource = resource
        self.manifest = manifest
        self.position = position
        self.mode = mode
        self.mayRecreate = mayRecreate
        self.adoption = adoption
        self.ignored = ignored
        self.hook = hook
        self.attempt = attempt
        self.awaitsKind = awaitsKind
    }

    /// The same, with one more field that others may set.
    func ignoring(_ pointer: JSONPointer) -> DesiredObject {
        changed(ignored: IgnoredFields(ignored.pointers + [pointer]), attempt: attempt)
    }

    /// The same, for a hook that is started now.
    func attempted(by commit: String) -> DesiredObject { changed(ignored: ignored, attempt: commit) }

    private func changed(ignored: IgnoredFields, attempt: String?) -> DesiredObject {
        DesiredObject(
            key: key, resource: resource, manifest: manifest, position: position, mode: mode,
            mayRecreate: mayRecreate, adoption: adoption, ignored: ignored, hook: hook, attempt: attempt,
            awaitsKind: awaitsKind)
    }

    /// What must be in the live object for it to be as git wants it.
    func comparable(in applySet: ApplySet) -> Value { ignored.removed(from: object(in: applySet)) }

    /// The object as it is sent over a live one.
    func object(in applySet: ApplySet, over live: Value) -> Value {
        let object = object(in: applySet)
        guard !ignored.isEmpty else { return object }
        return mode == .serverSide ? ignored.applied(object, over: live) : ignored.replaced(object, over: live)
    }

    /// The object as it is created: the manifest with its namespace and our marks.
    func object(in applySet: ApplySet) -> Value {
        var object = manifest.object
        var metadata = object["metadata"] ?? [:]
        metadata["namespace"] = key.namespace.map { .string($0) }
        var labels = metadata["labels"] ?? [:]
        labels[Conventions.environmentLabel] = .string(applySet.environment.text)
        labels[Conventions.serviceLabel] = .string(service.text)
        labels[Conventions.applySetPartOfLabel] = .string(applySet.id)
        metadata["labels"] = labels
        var annotations = metadata["annotations"] ?? [:]
        annotations[Conventions.objectAnnotation] = .string(key.identity)
        annotations[Conventions.digestAnnotation] = .string(digest)
        metadata["annotations"] = annotations
        object["metadata"] = metadata
        object["status"] = nil
        return hook.map { marked(object, $0) } ?? object
    }

    /// A run of a hook has its own name, and an end that the cluster keeps.
    private func marked(_ object: Value, _ hook: Hook) -> Value {
        var object = object
        var metadata = object["metadata"] ?? [:]
        metadata["name"] = .string(key.name)
        object["metadata"] = metadata
        if object[at: "spec", "activeDeadlineSeconds"] == nil, var spec = object["spec"] {
            spec["activeDeadlineSeconds"] = .integer(hook.deadline.components.seconds)
            object["spec"] = spec
        }
        var annotations: [String: String?] = [Conventions.hookOfAnnotation: hook.origin.identity]
        if let attempt { annotations[Conventions.attemptAnnotation] = attempt }
        return object.annotated(annotations)
    }
}

/// A manifest that cannot be applied, and why.
struct Refusal: Sendable, Hashable {
    let key: ResourceKey
    let service: Name
    let reason: String
    let position: Position

    /// What comes after it in its service waits for it.
    typealias Position = ApplyOrder.Step
}

/// Everything one revision wants of one cluster.
struct DesiredState: Sendable {
    private(set) var objects: [ResourceKey: DesiredObject] = [:]
    private(set) var refusals: [Refusal] = []
    /// Things people should know that stop nothing.
    private(set) var notes: [String] = []
    let services: [RenderedService]

    /// Nothing is wanted, and nothing is known: for the time before the first pass.
    static let unknown = DesiredState()

    private init() { services = [] }

    /// Looks every manifest up in what the cluster serves. Pure.
    init(_ rendering: Rendering, discovery: Discovery) {
        services = rendering.services
        let ownKinds = Self.kinds(definedIn: rendering)
        var owners: [ResourceKey: Name] = [:]
        let runs = Self.runs(rendering)
        let adopting = Dictionary(services.map { ($0.name, $0.adoptsExisting) }) { first, _ in first }
        for manifest in rendering.services.lazy.filter({ !$0.isFailed }).flatMap(\.manifests) {
            let lookup = Self.resource(for: manifest.kind, discovery: discovery, ownKinds: ownKinds)
            let isNamespaced = lookup.resource?.isNamespaced ?? true
            let key = ResourceKey(
                groupKind: manifest.kind.groupKind,
                namespace: isNamespaced ? manifest.namespace ?? rendering.environment.namespace : nil,
                name: manifest.name)
            if !isNamespaced, let namespace = manifest.namespace {
                notes.append("\(key) has no namespace; the \(namespace) in \(manifest.location) is left out")
            }
            guard let resource = lookup.resource else {
                refuse(key, manifest, lookup.problem)
                continue
            }
            let hook: Hook?
            do throws(Hook.Problem) {
                hook = try Hook.read(manifest, key: key, run: runs[manifest.service] ?? "")
            } catch {
                refuse(key, manifest, error.text)
                continue
            }
            if let owner = owners[key] {
                objects[key] = nil
                refuse(key, manifest, "\(key) is in the services \(owner) and \(manifest.service); keep it in one")
                continue
            }
            if let text = manifest.object.annotation(Conventions.healthTimeoutAnnotation), Duration(text: text) == nil {
                refuse(
                    key, manifest,
                    "\(Conventions.healthTimeoutAnnotation) must be a duration such as 5m, not \"\(text)\"")
                continue
            }
            owners[key] = manifest.service
            let ignored: IgnoredFields
            do throws(IgnoredFieldsProblem) {
                ignored = try IgnoredFields(
                    for: key, rules: rendering.environment.ignored,
                    annotation: manifest.object.annotation(Conventions.ignoreAnnotation))
            } catch {
                refuse(key, manifest, "\(Conventions.ignoreAnnotation): \"\(error.pointer)\" is no field to ignore")
                continue
            }
            let live = hook.map {
                ResourceKey(
                    groupKind: key.groupKind, namespace: key.namespace, name: Hook.name(key.name, run: $0.run))
            }
            objects[live ?? key] = DesiredObject(
                key: live ?? key, resource: resource, manifest: manifest,
                position: ApplyOrder.Position(
                    wave: manifest.object.annotation(Conventions.waveAnnotation).flatMap { Int($0) } ?? 0,
                    phase: hook?.order ?? 0,
                    key: live ?? key),
                mode: manifest.object.annotation(Conventions.applyAnnotation)
                    .flatMap { Environment.ApplyMode(rawValue: $0) } ?? rendering.environment.applyMode,
                mayRecreate: manifest.object.annotation(Conventions.recreateAnnotation) == "allowed",
                adoption: Self.adoption(
                    manifest, adopting[manifest.service].flatMap(\.self) ?? rendering.environment.adoptsExisting),
                ignored: ignored, hook: hook, awaitsKind: lookup.isAwaited)
        }
        leaveReplicasToAutoscalers()
    }

    /// - Parameter isDefault: Whether its service, or else its environment, takes over what exists.
    private static func adoption(_ manifest: Manifest, _ isDefault: Bool) -> DesiredObject.Adoption {
        switch manifest.object.annotation(Conventions.adoptAnnotation) {
        case nil: isDefault ? .allowed : .asked
        case "true": .allowed
        default: .refused
        }
    }

    /// Per service that has a hook: what its whole rendering is called.
    private static func runs(_ rendering: Rendering) -> [Name: String] {
        let services = rendering.services.filter { service in
            service.manifests.contains { $0.object.annotation(Conventions.hookAnnotation) != nil }
        }
        return Dictionary(services.map { ($0.name, Hook.run(of: $0.manifests)) }) { first, _ in first }
    }

    /// Everything that git names, what cannot be applied included.
    var wanted: Set<ResourceKey> { Set(objects.keys).union(refusals.map(\.key)) }

    /// The Jobs that git names as hooks.
    var hookOrigins: Set<ResourceKey> { Set(objects.values.compactMap(\.hook?.origin)) }

    /// An autoscaler of this revision sets what its target would get from git.
    private mutating func leaveReplicasToAutoscalers() {
        for autoscaler in objects.values {
            guard let namespace = autoscaler.key.namespace, let replicas = IgnoredFields.replicas,
                let key = Autoscalers.target(of: autoscaler.manifest.object, in: namespace), let target = objects[key],
                !target.ignored.pointers.contains(replicas)
            else { continue }
            objects[key] = target.ignoring(replicas)
        }
    }

    /// Services whose rendering failed: nothing of theirs is touched.
    var failedServices: Set<Name> { Set(services.filter(\.isFailed).map(\.name)) }

    private mutating func refuse(_ key: ResourceKey, _ manifest: Manifest, _ reason: String) {
        let position = ApplyOrder.Position(wave: 0, key: key).step
        refusals.append(Refusal(key: key, service: manifest.service, reason: reason, position: position))
    }

    private struct Lookup {
        var resource: APIResource?
        var isAwaited = false
        var problem = ""
    }

    private static func resource(
        for kind: GroupVersionKind, discovery: Discovery, ownKinds: [GroupVersionKind: APIResource]
    ) -> Lookup {
        if let resource = discovery.resource(for: kind) { return Lookup(resource: resource) }
        if let resource = ownKinds[kind] { return Lookup(resource: resource, isAwaited: true) }
        if discovery.unavailable.contains(kind.apiVersion) {
            return Lookup(problem: "the cluster's API \(kind.apiVersion) does not answer at the moment")
        }
        if let other = discovery.resource(for: kind.groupKind) {
            return Lookup(
                problem: "the cluster serves \(kind.kind) as \(other.kind.apiVersion), not \(kind.apiVersion)")
        }
        return Lookup(
            problem: "the cluster does not know the kind \(kind); install its CRD, or correct apiVersion and kind")
    }

    /// The kinds that CRDs of this very revision bring.
    private static func kinds(definedIn rendering: Rendering) -> [GroupVersionKind: APIResource] {
        var kinds: [GroupVersionKind: APIResource] = [:]
        for manifest in rendering.services.flatMap(\.manifests) where manifest.kind.kind == "CustomResourceDefinition" {
            let spec = manifest.object["spec"]
            guard let group = spec?["group"]?.string, let kind = spec?[at: "names", "kind"]?.string,
                let plural = spec?[at: "names", "plural"]?.string
            else { continue }
            for version in (spec?["versions"]?.list ?? []).compactMap({ $0["name"]?.string }) {
                let kind = GroupVersionKind(group: group, version: version, kind: kind)
                kinds[kind] = APIResource(
                    kind: kind, plural: plural, isNamespaced: spec?["scope"]?.string != "Cluster", verbs: [])
            }
        }
        return kinds
    }
}
