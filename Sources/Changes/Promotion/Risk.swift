// SPDX-License-Identifier: Apache-2.0

public import Domain
import Render

/// Something that a person should know before saying yes, in words.
public struct Risk: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case deletesService = "deletes-service"
        case deletesObject = "deletes-object"
        case touchesStorage = "touches-storage"
        case immutableField = "immutable-field"
        case scalesToZero = "scales-to-zero"
        case imageByTag = "image-by-tag"
        case downgrade
        case replacesHotfix = "replaces-hotfix"
        case unknownSchema = "unknown-schema"
        case pipeline
        case sharedFileStays = "shared-file-stays"
        case notRendered = "not-rendered"
    }

    public let kind: Kind
    /// Nil for what concerns more than one.
    public let service: Name?
    public let object: ResourceKey?
    /// One sentence without a full stop.
    public let text: String

    init(_ kind: Kind, _ service: Name?, _ text: String, of object: ResourceKey? = nil) {
        self.kind = kind
        self.service = service
        self.object = object
        self.text = text
    }

    /// The gravest kind first, then by service and object.
    static func all(
        _ plan: PromotionPlan, _ comparison: ManifestComparison, _ after: Rendering, _ cache: RenderCache
    ) -> [Risk] {
        var risks = plan.taken.flatMap { recordRisks($0, plan) }
        risks += comparison.pairs.flatMap(objectRisks)
        risks += fileRisks(plan, cache)
        risks += after.services.filter(\.isFailed).map { service in
            Risk(
                .notRendered, service.name,
                "\(service.name) cannot be rendered, so nothing can be said about its objects")
        }
        func rank(_ risk: Risk) -> Int { Kind.allCases.firstIndex(of: risk.kind) ?? 0 }
        return risks.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
            .map(\.element)
    }

    // MARK: Records and files

    private static func recordRisks(_ record: RecordChange, _ plan: PromotionPlan) -> [Risk] {
        let service = record.service
        let (from, to) = (plan.request.from.name, plan.request.to.name)
        guard let new = record.source?.release else {
            guard case .removed(let removal) = record.relation else { return [] }
            return [
                Risk(
                    .deletesService, service,
                    "\(service) leaves \(to): \(removal.commit.author) removed it from \(from) in "
                        + removal.commit.id.short)
            ]
        }
        var risks: [Risk] = []
        if record.relation == .ahead {
            risks.append(
                Risk(
                    .replacesHotfix, service,
                    "\(service) \(record.before?.release?.version ?? "") in \(to) never was in \(from) and is replaced")
            )
        }
        if let old = record.before?.release, old.version != new.version {
            let order = ReleaseOrder(of: new, after: old, ancestry: .unknown)
            if order.verdict == .notNewer {
                risks.append(
                    Risk(
                        .downgrade, service,
                        "\(service) goes back from \(old.version) to \(new.version): \(order.reason)"))
            }
        }
        return risks
    }

    private static func fileRisks(_ plan: PromotionPlan, _ cache: RenderCache) -> [Risk] {
        var risks: [Risk] = []
        if plan.files.contains("kubernaut.yaml") {
            risks.append(
                Risk(
                    .pipeline, nil, "kubernaut.yaml changes, which says what environments there are and who may do what"
                ))
        }
        if let named = plan.request.services {
            let shared = plan.staying.filter { isShared($0, cache, named) }
            if !shared.isEmpty {
                let paths = shared.map(plan.before.path(of:)).joined(separator: ", ")
                risks.append(
                    Risk(
                        .sharedFileStays, nil,
                        "other services use \(paths) too, so \(shared.count == 1 ? "it stays" : "they stay") as in "
                            + "\(plan.request.to.name); promote --all brings \(shared.count == 1 ? "it" : "them")"))
            }
        }
        return risks
    }

    /// Whether one of the services depends on the file.
    private static func isShared(_ path: String, _ cache: RenderCache, _ services: Set<Name>) -> Bool {
        services.contains { cache.dependencies(of: $0).contains(path) }
    }

    // MARK: Objects

    private static func objectRisks(_ pair: ManifestComparison.Pair) -> [Risk] {
        guard let after = pair.after else { return [deletion(pair)] }
        var risks: [Risk] = []
        func add(_ kind: Kind, _ text: String) { risks.append(Risk(kind, pair.service, text, of: pair.key)) }
        if let before = pair.before {
            if precious.contains(pair.key.groupKind) { add(.touchesStorage, "\(pair.key) changes") }
            for field in ImmutableFields.changed(from: before.object, to: after.object) {
                add(
                    .immutableField,
                    ImmutableFields.mayRecreate(after.object)
                        ? "\(field) of \(pair.key) cannot change: the object is deleted and created again"
                        : "\(field) of \(pair.key) cannot change: the cluster will refuse it")
            }
        }
        if after.object[at: "spec", "replicas"]?.integer == 0,
            let old = pair.before, old.object[at: "spec", "replicas"]?.integer != 0
        {
            add(.scalesToZero, "\(pair.key) goes to 0 replicas")
        }
        let known = Set(pair.before.map { images(of: $0.object) } ?? [])
        for image in images(of: after.object) where !known.contains(image) {
            if ImageReference(image).map({ $0.digest == nil }) ?? true {
                add(.imageByTag, "\(pair.key) runs \(image): a tag can come to mean another image")
            }
        }
        if isUnknown(after.kind) {
            add(.unknownSchema, "nobody here knows the schema of \(after.kind): only the cluster can check \(pair.key)")
        }
        return risks
    }

    private static func deletion(_ pair: ManifestComparison.Pair) -> Risk {
        let isPrecious = precious.contains(pair.key.groupKind)
        let isKept = pair.before?.object.annotation(Conventions.pruneAnnotation) == "disabled"
        let text =
            isKept
            ? "\(pair.key) is no longer wanted, and stays: \(Conventions.pruneAnnotation) is disabled"
            : "\(pair.key) is deleted" + (isPrecious ? ", once a person confirms it: what it holds goes with it" : "")
        return Risk(isPrecious ? .touchesStorage : .deletesObject, pair.service, text, of: pair.key)
    }

    /// What holds data or other objects.
    private static let precious: Set<GroupKind> = [
        GroupKind("PersistentVolumeClaim"), GroupKind("PersistentVolume"), GroupKind("Namespace"),
        GroupKind("CustomResourceDefinition.apiextensions.k8s.io"),
    ]

    static func images(of object: Value) -> [String] {
        guard let spec = podSpec(of: object) else { return [] }
        return ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0]?.list ?? [] }
            .compactMap { $0["image"]?.string }
    }

    private static func podSpec(of object: Value) -> Value? {
        switch object["kind"]?.string {
        case "Pod": object["spec"]
        case "CronJob": object[at: "spec", "jobTemplate", "spec", "template", "spec"]
        default: object[at: "spec", "template", "spec"]
        }
    }

    /// Kubernetes' own groups have no dot, or end in `.k8s.io`.
    private static func isUnknown(_ kind: GroupVersionKind) -> Bool {
        kind.group.contains(".") && !kind.group.hasSuffix(".k8s.io")
    }
}

