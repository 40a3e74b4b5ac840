// SPDX-License-Identifier: Apache-2.0

import Domain

/// Brings objects into the form that the cluster keeps them in, as far as that needs no cluster, so that nothing
/// differs for ever between what git wants and what is there. Nulls are gone already.
enum Normalizer {
    static func normalize(_ object: inout Value) {
        guard let kind = object["kind"]?.string else { return }
        removeWhatTheClusterOwns(&object)
        switch kind {
        case "Secret" where object["apiVersion"]?.string == "v1": encodeStringData(&object)
        case "Service":
            if hasPortsWithoutProtocol(object["spec"]?["ports"]) {
                object.modify("spec") { spec in spec.modify("ports", addProtocol) }
            }
        default:
            guard let path = podSpecPath(kind), podSpecNeedsProtocol(object.member(at: path)) else { return }
            object.modify(path[...]) { spec in
                for list in ["containers", "initContainers", "ephemeralContainers"] where spec[list] != nil {
                    spec.modify(list) { containers in
                        containers.modifyItems { $0.modify("ports", addProtocol) }
                    }
                }
            }
        }
    }

    /// Where a workload keeps its pod's specification; nil for kinds without one.
    static func podSpecPath(_ kind: String) -> [String]? {
        switch kind {
        case "Pod": ["spec"]
        case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job":
            ["spec", "template", "spec"]
        case "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"]
        default: nil
        }
    }

    /// Where the template of its pods is: the same without the last step, which is `spec` for all of them.
    static func podTemplatePath(_ kind: String) -> [String]? {
        switch kind {
        case "Pod": []
        case "CronJob": ["spec", "jobTemplate", "spec", "template"]
        default: podSpecPath(kind) == nil ? nil : ["spec", "template"]
        }
    }

    private static let serverFields = [
        "creationTimestamp", "managedFields", "resourceVersion", "uid", "selfLink", "generation",
    ]

    private static func removeWhatTheClusterOwns(_ object: inout Value) {
        if object["status"] != nil { object["status"] = nil }
        guard let metadata = object["metadata"], serverFields.contains(where: { metadata[$0] != nil }) else { return }
        object.modify("metadata") { metadata in
            for field in serverFields { metadata[field] = nil }
        }
    }

    /// `stringData` is write-only: left as it is, what git removes from it would stay in the cluster.
    private static func encodeStringData(_ object: inout Value) {
        guard let plain = object["stringData"]?.map else { return }
        var data = object["data"]?.map ?? Map()
        for entry in plain {
            if let text = entry.value.string { data[entry.key] = .string(Base64.standard.text(Array(text.utf8))) }
        }
        object["stringData"] = nil
        object["data"] = .map(data)
    }

    // The protocol is part of the key by which the API server merges ports.

    private static func addProtocol(_ ports: inout Value) {
        ports.modifyItems { port in
            if port.map != nil, port["protocol"] == nil { port["protocol"] = "TCP" }
        }
    }

    private static func hasPortsWithoutProtocol(_ ports: Value?) -> Bool {
        ports?.list?.contains { $0.map != nil && $0["protocol"] == nil } ?? false
    }

    private static func podSpecNeedsProtocol(_ spec: Value?) -> Bool {
        guard let spec else { return false }
        return ["containers", "initContainers", "ephemeralContainers"].contains { list in
            spec[list]?.list?.contains { hasPortsWithoutProtocol($0["ports"]) } ?? false
        }
    }
}

extension Value {
    /// The value at a chain of map keys.
    func member(at keys: [String]) -> Value? {
        var value = self
        for key in keys {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value
    }

    /// Changes a member in place; does nothing when there is none.
    fileprivate mutating func modify(_ key: String, _ change: (inout Value) -> Void) {
        guard case .map(var map) = self, var member = map[key] else { return }
        // Neither the map nor the member may be held twice while they change.
        self = .null
        map[key] = .null
        change(&member)
        map[key] = member
        self = .map(map)
    }

    fileprivate mutating func modify(_ path: ArraySlice<String>, _ change: (inout Value) -> Void) {
        guard let key = path.first else { return change(&self) }
        modify(key) { $0.modify(path.dropFirst(), change) }
    }

    fileprivate mutating func modifyItems(_ change: (inout Value) -> Void) {
        guard case .list(var items) = self else { return }
        self = .null
        for index in items.indices { change(&items[index]) }
        self = .list(items)
    }
}
