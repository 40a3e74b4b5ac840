// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// What a reviewer would remark on an object that the API server takes.
enum ReviewWarnings {
    static func check(_ object: Value, kind: GroupVersionKind) -> [ObjectProblem] {
        guard let steps = Normalizer.podSpecPath(kind.kind) else { return namespace(object, kind) }
        guard let spec = object.member(at: steps) else { return [] }
        // Paths are made for problems only.
        var path: FieldPath { FieldPath(steps.map { .key($0) }) }
        let serves = ["Deployment", "StatefulSet", "DaemonSet"].contains(kind.kind)
        var problems: [ObjectProblem] = []
        for list in ["initContainers", "containers"] {
            for (index, container) in (spec[list]?.list ?? []).enumerated() {
                var place: FieldPath { path.appending(list).appending(index) }
                problems += image(container, place)
                problems += resources(container, place)
                if serves, list == "containers" { problems += probes(container, place) }
            }
        }
        if serves { problems += gracefulStop(spec, path) }
        return problems + PodWarnings.check(spec, path)
    }

    private static func namespace(_ object: Value, _ kind: GroupVersionKind) -> [ObjectProblem] {
        guard Scopes.isClusterWide(kind.groupKind), let namespace = object.objectNamespace else { return [] }
        return [
            ObjectProblem(
                code: Codes.needlessNamespace,
                message: "a \(kind.kind) belongs to the whole cluster, not to the namespace \(namespace)",
                path: FieldPath([.key("metadata"), .key("namespace")]), hint: "remove metadata.namespace")
        ]
    }

    private static func image(_ container: Value, _ path: @autoclosure () -> FieldPath) -> [ObjectProblem] {
        guard let text = container["image"]?.string, let image = ImageReference(text), image.digest == nil else {
            return []
        }
        let isLatest = image.tag == nil || image.tag == "latest"
        let how =
            switch image.tag {
            case nil: "without tag or digest, which means latest"
            case "latest": "by the tag latest, which means something else tomorrow"
            case let tag?: "by the tag \(tag), which can be moved"
            }
        return [
            ObjectProblem(
                code: isLatest ? Codes.latestImage : Codes.unpinnedImage,
                message: "the image \(image.repository) is named \(how)", path: path().appending("image"),
                hint:
                    "add its \(isLatest ? "version and " : "")digest: \(image.repository):\(isLatest ? "…" : image.tag ?? "…")@sha256:…"
            )
        ]
    }

    private static func resources(_ container: Value, _ path: @autoclosure () -> FieldPath) -> [ObjectProblem] {
        let resources = container["resources"]
        var missing: [String] = []
        if resources?[at: "limits", "memory"] == nil { missing.append("limits.memory") }
        if resources?[at: "requests", "cpu"] == nil { missing.append("requests.cpu") }
        // A limit is taken as the request when there is none.
        guard !missing.isEmpty else { return [] }
        return [
            ObjectProblem(
                code: Codes.noLimits,
                message: "the container \(name(container)) does not say its resources' \(list(missing))",
                path: path().appending("resources"))
        ]
    }

    private static func probes(_ container: Value, _ path: @autoclosure () -> FieldPath) -> [ObjectProblem] {
        let missing = ["readinessProbe", "livenessProbe"].filter { container[$0] == nil }
        guard !missing.isEmpty else { return [] }
        return [
            ObjectProblem(
                code: Codes.noProbe, message: "the container \(name(container)) has no \(list(missing))",
                path: path().appending("name"))
        ]
    }

    private static func gracefulStop(_ spec: Value, _ path: @autoclosure () -> FieldPath) -> [ObjectProblem] {
        let containers = spec["containers"]?.list ?? []
        let hasHook = containers.contains { $0["lifecycle"]?["preStop"] != nil }
        guard spec["terminationGracePeriodSeconds"] == nil, !hasHook else { return [] }
        return [
            ObjectProblem(
                code: Codes.noGracefulStop, message: "nothing says how long the pod may take to stop",
                path: path().appending("containers"), hint: "set terminationGracePeriodSeconds, or a preStop hook")
        ]
    }

