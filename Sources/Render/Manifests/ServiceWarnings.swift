// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a reviewer would remark on a service's objects taken together: one says something of another that is not so.
struct ServiceWarnings {
    private let manifests: [Manifest]
    /// Of everything that makes pods, custom kinds included, as far as it has a template.
    private let templates: [PodTemplate]

    private struct PodTemplate {
        let owner: Int
        let namespace: String?
        let labels: Map
        let portNames: [String]
    }

    init(_ manifests: [Manifest]) {
        self.manifests = manifests
        templates = manifests.enumerated().compactMap { index, manifest in
            let path = Normalizer.podTemplatePath(manifest.kind.kind) ?? ["spec", "template"]
            guard let template = manifest.object.member(at: path),
                let labels = template[at: "metadata", "labels"]?.map
            else { return nil }
            let spec = template["spec"]
            let containers = (spec?["containers"]?.list ?? []) + (spec?["initContainers"]?.list ?? [])
            let names = containers.flatMap { $0["ports"]?.list ?? [] }.compactMap { $0["name"]?.string }
            return PodTemplate(owner: index, namespace: manifest.namespace, labels: labels, portNames: names)
        }
    }

    /// - Returns: Problems by the index of the manifest.
    func check() -> [(index: Int, problem: ObjectProblem)] {
        guard manifests.count > 1 else { return [] }
        var found: [(index: Int, problem: ObjectProblem)] = []
        for (index, manifest) in manifests.enumerated() {
            let problems: [ObjectProblem] =
                switch (manifest.kind.group, manifest.kind.kind) {
                case ("", "Service"): service(manifest)
                case ("networking.k8s.io", "Ingress"): ingress(manifest)
                case ("apps", "Deployment"), ("apps", "StatefulSet"): disruption(manifest, index)
                default: []
                }
            found += problems.map { (index, $0) }
        }
        return found
    }

    // MARK: Services

    private func service(_ manifest: Manifest) -> [ObjectProblem] {
        guard let selector = manifest.object[at: "spec", "selector"]?.map, !selector.isEmpty, !templates.isEmpty else {
            return []
        }
        var path: FieldPath { FieldPath([.key("spec")]) }
        let reached = templates.filter { $0.namespace == manifest.namespace && $0.labels.holds(selector) }
        guard !reached.isEmpty else {
            let text = selector.map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: ",")
            return [
                ObjectProblem(
                    code: Codes.reachesNothing, message: "the selector \(text) matches no pod of this service",
                    path: path.appending("selector"), hint: "it must be among the labels of a pod template")
            ]
        }
        var problems: [ObjectProblem] = []
        let names = reached.flatMap(\.portNames)
        for (index, port) in (manifest.object[at: "spec", "ports"]?.list ?? []).enumerated() {
            guard let target = port["targetPort"]?.string, !names.contains(target) else { continue }
            problems.append(
                ObjectProblem(
                    code: Codes.reachesNothing, message: "no container has a port of the name \"\(target)\"",
                    path: path.appending("ports").appending(index).appending("targetPort"),
                    hint: didYouMean(target, in: Set(names))))
        }
        return problems
    }

    // MARK: Ingresses

    private func ingress(_ manifest: Manifest) -> [ObjectProblem] {
        var path: FieldPath { FieldPath([.key("spec")]) }
        var problems = backend(
            manifest.object[at: "spec", "defaultBackend", "service"], manifest,
            path.appending("defaultBackend").appending("service"))
        for (rule, content) in (manifest.object[at: "spec", "rules"]?.list ?? []).enumerated() {
            for (index, entry) in (content[at: "http", "paths"]?.list ?? []).enumerated() {
                var place: FieldPath {
                    path.appending("rules").appending(rule).appending("http").appending("paths").appending(index)
                }
                problems += backend(
                    entry[at: "backend", "service"], manifest, place.appending("backend").appending("service"))
            }
        }
        return problems
    }

    /// A Service of another service is not known here.
    private func backend(_ backend: Value?, _ ingress: Manifest, _ path: @autoclosure () -> FieldPath)
        -> [ObjectProblem]
    {
        guard let name = backend?["name"]?.string,
            let service = manifests.first(where: {
                $0.kind.kind == "Service" && $0.kind.group.isEmpty && $0.name == name
                    && $0.namespace == ingress.namespace
            })
        else { return [] }
        let ports = service.object[at: "spec", "ports"]?.list ?? []
        let wanted: String
        if let port = backend?[at: "port", "name"]?.string {
            guard !ports.contains(where: { $0["name"]?.string == port }) else { return [] }
            wanted = "\"\(port)\""
        } else if let port = backend?[at: "port", "number"]?.integer {
            guard !ports.contains(where: { $0["port"]?.integer == port }) else { return [] }
            wanted = String(port)
        } else {
            return []
        }
        let known = ports.map { port in
            [port["name"]?.string, port["port"]?.integer.map(String.init)].compactMap(\.self).joined(separator: " ")
        }
        let place = path().appending("port").appending(backend?[at: "port", "name"] == nil ? "number" : "name")
        return [
            ObjectProblem(
                code: Codes.reachesNothing, message: "the Service \(name) has no port \(wanted)", path: place,
                hint: known.isEmpty ? nil : "it has: \(known.joined(separator: ", "))")
        ]
    }

    // MARK: Disruptions

    private func disruption(_ manifest: Manifest, _ index: Int) -> [ObjectProblem] {
        guard (manifest.object[at: "spec", "replicas"]?.integer ?? 1) > 1,
            let template = templates.first(where: { $0.owner == index })
        else { return [] }
        let isCovered = manifests.contains { other in
            other.kind.kind == "PodDisruptionBudget" && other.namespace == manifest.namespace
                && (other.object[at: "spec", "selector", "matchLabels"]?.map).map(template.labels.holds) ?? false
        }
        guard !isCovered else { return [] }
        return [
            ObjectProblem(
                code: Codes.noDisruptionBudget,
                message:
                    "no PodDisruptionBudget keeps some of \(manifest.kind.kind)/\(manifest.name) while nodes are emptied",
                path: FieldPath([.key("spec"), .key("replicas")]))
        ]
    }
}

extension Map {
    /// Whether every member of `other` is here too, with the same value.
    fileprivate func holds(_ other: Map) -> Bool { other.allSatisfy { self[$0.key] == $0.value } }
}