/// The fields that Kubernetes never lets anybody change; from the validation of each kind.
enum ImmutableFields {
    static func changed(from old: Value, to new: Value) -> [String] {
        guard let kind = new.groupVersionKind?.groupKind, old.groupVersionKind?.groupKind == kind else { return [] }
        let paths = fields[kind.description] ?? []
        var found = paths.filter { path in
            let (before, after) = (value(old, path), value(new, path))
            // What nobody writes the server fills in.
            return before != nil && after != nil && before != after
        }
        if ["Secret", "ConfigMap"].contains(kind.description), old["immutable"]?.bool == true {
            found += ["data", "binaryData"].filter { old[$0] != new[$0] }
        }
        return found
    }

    static func mayRecreate(_ object: Value) -> Bool {
        object.annotation(Conventions.recreateAnnotation) == "allowed"
    }

    private static func value(_ object: Value, _ path: String) -> Value? {
        path.split(separator: ".").reduce(Optional(object)) { $0?[String($1)] }
    }

    private static let fields: [String: [String]] = [
        "Deployment.apps": ["spec.selector"],
        "DaemonSet.apps": ["spec.selector"],
        "ReplicaSet.apps": ["spec.selector"],
        "StatefulSet.apps": [
            "spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates",
        ],
        "Job.batch": ["spec.selector", "spec.template", "spec.completions", "spec.completionMode"],
        "Service": ["spec.clusterIP"],
        "PersistentVolumeClaim": [
            "spec.accessModes", "spec.storageClassName", "spec.volumeName", "spec.volumeMode", "spec.selector",
        ],
        "StorageClass.storage.k8s.io": ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
        "RoleBinding.rbac.authorization.k8s.io": ["roleRef"],
        "ClusterRoleBinding.rbac.authorization.k8s.io": ["roleRef"],
        "PriorityClass.scheduling.k8s.io": ["value"],
    ]
}
