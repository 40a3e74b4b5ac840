// SPDX-License-Identifier: Apache-2.0

import Domain

/// Services with their endpoints, ingresses, volumes, disruption budgets.
extension Controllers {
    private static let loopback: Value = [["ip": "127.0.0.1", "ipMode": "VIP"]]

    /// The services that a changed pod belonged or belongs to.
    func servicesSelecting(_ change: Change) -> [WorkItem] {
        // Only what a service shows of a pod matters here.
        func shown(_ pod: Value?) -> [Value?] {
            [
                pod?[at: "metadata", "labels"], pod?[at: "status", "podIP"],
                .bool(pod.map { isTrue("Ready", $0) } ?? false),
                .bool(pod?.isTerminating ?? false),
            ]
        }
        if change.kind == .modified, shown(change.previous) == shown(change.object) { return [] }
        let keys = [change.previous, change.object].compactMap { $0 }
            .reduce(into: Set<ObjectKey>()) { $0.formUnion(relations.services(for: $1.labels, in: $1.namespace)) }
        return keys.map { .object(ObjectReference(resource: .services, key: $0)) }
    }

    /// The pods that a selector means; none for an empty one.
    private func pods(matching selector: LabelSelector, in namespace: String) -> [Value] {
        guard !selector.requirements.isEmpty else { return [] }
        let candidates =
            relations.pods(for: selector, in: namespace).map { $0.compactMap { store.get(.pods, $0) } }
            ?? store.list(.pods, namespace: namespace).objects
        return candidates.filter { selector.matches($0.labels) && !$0.isTerminating }
    }

    func service(_ service: Value) {
        guard !service.isTerminating else { return }
        if service[at: "spec", "type"] == "LoadBalancer", service[at: "status", "loadBalancer", "ingress"] == nil {
            setStatus(service, "Service") { $0["loadBalancer"] = ["ingress": Self.loopback] }
        }
        let selector = LabelSelector(object: service[at: "spec", "selector"])
        guard !selector.requirements.isEmpty else { return }
        let pods = pods(matching: selector, in: service.namespace)
            .filter { $0[at: "status", "podIP"] != nil && !isDone($0) }
            .sorted { $0.key < $1.key }
        writeEndpoints(service, pods)
        writeSlice(service, pods)
    }

    private func ports(of service: Value, _ pods: [Value], nameKey: Bool) -> [Value] {
        (service[at: "spec", "ports"]?.list ?? []).compactMap { port in
            var target = port["targetPort"]?.integer ?? port["port"]?.integer
            if let name = port["targetPort"]?.string {
                target =
                    pods.lazy.flatMap { $0[at: "spec", "containers"]?.list ?? [] }
                    .flatMap { $0["ports"]?.list ?? [] }
                    .first { $0["name"]?.string == name }?["containerPort"]?.integer
            }
            guard let target else { return nil }
            var result: Value = ["port": .integer(target), "protocol": port["protocol"] ?? "TCP"]
            if let name = port["name"] { result["name"] = name } else if nameKey { result["name"] = "" }
            return result
        }
    }

