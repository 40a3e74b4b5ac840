// SPDX-License-Identifier: Apache-2.0

import Domain

/// What is wrong with an object that no API server would take.
struct ObjectProblem {
    let code: String
    let message: String
    let path: FieldPath
    var hint: String?
    /// Whether the key at `path` is wrong, not its value.
    var isAboutKey = false
}

enum ObjectChecks {
    /// What must be true before anything else can be said about an object.
    static func identity(_ object: Value) -> [ObjectProblem] {
        var problems: [ObjectProblem] = []
        for key in ["apiVersion", "kind"] {
            var path: FieldPath { FieldPath([.key(key)]) }
            switch object[key] {
            case .string(let text)? where !text.isEmpty: break
            case nil:
                problems.append(
                    ObjectProblem(code: Codes.missingField, message: "the object has no \(key)", path: path))
            default:
                problems.append(
                    ObjectProblem(
                        code: Codes.missingField, message: "\(key) must be a string that is not empty", path: path))
            }
        }
        var path: FieldPath { FieldPath([.key("metadata"), .key("name")]) }
        switch object[at: "metadata", "name"] {
        case .string(let text)? where !text.isEmpty: break
        case nil where object["metadata"]?["generateName"] != nil:
            problems.append(
                ObjectProblem(
                    code: Codes.missingField, message: "the object has generateName instead of a name",
                    path: FieldPath([.key("metadata"), .key("generateName")]),
                    hint: "it would be created anew with every pass; give it a fixed name"))
        case nil:
            problems.append(
                ObjectProblem(code: Codes.missingField, message: "the object has no metadata.name", path: path))
        case let value?:
            problems.append(
                ObjectProblem(
                    code: Codes.missingField,
                    message: "metadata.name must be a string that is not empty, not a \(value.kindName)", path: path))
        }
        return problems
    }

    /// Names, labels, annotations and what normalization cannot repair.
    static func content(_ object: Value, kind: GroupVersionKind) -> [ObjectProblem] {
        var problems: [ObjectProblem] = []
        // Paths are made for problems only: most objects have none.
        var metadata: FieldPath { FieldPath([.key("metadata")]) }
        if let name = object.objectName, let rule = Names.problem(with: name, kind: kind.groupKind) {
            problems.append(
                ObjectProblem(
                    code: Codes.invalidName, message: "\"\(name)\" is no name for a \(kind.kind)",
                    path: metadata.appending("name"), hint: rule))
        }
        if let namespace = object["metadata"]?["namespace"], Name(namespace.string ?? "") == nil {
            problems.append(
                ObjectProblem(
                    code: Codes.invalidName, message: "the namespace is no name", path: metadata.appending("namespace"),
                    hint: "allowed: \(Name.rule)"))
        }
        problems += labels(of: object["metadata"], metadata)
        if let path = Normalizer.podTemplatePath(kind.kind), !path.isEmpty {
            let template = object.member(at: path)?["metadata"]
            problems += labels(of: template, FieldPath(path.map { .key($0) } + [.key("metadata")]))
        }
        problems += hook(object, kind: kind.groupKind)
        if kind.kind == "Secret", kind.apiVersion == "v1" { problems += stringData(object["stringData"]) }
        return problems + selectorLabels(object, kind) + WorkloadChecks.check(object, kind: kind)
    }

    /// Selectors hold labels, so the same rules are theirs.
    private static func selectorLabels(_ object: Value, _ kind: GroupVersionKind) -> [ObjectProblem] {
        var path: FieldPath { FieldPath([.key("spec"), .key("selector")]) }
        let selector = object[at: "spec", "selector"]
        if kind.kind == "Service", kind.group.isEmpty { return labels(selector, path, areLabels: true) }
        guard kind.group == "apps" || kind.kind == "PodDisruptionBudget" || kind.kind == "NetworkPolicy" else {
            return []
        }
        return labels(selector?["matchLabels"], path.appending("matchLabels"), areLabels: true)
    }

    private static func labels(of metadata: Value?, _ path: @autoclosure () -> FieldPath) -> [ObjectProblem] {
        guard let metadata else { return [] }
        return labels(metadata["labels"], path().appending("labels"), areLabels: true)
            + labels(metadata["annotations"], path().appending("annotations"), areLabels: false)
    }

