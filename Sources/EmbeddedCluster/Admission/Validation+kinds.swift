// SPDX-License-Identifier: Apache-2.0

import Domain

extension Validation {
    /// The rules between the fields of one kind.
    static func kindProblems(_ object: Value, _ resource: Resource) -> [FieldProblem] {
        switch resource.kind {
        case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet": workload(object)
        case "Job": podTemplate(object, "spec.template", ["spec", "template"]) + job(object, "spec")
        case "CronJob":
            podTemplate(object, "spec.jobTemplate.spec.template", ["spec", "jobTemplate", "spec", "template"])
                + job(object[at: "spec", "jobTemplate"] ?? [:], "spec.jobTemplate.spec") + schedule(object)
        case "Pod": pod(object["spec"] ?? [:], "spec")
        case "Service": service(object)
        case "ConfigMap", "Secret": configuration(object)
        case "Ingress": ingress(object)
        case "HorizontalPodAutoscaler": autoscaler(object)
        case "PersistentVolumeClaim": claim(object)
        case "RoleBinding", "ClusterRoleBinding": binding(object)
        case "CustomResourceDefinition": definition(object)
        case "PodDisruptionBudget": budget(object)
        default: []
        }
    }

    // MARK: Workloads

    private static func workload(_ object: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if let replicas = object[at: "spec", "replicas"]?.integer, replicas < 0 {
            problems.append(negative("spec.replicas", replicas))
        }
        let labels = object[at: "spec", "template", "metadata", "labels"]
        if let selector = object[at: "spec", "selector"] {
            let parsed = LabelSelector(object: selector)
            if parsed.requirements.isEmpty {
                problems.append(.invalid("spec.selector", selector, "empty selector is invalid for deployment"))
            } else if !parsed.matches(labels?.map ?? Map()) {
                problems.append(
                    .invalid(
                        "spec.template.metadata.labels", labels ?? .null, "`selector` does not match template `labels`")
                )
            }
        } else {
            problems.append(
                .invalid(
                    "spec.template.metadata.labels", labels ?? .null, "`selector` does not match template `labels`"))
        }
        let strategy = object[at: "spec", "strategy"]
        if strategy?["type"] == "Recreate", strategy?["rollingUpdate"] != nil {
            problems.append(
                .forbidden(
                    "spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"))
        }
        problems += podTemplate(object, "spec.template", ["spec", "template"])
        let policy = object[at: "spec", "template", "spec", "restartPolicy"]
        if let policy, policy != "Always" {
            problems.append(.unsupported("spec.template.spec.restartPolicy", policy, ["Always"]))
        }
        return problems
    }

    private static func job(_ object: Value, _ path: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for name in ["parallelism", "completions", "backoffLimit"] {
            if let number = object[at: "spec", name]?.integer, number < 0 {
                problems.append(negative("\(path).\(name)", number))
            }
        }
        let policy = object[at: "spec", "template", "spec", "restartPolicy"]
        if policy != "OnFailure", policy != "Never" {
            problems.append(
                .required("\(path).template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\""))
        }
        return problems
    }

    private static func negative(_ field: String, _ number: Int64) -> FieldProblem {
        .invalid(field, .integer(number), "must be greater than or equal to 0")
    }

    private static func schedule(_ object: Value) -> [FieldProblem] {
        let text = object[at: "spec", "schedule"]?.string ?? ""
        guard !text.isEmpty, !text.hasPrefix("@"), text.split(separator: " ").count != 5 else { return [] }
        return [
            .invalid(
                "spec.schedule", .string(text),
                "expected exactly 5 fields, found \(text.split(separator: " ").count): [\(text)]")
        ]
    }

    private static func podTemplate(_ object: Value, _ path: String, _ keys: [String]) -> [FieldProblem] {
        let claims = (object[at: "spec", "volumeClaimTemplates"]?.list ?? []).map(\.name)
        return pod(object[keys + ["spec"]] ?? [:], "\(path).spec", claims: claims)
    }