    private func reference(_ pod: Value) -> Value {
        ["kind": "Pod", "name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid)]
    }

    private func writeEndpoints(_ service: Value, _ pods: [Value]) {
        func addresses(_ wanted: Bool) -> [Value] {
            pods.filter { isTrue("Ready", $0) == wanted }.map {
                [
                    "ip": $0[at: "status", "podIP"] ?? "", "nodeName": .string(Bootstrap.nodeName),
                    "targetRef": reference($0),
                ]
            }
        }
        var subset: Value = [:]
        let (ready, notReady) = (addresses(true), addresses(false))
        if !ready.isEmpty { subset["addresses"] = .list(ready) }
        if !notReady.isEmpty { subset["notReadyAddresses"] = .list(notReady) }
        let ports = ports(of: service, pods, nameKey: false)
        if !ports.isEmpty { subset["ports"] = .list(ports) }
        let subsets: Value? = pods.isEmpty ? nil : [subset]
        let id = ResourceID(group: "", plural: "endpoints")
        if let old = store.get(id, service.key) {
            change(old, "Endpoints") { $0["subsets"] = subsets }
        } else {
            var object: Value = ["metadata": ["name": .string(service.name)]]
            object[["metadata", "labels"]] = service[at: "metadata", "labels"]
            object["subsets"] = subsets
            object[["metadata", "ownerReferences"]] = ownerReference(service)
            create(object, "Endpoints", in: service.namespace)
        }
    }

    private func writeSlice(_ service: Value, _ pods: [Value]) {
        let endpoints: [Value] = pods.map { pod in
            let isReady = isTrue("Ready", pod)
            return [
                "addresses": [pod[at: "status", "podIP"] ?? ""],
                "conditions": ["ready": .bool(isReady), "serving": .bool(isReady), "terminating": false],
                "nodeName": .string(Bootstrap.nodeName), "targetRef": reference(pod),
            ]
        }
        let ports = ports(of: service, pods, nameKey: true)
        let id = ResourceID(group: "discovery.k8s.io", plural: "endpointslices")
        if let old = owned(by: service, id).first {
            change(old, "EndpointSlice.discovery.k8s.io") {
                $0["endpoints"] = .list(endpoints)
                $0["ports"] = .list(ports)
            }
        } else {
            var labels = service.labels
            labels["kubernetes.io/service-name"] = .string(service.name)
            labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io"
            create(
                [
                    "metadata": [
                        "generateName": .string("\(service.name)-"), "labels": .map(labels),
                        "ownerReferences": ownerReference(service),
                    ],
                    "addressType": "IPv4", "endpoints": .list(endpoints), "ports": .list(ports),
                ], "EndpointSlice.discovery.k8s.io", in: service.namespace)
        }
    }

    func ingress(_ ingress: Value) {
        guard !ingress.isTerminating, ingress[at: "status", "loadBalancer", "ingress"] == nil else { return }
        setStatus(ingress, "Ingress.networking.k8s.io") { $0["loadBalancer"] = ["ingress": [["ip": "127.0.0.1"]]] }
    }

    /// A claim gets a volume made for it.
    func claim(_ claim: Value) {
        if claim.isTerminating, claim.finalizers.contains(Strategy.claimFinalizer), !isInUse(claim) {
            removeFinalizer(Strategy.claimFinalizer, claim, .claims)
        }
        guard !claim.isTerminating, claim[at: "status", "phase"] == "Pending" else { return }
        let storageClass = claim[at: "spec", "storageClassName"] ?? "standard"
        let volume = "pvc-\(claim.uid)"
        let size = claim[at: "spec", "resources", "requests", "storage"] ?? "1Gi"
        let modes = claim[at: "spec", "accessModes"] ?? ["ReadWriteOnce"]
        create(
            [
                "metadata": ["name": .string(volume)],
                "spec": [
                    "capacity": ["storage": size], "accessModes": modes, "storageClassName": storageClass,
                    "persistentVolumeReclaimPolicy": "Delete", "hostPath": ["path": "/dev/null"],
                    "claimRef": [
                        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": .string(claim.name),
                        "namespace": .string(claim.namespace), "uid": .string(claim.uid),
                    ],
                ],
            ], "PersistentVolume", in: "")
        if let created = store.get(
            ResourceID(group: "", plural: "persistentvolumes"), ObjectKey(namespace: "", name: volume))
        {
            setStatus(created, "PersistentVolume") { $0["phase"] = "Bound" }
        }
        change(claim, "PersistentVolumeClaim") { new in
            new[["spec", "volumeName"]] = .string(volume)
            if new[at: "spec", "storageClassName"] == nil { new[["spec", "storageClassName"]] = storageClass }
            new[["metadata", "annotations", "pv.kubernetes.io/bind-completed"]] = "yes"
        }
        setStatus(claim, "PersistentVolumeClaim") { status in
            status["phase"] = "Bound"
            status["accessModes"] = modes
            status["capacity"] = ["storage": size]
        }
    }

    /// A volume whose claim is gone goes too, or waits for a person.
    func volume(_ volume: Value) {
        if volume.isTerminating, volume.finalizers.contains(Strategy.volumeFinalizer), !hasClaim(volume) {
            removeFinalizer(Strategy.volumeFinalizer, volume, .volumes)
        }
        guard !volume.isTerminating, volume[at: "spec", "claimRef"] != nil, !hasClaim(volume) else { return }
        if volume[at: "spec", "persistentVolumeReclaimPolicy"] == "Delete" {
            delete(volume, .volumes)
        } else {
            setStatus(volume, "PersistentVolume") { $0["phase"] = "Released" }
        }
    }

    private func hasClaim(_ volume: Value) -> Bool {
        guard let claim = volume[at: "spec", "claimRef"] else { return false }
        let key = ObjectKey(namespace: claim["namespace"]?.string ?? "", name: claim["name"]?.string ?? "")
        return store.get(.claims, key)?.uid == claim["uid"]?.string
    }

    private func isInUse(_ claim: Value) -> Bool {
        store.list(.pods, namespace: claim.namespace).objects.contains { pod in
            !isDone(pod)
                && pod[at: "spec", "volumes"]?.list?.contains {
                    $0[at: "persistentVolumeClaim", "claimName"]?.string == claim.name
                } == true
        }
    }

    func budgets(in namespace: String) -> [WorkItem] {
        store.list(.budgets, namespace: namespace).objects
            .map { .object(ObjectReference(resource: .budgets, key: $0.key)) }
    }

    func budget(_ budget: Value) {
        guard !budget.isTerminating else { return }
        let selector = LabelSelector(object: budget[at: "spec", "selector"])
        let pods = pods(matching: selector, in: budget.namespace)
        let healthy = Int64(pods.count { isTrue("Ready", $0) })
        let expected = Int64(pods.count)
        func number(_ value: Value?) -> Int64? {
            if let number = value?.integer { return number }
            return (value?.string?.dropLast()).flatMap { Int64($0) }.map { (expected * $0 + 99) / 100 }
        }
        let desired =
            number(budget[at: "spec", "minAvailable"])
            ?? expected - (number(budget[at: "spec", "maxUnavailable"]) ?? 0)
        setStatus(budget, "PodDisruptionBudget.policy") { status in
            status["observedGeneration"] = .integer(budget.generation)
            status["currentHealthy"] = .integer(healthy)
            status["desiredHealthy"] = .integer(max(0, desired))
            status["expectedPods"] = .integer(expected)
            status["disruptionsAllowed"] = .integer(max(0, healthy - desired))
            let isAllowed = healthy > desired
            setCondition(
                &status, "DisruptionAllowed", isAllowed, isAllowed ? "SufficientPods" : "InsufficientPods", "")
        }
    }

    func apiService(_ service: Value) {
        guard !service.isTerminating else { return }
        setStatus(service, "APIService.apiregistration.k8s.io") {
            setCondition(&$0, "Available", true, "Local", "Local APIServices are always available")
        }
    }
}