    private static func labels(
        _ value: Value?, _ path: @autoclosure () -> FieldPath, areLabels: Bool
    ) -> [ObjectProblem] {
        guard let value else { return [] }
        let noun = areLabels ? "label" : "annotation"
        guard let map = value.map else {
            return [ObjectProblem(code: Codes.invalidLabel, message: "\(noun)s must be a map", path: path())]
        }
        var problems: [ObjectProblem] = []
        var size = 0
        for entry in map {
            var place: FieldPath { path().appending(entry.key) }
            if !Names.isQualifiedName(entry.key) {
                problems.append(
                    ObjectProblem(
                        code: Codes.invalidLabel, message: "\"\(entry.key)\" is no key for a \(noun)", path: place,
                        hint: "the form is [prefix/]name, the name at most 63 letters, digits and inner . _ -",
                        isAboutKey: true))
            }
            guard let text = entry.value.string else {
                problems.append(
                    ObjectProblem(
                        code: Codes.invalidLabel,
                        message: "the \(noun) \(entry.key) must be a string, not a \(entry.value.kindName)",
                        path: entry.value.firstLeaf(at: place), hint: "put the value in quotes"))
                continue
            }
            size += entry.key.utf8.count + text.utf8.count
            if areLabels, !Names.isLabelValue(text) {
                problems.append(
                    ObjectProblem(
                        code: Codes.invalidLabel, message: "\"\(text)\" is no value for a label", path: place,
                        hint: "at most 63 letters, digits and inner . _ -; anything goes in an annotation"))
            }
        }
        if size > 256 << 10 {
            problems.append(
                ObjectProblem(
                    code: Codes.invalidLabel, message: "the annotations have \(size) bytes, 262144 are allowed",
                    path: path()))
        }
        return problems
    }

    /// What would let a service wait for ever, or for nothing.
    private static func hook(_ object: Value, kind: GroupKind) -> [ObjectProblem] {
        guard let text = object.annotation(Conventions.hookAnnotation) else { return [] }
        let annotations = FieldPath([.key("metadata"), .key("annotations")])
        func problem(_ message: String, hint: String? = nil) -> [ObjectProblem] {
            [
                ObjectProblem(
                    code: Codes.badHook, message: message, path: annotations.appending(Conventions.hookAnnotation),
                    hint: hint)
            ]
        }
        guard kind == GroupKind("Job.batch") else { return problem("only a Job can be a hook, not a \(kind.kind)") }
        guard ["before", "after"].contains(text) else { return problem("a hook runs before or after, not \"\(text)\"") }
        if let deadline = object.annotation(Conventions.deadlineAnnotation) {
            if Duration(text: deadline) != nil { return [] }
            return problem("\"\(deadline)\" is no deadline", hint: "write a duration such as 10m")
        }
        guard object[at: "spec", "activeDeadlineSeconds"]?.integer == nil else { return [] }
        return problem(
            "the hook has no deadline",
            hint: "set spec.activeDeadlineSeconds, or the annotation \(Conventions.deadlineAnnotation): 10m")
    }

    private static func stringData(_ value: Value?) -> [ObjectProblem] {
        guard let value else { return [] }
        let path = FieldPath([.key("stringData")])
        guard let map = value.map else {
            return [ObjectProblem(code: Codes.badSecret, message: "stringData must be a map", path: path)]
        }
        return map.filter { $0.value.string == nil }.map { entry in
            ObjectProblem(
                code: Codes.badSecret, message: "\(entry.key) must be a string, not a \(entry.value.kindName)",
                path: entry.value.firstLeaf(at: path.appending(entry.key)), hint: "put the value in quotes")
        }
    }
}

extension Value {
    /// The path of the first scalar, empty list or empty map below `path`.
    func firstLeaf(at path: FieldPath) -> FieldPath {
        switch self {
        case .map(let map): map.first.map { $0.value.firstLeaf(at: path.appending($0.key)) } ?? path
        case .list(let items): items.first.map { $0.firstLeaf(at: path.appending(0)) } ?? path
        default: path
        }
    }
}