    /// - Parameter claims: Further volumes, made for each pod.
    private static func pod(_ spec: Value, _ path: String, claims: [String] = []) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let volumes = Set((spec["volumes"]?.list ?? []).compactMap { $0["name"]?.string } + claims)
        var names: Set<String> = []
        for list in ["containers", "initContainers"] {
            for (index, container) in (spec[list]?.list ?? []).enumerated() {
                let place = "\(path).\(list)[\(index)]"
                let name = container["name"]?.string ?? ""
                if !name.isEmpty, !isLabel(name) {
                    problems.append(.invalid("\(place).name", .string(name), Words.label))
                }
                if !name.isEmpty, !names.insert(name).inserted {
                    problems.append(.duplicate("\(place).name", .string(name)))
                }
                if (container["image"]?.string ?? "").isEmpty { problems.append(.required("\(place).image")) }
                problems += self.container(container, place, volumes)
            }
        }
        return problems
    }

    private static func container(_ container: Value, _ path: String, _ volumes: Set<String>) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for (index, port) in (container["ports"]?.list ?? []).enumerated() {
            if let number = port["containerPort"]?.integer, !(1...65_535).contains(number) {
                problems.append(.invalid("\(path).ports[\(index)].containerPort", .integer(number), Words.port))
            }
        }
        for (index, mount) in (container["volumeMounts"]?.list ?? []).enumerated() {
            let name = mount["name"]?.string ?? ""
            if !name.isEmpty, !volumes.contains(name) {
                problems.append(
                    FieldProblem(
                        reason: "FieldValueNotFound", field: "\(path).volumeMounts[\(index)].name",
                        message: "Not found: \"\(name)\""))
            }
        }
        return problems
    }

    // MARK: The rest

    private static func service(_ object: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let ports = object[at: "spec", "ports"]?.list ?? []
        let isHeadless = object[at: "spec", "clusterIP"] == "None"
        if ports.isEmpty, !isHeadless, object[at: "spec", "type"] != "ExternalName" {
            problems.append(.required("spec.ports"))
        }
        var seen: Set<Value> = []
        for (index, port) in ports.enumerated() {
            if let number = port["port"]?.integer, !(1...65_535).contains(number) {
                problems.append(.invalid("spec.ports[\(index)].port", .integer(number), Words.port))
            }
            if ports.count > 1, (port["name"]?.string ?? "").isEmpty {
                problems.append(.required("spec.ports[\(index)].name"))
            }
            let pair: Value = ["port": port["port"] ?? .null, "protocol": port["protocol"] ?? .null]
            if !seen.insert(pair).inserted { problems.append(.duplicate("spec.ports[\(index)]", pair)) }
        }
        return problems
    }

    private static func configuration(_ object: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var size = 0
        for part in ["data", "binaryData"] {
            for entry in object[part]?.map ?? Map() {
                size += entry.value.string?.utf8.count ?? 0
                let isKey = !entry.key.isEmpty && entry.key.utf8.allSatisfy { $0.isKeyByte && $0 != UInt8(ascii: "/") }
                if !isKey || entry.key.utf8.count > 253 {
                    problems.append(.invalid("\(part)[\(entry.key)]", .string(entry.key), Words.configKey))
                }
            }
        }
        if size > 1 << 20 {
            problems.append(
                FieldProblem(
                    reason: "FieldValueTooLong", field: object["kind"] == "Secret" ? "data" : "",
                    message: "Too long: may not be more than 1048576 bytes"))
        }
        return problems
    }

    private static func ingress(_ object: Value) -> [FieldProblem] {
        let hasRules = !(object[at: "spec", "rules"]?.list ?? []).isEmpty
        guard !hasRules, object[at: "spec", "defaultBackend"] == nil else { return [] }
        return [.invalid("spec", object["spec"], "either `defaultBackend` or `rules` must be specified")]
    }

    private static func autoscaler(_ object: Value) -> [FieldProblem] {
        let least = object[at: "spec", "minReplicas"]?.integer ?? 1
        guard let most = object[at: "spec", "maxReplicas"]?.integer, most < least else { return [] }
        return [
            .invalid("spec.maxReplicas", .integer(most), "must be greater than or equal to `minReplicas`")
        ]
    }

    private static func claim(_ object: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if (object[at: "spec", "accessModes"]?.list ?? []).isEmpty {
            problems.append(.required("spec.accessModes", "at least 1 access mode is required"))
        }
        if object[at: "spec", "resources", "requests", "storage"] == nil {
            problems.append(.required("spec.resources[storage]"))
        }
        return problems
    }

    private static func binding(_ object: Value) -> [FieldProblem] {
        (object["subjects"]?.list ?? []).enumerated().flatMap { index, subject -> [FieldProblem] in
            guard subject["kind"] == "ServiceAccount", object["kind"] == "ClusterRoleBinding",
                (subject["namespace"]?.string ?? "").isEmpty
            else { return [] }
            return [.required("subjects[\(index)].namespace")]
        }
    }

    private static func budget(_ object: Value) -> [FieldProblem] {
        guard object[at: "spec", "minAvailable"] != nil, object[at: "spec", "maxUnavailable"] != nil else { return [] }
        return [.invalid("spec", object["spec"], "minAvailable and maxUnavailable cannot be both set")]
    }

    private static func definition(_ object: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let plural = object[at: "spec", "names", "plural"]?.string ?? ""
        let group = object[at: "spec", "group"]?.string ?? ""
        if object.name != "\(plural).\(group)" {
            problems.append(
                .invalid("metadata.name", .string(object.name), "must be spec.names.plural+\".\"+spec.group"))
        }
        let versions = object[at: "spec", "versions"]?.list ?? []
        if versions.count(where: { $0["storage"]?.bool == true }) != 1 {
            problems.append(
                .invalid(
                    "spec.versions", object[at: "spec", "versions"],
                    "must have exactly one version marked as storage version"))
        }
        for (index, version) in versions.enumerated() where version[at: "schema", "openAPIV3Schema"] == nil {
            problems.append(
                .required("spec.versions[\(index)].schema.openAPIV3Schema", "schemas are required"))
        }
        return problems
    }
}
