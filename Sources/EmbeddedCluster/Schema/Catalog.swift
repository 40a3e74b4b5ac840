// SPDX-License-Identifier: Apache-2.0

import Domain

/// The built-in kinds.
enum Catalog {
    static let builtIn: [Resource] = table.split(separator: "\n").map(resource)

    /// Group version, kind, plural, then words: `cluster` (not namespaced), `status`, `scale`, `generation`,
    /// `all` (category), `short=a,b`, `category=c`.
    private static let table = """
        v1 Namespace namespaces cluster status short=ns
        v1 Pod pods status generation all short=po
        v1 Service services status all short=svc
        v1 ConfigMap configmaps short=cm
        v1 Secret secrets
        v1 ServiceAccount serviceaccounts short=sa
        v1 PersistentVolumeClaim persistentvolumeclaims status short=pvc
        v1 PersistentVolume persistentvolumes cluster status short=pv
        v1 Endpoints endpoints short=ep
        v1 Event events short=ev
        v1 Node nodes cluster status short=no
        v1 LimitRange limitranges short=limits
        v1 ResourceQuota resourcequotas status short=quota
        v1 ReplicationController replicationcontrollers status scale generation all short=rc
        v1 PodTemplate podtemplates generation
        apps/v1 Deployment deployments status scale generation all short=deploy
        apps/v1 ReplicaSet replicasets status scale generation all short=rs
        apps/v1 StatefulSet statefulsets status scale generation all short=sts
        apps/v1 DaemonSet daemonsets status generation all short=ds
        apps/v1 ControllerRevision controllerrevisions
        batch/v1 Job jobs status generation all
        batch/v1 CronJob cronjobs status generation all short=cj
        networking.k8s.io/v1 Ingress ingresses status generation short=ing
        networking.k8s.io/v1 IngressClass ingressclasses cluster generation
        networking.k8s.io/v1 NetworkPolicy networkpolicies generation short=netpol
        policy/v1 PodDisruptionBudget poddisruptionbudgets status generation short=pdb
        autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers status all short=hpa
        rbac.authorization.k8s.io/v1 Role roles
        rbac.authorization.k8s.io/v1 RoleBinding rolebindings
        rbac.authorization.k8s.io/v1 ClusterRole clusterroles cluster
        rbac.authorization.k8s.io/v1 ClusterRoleBinding clusterrolebindings cluster
        coordination.k8s.io/v1 Lease leases
        discovery.k8s.io/v1 EndpointSlice endpointslices generation
        storage.k8s.io/v1 StorageClass storageclasses cluster short=sc
        scheduling.k8s.io/v1 PriorityClass priorityclasses cluster generation short=pc
        admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration validatingwebhookconfigurations \
        cluster generation category=api-extensions
        admissionregistration.k8s.io/v1 MutatingWebhookConfiguration mutatingwebhookconfigurations \
        cluster generation category=api-extensions
        apiextensions.k8s.io/v1 CustomResourceDefinition customresourcedefinitions \
        cluster status generation short=crd,crds category=api-extensions
        apiregistration.k8s.io/v1 APIService apiservices cluster status category=api-extensions
        """

    private static func resource(_ line: Substring) -> Resource {
        let words = line.split(separator: " ").map(String.init)
        let identity = GroupVersionKind(apiVersion: words[0], kind: words[1])
        let flags = Set(words.dropFirst(3))
        func list(_ name: String) -> [String] {
            let word = words.first { $0.hasPrefix("\(name)=") }
            return word.map { $0.dropFirst(name.count + 1).split(separator: ",").map(String.init) } ?? []
        }
        let schema = rootSchema(identity.kind)
        var versions = [Resource.Version(name: identity.version, schema: schema)]
        if identity.kind == "HorizontalPodAutoscaler" {
            versions.append(Resource.Version(name: "v1", schema: rootSchema("V1HorizontalPodAutoscaler")))
        }
        return Resource(
            group: identity.group, version: identity.version, kind: identity.kind, plural: words[2],
            singular: identity.kind.lowercased(), shortNames: list("short"),
            categories: flags.contains("all") ? ["all"] : list("category"),
            isNamespaced: !flags.contains("cluster"), hasStatus: flags.contains("status"),
            scale: flags.contains("scale")
                ? .init(spec: ["spec", "replicas"], status: ["status", "replicas"], selector: []) : nil,
            hasGeneration: flags.contains("generation"), schema: schema, versions: versions, isCustom: false)
    }

    private static func rootSchema(_ type: String) -> Schema {
        guard let schema = TypeTable.types[type] else { preconditionFailure("type table: no \(type)") }
        return .object(schema)
    }
}

/// A set of kinds that can be looked up by URL and by kind. A value: replaced as a whole when a definition comes or
/// goes.
struct Registry: Sendable {
    private(set) var resources: [Resource] = []
    private var byID: [ResourceID: Resource] = [:]
    private var byKind: [GroupKind: Resource] = [:]

    init(_ resources: [Resource]) { for resource in resources { insert(resource) } }

    mutating func insert(_ resource: Resource) {
        remove(resource.id)
        resources.append(resource)
        byID[resource.id] = resource
        byKind[resource.groupKind] = resource
    }

    mutating func remove(_ id: ResourceID) {
        guard let old = byID.removeValue(forKey: id) else { return }
        byKind[old.groupKind] = nil
        resources.removeAll { $0.id == id }
    }

    subscript(id: ResourceID) -> Resource? { byID[id] }
    subscript(kind: GroupKind) -> Resource? { byKind[kind] }

    /// Groups with the versions they serve, preferred version first; the core group is first.
    var groups: [(name: String, versions: [String])] {
        var order: [String] = []
        var versions: [String: [String]] = [:]
        for resource in resources {
            if versions[resource.group] == nil { order.append(resource.group) }
            for version in resource.versions where versions[resource.group]?.contains(version.name) != true {
                versions[resource.group, default: []].append(version.name)
            }
        }
        return order.map { ($0, (versions[$0] ?? []).sorted(by: isPreferredVersion)) }
    }

    func resources(group: String, version: String) -> [Resource] {
        resources.filter { $0.group == group && $0.versions.contains { $0.name == version } }
    }
}

/// Kubernetes' order of versions: stable before beta before alpha, higher before lower, others last by name.
func isPreferredVersion(_ left: String, _ right: String) -> Bool {
    func rank(_ version: String) -> (Int, Int, Int)? {
        guard let match = version.wholeMatch(of: /v(\d+)(?:(alpha|beta)(\d+))?/), let major = Int(match.1) else {
            return nil
        }
        let stage = match.2.map { $0 == "beta" ? 1 : 0 } ?? 2
        return (stage, major, match.3.flatMap { Int($0) } ?? 0)
    }
    switch (rank(left), rank(right)) {
    case (let a?, let b?): return a > b
    case (.some, nil): return true
    case (nil, .some): return false
    case (nil, nil): return left < right
    }
}
