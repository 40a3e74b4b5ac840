// SPDX-License-Identifier: Apache-2.0

import Domain

/// What may not change once an object exists. Pure.
enum Immutability {
    static func problems(in new: Value, from old: Value, _ resource: Resource) -> [FieldProblem] {
        switch resource.kind {
        case "Deployment", "DaemonSet", "ReplicaSet": same(new, old, ["spec", "selector"])
        case "StatefulSet": statefulSet(new, old)
        case "Job": job(new, old)
        case "Service": service(new, old)
        case "PersistentVolumeClaim": claim(new, old)
        case "ConfigMap", "Secret": configuration(new, old)
        case "RoleBinding", "ClusterRoleBinding":
            changed(new, old, ["roleRef"]) ? [.invalid("roleRef", new["roleRef"], "cannot change roleRef")] : []
        case "StorageClass":
            ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"].flatMap { name -> [FieldProblem] in
                guard changed(new, old, [name]) else { return [] }
                return name == "reclaimPolicy" || name == "volumeBindingMode"
                    ? [.immutable(name, new[name])] : [.forbidden(name, "updates to \(name) are forbidden.")]
            }
        case "PriorityClass":
            changed(new, old, ["value"])
                ? [.forbidden("value", "may not be changed in an update.")] : []
        case "Pod": pod(new, old)
        case "CustomResourceDefinition":
            same(new, old, ["spec", "scope"]) + same(new, old, ["spec", "names", "kind"])
        default: []
        }
    }

    private static func changed(_ new: Value, _ old: Value, _ path: [String]) -> Bool { new[path] != old[path] }

    private static func same(_ new: Value, _ old: Value, _ path: [String]) -> [FieldProblem] {
        changed(new, old, path) ? [.immutable(path.joined(separator: "."), new[path])] : []
    }

    private static func statefulSet(_ new: Value, _ old: Value) -> [FieldProblem] {
        let mutable: Set<String> = [
            "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
        ]
        func rest(_ object: Value) -> Value {
            .map(Map((object["spec"]?.map ?? Map()).filter { !mutable.contains($0.key) }))
        }
        guard rest(new) != rest(old) else { return [] }
        return [
            .forbidden(
                "spec",
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
                    + "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
                    + "'minReadySeconds' are forbidden")
        ]
    }

    private static func job(_ new: Value, _ old: Value) -> [FieldProblem] {
        var problems = same(new, old, ["spec", "completions"]) + same(new, old, ["spec", "selector"])
        // A suspended Job that never ran may still be placed elsewhere.
        let neverRan = old[at: "spec", "suspend"]?.bool == true && old[at: "status", "startTime"] == nil
        if changed(new, old, ["spec", "template"]), !neverRan {
            problems.append(.immutable("spec.template", new[at: "spec", "template"]))
        }
        return problems + same(new, old, ["spec", "completionMode"]) + same(new, old, ["spec", "podFailurePolicy"])
    }

    private static func service(_ new: Value, _ old: Value) -> [FieldProblem] {
        let isOut = [new, old].contains { $0[at: "spec", "type"] == "ExternalName" }
        guard !isOut, changed(new, old, ["spec", "clusterIP"]) else { return [] }
        return [
            .invalid(
                "spec.clusterIPs[0]", new[at: "spec", "clusterIP"].map { [$0] },
                "may not change once set")
        ]
    }

    private static func claim(_ new: Value, _ old: Value) -> [FieldProblem] {
        func rest(_ object: Value) -> Value {
            var spec = object["spec"] ?? [:]
            spec[["resources", "requests", "storage"]] = nil
            spec["volumeAttributesClassName"] = nil
            // The binder fills in the volume once.
            if (old[at: "spec", "volumeName"]?.string ?? "").isEmpty { spec["volumeName"] = nil }
            if old[at: "spec", "storageClassName"] == nil { spec["storageClassName"] = nil }
            return spec
        }
        guard rest(new) != rest(old) else { return [] }
        return [
            .forbidden(
                "spec",
                "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
            )
        ]
    }

    private static func configuration(_ new: Value, _ old: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if new["kind"] == "Secret", changed(new, old, ["type"]) { problems.append(.immutable("type", new["type"])) }
        guard old["immutable"]?.bool == true else { return problems }
        let text = "field is immutable when `immutable` is set"
        if new["immutable"]?.bool != true { problems.append(.forbidden("immutable", text)) }
        for part in ["data", "binaryData"] where changed(new, old, [part]) {
            problems.append(.forbidden(part, text))
        }
        return problems
    }

    private static func pod(_ new: Value, _ old: Value) -> [FieldProblem] {
        func rest(_ object: Value) -> Value {
            var spec = object["spec"] ?? [:]
            for list in ["containers", "initContainers"] {
                Defaults.each(&spec, [list]) { $0["image"] = nil }
            }
            for name in ["activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations", "nodeName"] {
                spec[name] = nil
            }
            return spec
        }
        guard rest(new) != rest(old) else { return [] }
        return [
            .forbidden(
                "spec",
                "pod updates may not change fields other than `spec.containers[*].image`,"
                    + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
                    + "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to "
                    + "1 if it was previously negative)")
        ]
    }
}
