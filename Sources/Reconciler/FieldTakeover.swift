// SPDX-License-Identifier: Apache-2.0

import Domain

/// Takes over the fields that other tools own, so that what git drops later is really removed. Pure.
///
/// As client-go's `csaupgrade` does: the earlier tools' field sets become part of ours, their entries go, and the
/// write is bound to the version that was read.
enum FieldTakeover {
    /// Tools that write whole objects; who owns single fields (`kubectl scale`, autoscalers) keeps them.
    private static let tools: Set<String> = [
        "kubectl", "kubectl-client-side-apply", "kubectl-last-applied", "kubectl-create", "kubectl-replace",
        "kubectl-edit", "kubectl-patch", "kubectl-label", "kubectl-annotate", "kubectl-set", "before-first-apply",
        "helm", "Helm", "argocd-controller", "argocd-application-controller", "kustomize-controller",
        "helm-controller", "flux", "flux-client-side-apply",
    ]

    /// Whether fields of a member are held where server-side apply does not give them up: by a PUT or POST of ours, or
    /// by the manager that the server makes up for an object that had none.
    static func isNeeded(for member: Value) -> Bool {
        entries(of: member).contains { isOwnUpdate($0) || $0["manager"]?.string == "before-first-apply" }
    }

    /// `live` with its ownership rewritten; nil when there is nothing to take over.
    ///
    /// - Parameter desired: A field that scales the workload is taken only when git sets it: whoever drops it from
    ///   an apply gets the default of one replica.
    static func object(_ live: Value, desired: Value) -> Value? {
        let all = entries(of: live)
        let taken = all.filter { isOwnUpdate($0) || isEarlierTool($0) }
        guard !taken.isEmpty else { return nil }
        let own = all.first { isOwnApply($0) }
        // Fields of another version may have other names: as csaupgrade does, those entries go without a successor.
        let version = (own ?? taken[0])["apiVersion"] ?? live["apiVersion"] ?? .null
        var fields = taken.filter { $0["apiVersion"] == version }
            .reduce(own?["fieldsV1"] ?? [:]) { union($0, $1["fieldsV1"] ?? [:]) }
        if desired[at: "spec", "replicas"] == nil, var spec = fields["f:spec"] {
            spec["f:replicas"] = nil
            fields["f:spec"] = spec
        }
        let entry: Value = [
            "manager": .string(Conventions.fieldManager), "operation": "Apply",
            "apiVersion": version,
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
