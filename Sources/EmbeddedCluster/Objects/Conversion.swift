// SPDX-License-Identifier: Apache-2.0

import Domain

/// Between the version that is stored and the one that is asked for.
enum Conversion {
    static func fromStored(_ object: Value, _ resource: Resource, to version: String) -> Value {
        guard version != resource.version else { return object }
        var object = object
        object["apiVersion"] = .string(resource.groupVersion(version))
        if resource.kind == "HorizontalPodAutoscaler", version == "v1" { autoscalerToV1(&object) }
        return object
    }

    static func toStored(_ object: Value, _ resource: Resource, from version: String) -> Value {
        guard version != resource.version else { return object }
        var object = object
        object["apiVersion"] = .string(resource.groupVersion)
        if resource.kind == "HorizontalPodAutoscaler", version == "v1" { autoscalerFromV1(&object) }
        return object
    }

    private static func isCPU(_ metric: Value) -> Bool {
        metric[at: "resource", "name"] == "cpu" && metric[at: "resource", "target", "type"] == "Utilization"
    }

    /// v1 knows one metric, the share of CPU; the others are not shown there.
    private static func autoscalerToV1(_ object: inout Value) {
        let metrics = object[at: "spec", "metrics"]?.list ?? []
        let cpu = metrics.first(where: isCPU)
        object[["spec", "metrics"]] = nil
        object[["spec", "behavior"]] = nil
        object[["spec", "targetCPUUtilizationPercentage"]] =
            cpu?[at: "resource", "target", "averageUtilization"]
        var status = object["status"] ?? [:]
        status["currentMetrics"] = nil
        status["conditions"] = nil
        for name in ["currentReplicas", "desiredReplicas"] { status[name] = status[name] ?? 0 }
        object["status"] = status
    }

    private static func autoscalerFromV1(_ object: inout Value) {
        let target = object[at: "spec", "targetCPUUtilizationPercentage"] ?? 80
        object[["spec", "targetCPUUtilizationPercentage"]] = nil
        object[["status", "currentCPUUtilizationPercentage"]] = nil
        object[["spec", "metrics"]] = [
            [
                "type": "Resource",
                "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": target]],
            ]
        ]
    }
}
