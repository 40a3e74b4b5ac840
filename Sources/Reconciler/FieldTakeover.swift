// SPDX-License-Identifier: Apache-2.0

import Domain

/// Takes over the fields that other tools own, so that what git drops later is really removed. Pure.
///
/// As client-go's `csaupgrade` does: the earlier tools' field sets become part of ours, their entries go, and the
/// write is bound to the version that was read.
enum FieldTakeover {
    /// Tools that write whole objects; who owns single fields (`kubectl scale`, autoscalers) keeps them.
    private static let tools: Set<String> = [
        "kubectl", "kubectl-client-side-apply", "kubectl-create", "kubectl-replace", "before-first-apply", "helm",
        "Helm", "argocd-controller", "argocd-application-controller", "kustomize-controller", "helm-controller",
    ]

    /// Whether we wrote this object by PUT or POST before: those fields are not given up by server-side apply.
    static func isNeeded(for member: Value) -> Bool { entries(of: member).contains { isOwnUpdate($0) } }

    /// `live` with its ownership rewritten; nil when there is nothing to take over.
    ///
    /// - Parameter desired: A field that scales the workload is taken only when git sets it: whoever drops it from
    ///   an apply gets the default of one replica.
    static func object(_ live: Value, desired: Value) -> Value? {
        let all = entries(of: live)
        let taken = all.filter { isOwnUpdate($0) || isEarlierTool($0) }
        guard !taken.isEmpty else { return nil }
        let own = all.first { isOwnApply($0) }
        var fields = taken.reduce(own?["fieldsV1"] ?? [:]) { union($0, $1["fieldsV1"] ?? [:]) }
        if desired[at: "spec", "replicas"] == nil, var spec = fields["f:spec"] {
            spec["f:replicas"] = nil
            fields["f:spec"] = spec
        }
        let entry: Value = [
            "manager": .string(Conventions.fieldManager), "operation": "Apply",
            "apiVersion": (own ?? taken[0])["apiVersion"] ?? live["apiVersion"] ?? .null,
            "fieldsType": "FieldsV1", "fieldsV1": fields, "time": (own ?? taken[0])["time"] ?? .null,
        ]
        let others = all.filter { !isOwnUpdate($0) && !isEarlierTool($0) && !isOwnApply($0) }
        var object = live
        var metadata = object["metadata"] ?? [:]
        metadata["managedFields"] = .list(others + [entry])
        object["metadata"] = metadata
        return object
    }

    private static func entries(of object: Value) -> [Value] {
        object[at: "metadata", "managedFields"]?.list ?? []
    }

    private static func isOwn(_ entry: Value, _ operation: String) -> Bool {
        entry["manager"]?.string == Conventions.fieldManager && entry["operation"]?.string == operation
            && entry["subresource"]?.string ?? "" == ""
    }
    private static func isOwnUpdate(_ entry: Value) -> Bool { isOwn(entry, "Update") }
    private static func isOwnApply(_ entry: Value) -> Bool { isOwn(entry, "Apply") }
    private static func isEarlierTool(_ entry: Value) -> Bool {
        entry["subresource"]?.string ?? "" == "" && tools.contains(entry["manager"]?.string ?? "")
    }

    private static func union(_ left: Value, _ right: Value) -> Value {
        guard let members = right.map else { return left }
        var result = left
        for entry in members { result[entry.key] = result[entry.key].map { union($0, entry.value) } ?? entry.value }
        return result
    }
}
