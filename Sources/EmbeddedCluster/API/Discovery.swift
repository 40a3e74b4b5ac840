// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import JSON

/// What is served: `/api`, `/apis` and below, in the old form and in the aggregated one (KEP-3352).
enum Discovery {
    static let version: Value = [
        "major": "1", "minor": "33", "gitVersion": "v1.33.0+kubernaut", "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "2025-04-23T00:00:00Z", "goVersion": "", "compiler": "", "platform": "linux/amd64",
    ]

    /// Nil when the path is no discovery path.
    static func answer(_ path: [String], _ request: HTTPRequest, _ registry: Registry) -> HTTPResponse? {
        guard request.method == "GET" || request.method == "HEAD" else { return nil }
        let accept = request.headers["Accept"] ?? ""
        let isAggregated = accept.contains("APIGroupDiscoveryList")
        switch (path.first, path.count) {
        case ("api", 1), ("apis", 1):
            if isAggregated { return aggregated(isCore: path.first == "api", accept, registry) }
            return APIServer.json(path.first == "api" ? coreVersions() : groupList(registry))
        case ("apis", 2):
            guard let group = registry.groups.first(where: { $0.name == path[1] && !$0.name.isEmpty }) else {
                return nil
            }
            var answer = self.group(group.name, group.versions)
            answer["kind"] = "APIGroup"
            answer["apiVersion"] = "v1"
            return APIServer.json(answer)
        case ("api", 2): return resourceList(group: "", version: path[1], registry)
        case ("apis", 3): return resourceList(group: path[1], version: path[2], registry)
        default: return nil
        }
    }

    private static func coreVersions() -> Value {
        [
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": ""]],
        ]
    }

    private static func groupList(_ registry: Registry) -> Value {
        [
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": .list(registry.groups.filter { !$0.name.isEmpty }.map { group($0.name, $0.versions) }),
        ]
    }

    private static func group(_ name: String, _ versions: [String]) -> Value {
        let list: [Value] = versions.map { ["groupVersion": .string("\(name)/\($0)"), "version": .string($0)] }
        return ["name": .string(name), "versions": .list(list), "preferredVersion": list.first ?? [:]]
    }

    private static func resourceList(group: String, version: String, _ registry: Registry) -> HTTPResponse? {
        let resources = registry.resources(group: group, version: version)
        guard !resources.isEmpty else { return nil }
        let groupVersion = group.isEmpty ? version : "\(group)/\(version)"
        return APIServer.json(
            [
                "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(groupVersion),
                "resources": .list(resources.flatMap(entries)),
            ])
    }

    private static let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

    private static func verbs(of resource: Resource) -> Value {
        // The namespaces of a cluster cannot be deleted all at once.
        .list(verbs.filter { resource.kind != "Namespace" || $0 != "deletecollection" }.map { .string($0) })
    }

    /// The subresources of a kind with the verbs and the kind they speak.
    private static func subresources(of resource: Resource) -> [(name: String, verbs: [String], kind: GroupVersionKind)]
    {
        let own = GroupVersionKind(group: resource.group, version: resource.version, kind: resource.kind)
        var list: [(name: String, verbs: [String], kind: GroupVersionKind)] = []
        let change = ["get", "patch", "update"]
        if resource.kind == "Namespace", !resource.isCustom { list.append(("finalize", ["update"], own)) }
        if resource.kind == "Pod", !resource.isCustom {
            list.append(("eviction", ["create"], GroupVersionKind(group: "policy", version: "v1", kind: "Eviction")))
            list.append(("log", ["get"], own))
        }
        if resource.scale != nil {
            list.append(("scale", change, GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")))
        }
        if resource.hasStatus { list.append(("status", change, own)) }
        return list
    }

    private static func entries(_ resource: Resource) -> [Value] {
        var entry: Value = [
            "name": .string(resource.plural), "singularName": .string(resource.singular),
            "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind), "verbs": verbs(of: resource),
            "storageVersionHash": .string(Base64.standard.text(Array(resource.qualifiedName.utf8.prefix(8)))),
        ]
        if !resource.shortNames.isEmpty { entry["shortNames"] = .list(resource.shortNames.map { .string($0) }) }
        if !resource.categories.isEmpty { entry["categories"] = .list(resource.categories.map { .string($0) }) }
        return [entry]
            + subresources(of: resource).map { sub in
                var item: Value = [
                    "name": .string("\(resource.plural)/\(sub.name)"), "singularName": "",
                    "namespaced": .bool(resource.isNamespaced), "kind": .string(sub.kind.kind),
                    "verbs": .list(sub.verbs.map { .string($0) }),
                ]
                if sub.kind.group != resource.group {
                    item["group"] = .string(sub.kind.group)
                    item["version"] = .string(sub.kind.version)
                }
                return item
            }
    }

    // MARK: Aggregated

    private static func aggregated(isCore: Bool, _ accept: String, _ registry: Registry) -> HTTPResponse {
        let version =
            accept.contains("v=v2;") || accept.contains("v=v2,") || accept.hasSuffix("v=v2") ? "v2" : "v2beta1"
        let groups = registry.groups.filter { $0.name.isEmpty == isCore }
        let items: [Value] = groups.map { group in
            var metadata: Value = ["creationTimestamp": .null]
            if !isCore { metadata["name"] = .string(group.name) }
            return [
                "metadata": metadata,
                "versions": .list(
                    group.versions.map { version in
                        [
                            "version": .string(version), "freshness": "Current",
                            "resources": .list(
                                registry.resources(group: group.name, version: version)
                                    .map { aggregatedEntry($0, version) }),
                        ]
                    }),
            ]
        }
        let body: Value = [
            "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"), "metadata": [:],
            "items": .list(items),
        ]
        let type = "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList"
        return HTTPResponse(status: 200, headers: ["Content-Type": type], body: .bytes(body.json()))
    }

    private static func aggregatedEntry(_ resource: Resource, _ version: String) -> Value {
        func kind(_ kind: GroupVersionKind) -> Value {
            ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
        }
        var entry: Value = [
            "resource": .string(resource.plural),
            "responseKind": kind(GroupVersionKind(group: resource.group, version: version, kind: resource.kind)),
            "scope": resource.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(resource.singular),
            "verbs": verbs(of: resource),
        ]
        if !resource.shortNames.isEmpty { entry["shortNames"] = .list(resource.shortNames.map { .string($0) }) }
        if !resource.categories.isEmpty { entry["categories"] = .list(resource.categories.map { .string($0) }) }
        let subresources = subresources(of: resource)
        if !subresources.isEmpty {
            entry["subresources"] = .list(
                subresources.map {
                    [
                        "subresource": .string($0.name), "responseKind": kind($0.kind),
                        "verbs": .list($0.verbs.map { .string($0) }),
                    ]
                })
        }
        return entry
    }
}