    private static func name(_ container: Value) -> String { container["name"]?.string ?? "without a name" }
    private static func list(_ words: [String]) -> String { words.joined(separator: " and ") }

    /// Plain scalars such as `1.10`, which lose digits when they are read as numbers.
    static func numbersLosingDigits(_ node: YAMLNode, _ found: inout [(text: String, mark: YAMLMark)]) {
        switch node.content {
        case .scalar(let scalar):
            guard scalar.style == .plain, scalar.text.utf8.last == UInt8(ascii: "0"), scalar.text.contains("."),
                scalar.value.string == nil, scalar.text.utf8.allSatisfy({ $0 == 0x2E || (0x30...0x39).contains($0) })
            else { return }
            found.append((scalar.text, node.mark))
        case .list(let items): for item in items { numbersLosingDigits(item, &found) }
        case .map(let members): for member in members { numbersLosingDigits(member.value, &found) }
        }
    }

    static func numbersLosingDigits(_ fill: Fill, _ found: inout [(text: String, mark: YAMLMark)]) {
        switch fill {
        case .constant(_, let node): numbersLosingDigits(node, &found)
        case .whole, .text: break
        case .list(let items, _): for item in items { numbersLosingDigits(item, &found) }
        case .map(let members, _, _): for member in members { numbersLosingDigits(member.value, &found) }
        }
    }
}

extension ServiceRenderer {
    mutating func warn(_ manifests: [PlacedManifest], _ documents: [Document]) {
        for placed in manifests {
            for problem in ReviewWarnings.check(placed.manifest.object, kind: placed.manifest.kind)
            where !context.settings.disabledWarnings.contains(problem.code) {
                warn(problem, of: placed, documents)
            }
        }
        for (index, problem) in ServiceWarnings(manifests.map(\.manifest)).check() {
            warn(problem, of: manifests[index], documents)
        }
        for document in documents {
            if let flat = document.flat {
                for number in flat.numbers { warnAboutNumber(number.text, at: number.location) }
                continue
            }
            var numbers: [(text: String, mark: YAMLMark)] = []
            ReviewWarnings.numbersLosingDigits(document.fill, &numbers)
            for number in numbers { warnAboutNumber(number.text, at: document.text.location(of: number.mark)) }
        }
        for layer in ownLayers {
            var numbers: [(text: String, mark: YAMLMark)] = []
            ReviewWarnings.numbersLosingDigits(layer.root, &numbers)
            for number in numbers { warnAboutNumber(number.text, at: layer.location(number.mark)) }
            warnAboutUnusedValues(layer)
        }
    }

    private mutating func warn(_ problem: ObjectProblem, of placed: PlacedManifest, _ documents: [Document]) {
        guard !context.settings.disabledWarnings.contains(problem.code) else { return }
        let location =
            location(ofLeaf: problem.path, placed.place, documents)
            ?? origins.location(of: problem.path, placed.place) ?? placed.manifest.location
        warn(problem.code, problem.message, at: location, hint: problem.hint)
    }

    /// The layers that are this service's alone.
    private var ownLayers: [ValueLayer] {
        values.layers.filter { [.service, .release, .environmentService].contains($0.layer) }
    }

    private mutating func warnAboutNumber(_ text: String, at location: SourceLocation) {
        warn(
            Codes.numberLikeVersion, "\(text) is read as a number and loses its last digit", at: location,
            hint: "write \"\(text)\" if it is a version")
    }

    private mutating func warnAboutUnusedValues(_ layer: ValueLayer) {
        guard let used = template?.usedNames, !used.contains("*") else { return }
        for member in layer.root.members ?? [] where !used.contains(member.key) {
            warn(
                Codes.unusedValue, "the template does not use \"\(member.key)\"", at: layer.location(member.keyMark),
                hint: didYouMean(member.key, in: used.subtracting(LayeredValues.reservedNames)))
        }
    }
}
