// SPDX-License-Identifier: Apache-2.0

import Domain

/// Reads a value as a Go server decodes it into its types: unknown fields go, empty optional ones too, quantities
/// get their canonical form, structs held by value appear. Pure.
struct Normalizer {
    /// Fields that the type does not have, in the order met: `spec.template.foo`.
    private(set) var unknownFields: [String] = []
    /// Values of the wrong type, worded as Go words them.
    private(set) var mismatches: [String] = []
    /// The same, as server-side apply words them: `.spec.replicas: expected numeric (int or float), got string`.
    private(set) var untyped: [String] = []
    private var keepsMismatches = false
    private var path: [String] = []

    /// The whole object; `metadata` is read the same way for every kind.
    ///
    /// - Parameter keepsMismatches: Whether values of a wrong type stay, for the schema of a custom kind to judge.
    static func normalize(
        _ object: Value, _ schema: Schema, keepsMismatches: Bool = false
    ) -> (object: Value, report: Normalizer) {
        var normalizer = Normalizer()
        normalizer.keepsMismatches = keepsMismatches
        let value = normalizer.read(object, schema, owner: schema.object?.name ?? "") ?? [:]
        return (value, normalizer)
    }

    private mutating func read(_ value: Value, _ schema: Schema, owner: String) -> Value? {
        switch schema {
        case .any: return value
        case .scalar(let scalar): return read(value, scalar, owner: owner)
        case .list(let element, _):
            guard let items = value.list else { return mismatch(value, "[]\(element.goName)", owner) }
            return .list(
                items.enumerated().compactMap { index, item in
                    path.append("[\(index)]")
                    defer { path.removeLast() }
                    return item.isNull ? nil : read(item, element, owner: owner)
                })
        case .map(let element, _):
            guard let map = value.map else { return mismatch(value, "map[string]\(element.goName)", owner) }
            var entries: [Map.Entry] = []
            for entry in map {
                path.append(entry.key)
                defer { path.removeLast() }
                // A null in a map of strings is the empty string in Go.
                let item = entry.value.isNull ? element.zero : read(entry.value, element, owner: owner)
                if let item { entries.append(Map.Entry(key: entry.key, value: item)) }
            }
            return .map(Map(entries))
        case .object(let object):
            guard let map = value.map else { return mismatch(value, object.name, owner) }
            return .map(read(map, object))
        }
    }

    private mutating func read(_ map: Map, _ object: ObjectSchema) -> Map {
        var entries: [Map.Entry] = []
        for entry in map {
            path.append(entry.key)
            defer { path.removeLast() }
            guard let field = object.fields[entry.key] else {
                if object.keepsUnknown { entries.append(entry) } else { unknownFields.append(pathText) }
                continue
            }
            if entry.value.isNull, object.dropsEmpty { continue }
            guard let value = read(entry.value, field.schema, owner: object.name) else { continue }
            if object.dropsEmpty, !field.isRequired, vanishes(value, entry.key, field) { continue }
            entries.append(Map.Entry(key: entry.key, value: value))
        }
        var result = Map(entries)
        for (name, field) in object.fields where field.isAlwaysPresent && result[name] == nil {
            result[name] = field.schema.emptyValue
        }
        // The one list of ours that Go writes even when there is none.
        if object.name.hasSuffix("Role"), object.fields["rules"] != nil, result["rules"] == nil {
            result["rules"] = .null
        }
        return result
    }

    /// Whether Go's `omitempty` leaves this member out.
    private func vanishes(_ value: Value, _ key: String, _ field: Field) -> Bool {
        switch (field.schema, value) {
        case (.list, .list(let items)): items.isEmpty
        case (.map, .map(let map)): map.isEmpty
        case (.scalar(.string), .string(let text)): text.isEmpty && !Self.stringPointers.contains(key)
        case (.scalar(.boolean), .bool(let truth)): !truth && Self.plainBooleans.contains(key)
        case (.scalar(.integer), .integer(let number)): number == 0 && Self.plainIntegers.contains(key)
        default: false
        }
    }

    /// Optional fields that are a pointer in Go, so that an empty string is a value.
    private static let stringPointers: Set<String> = [
        "storageClassName", "ingressClassName", "loadBalancerClass", "runtimeClassName", "volumeAttributesClassName",
        "subdomain", "apiGroup", "hostnameOverride", "host",
    ]
    /// Optional fields that are no pointer in Go, so that false is left out.
    private static let plainBooleans: Set<String> = [
        "hostNetwork", "hostPID", "hostIPC", "stdin", "stdinOnce", "tty", "publishNotReadyAddresses", "paused",
        "readOnly", "unschedulable", "ready",
    ]
    private static let plainIntegers: Set<String> = [
        "hostPort", "nodePort", "minReadySeconds", "initialDelaySeconds", "healthCheckNodePort", "generation",
        "availableReplicas", "readyReplicas", "unavailableReplicas", "updatedReplicas", "fullyLabeledReplicas",
        "active", "succeeded", "failed", "observedGeneration", "partition", "count",
    ]

    private mutating func read(_ value: Value, _ scalar: Scalar, owner: String) -> Value? {
        switch (scalar, value) {
        case (.bytes, .string(let text)):
            if Base64.standard.bytes(text) == nil {
                let bad = text.utf8.prefix { $0.isAlphanumeric || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") }
                mismatches.append("illegal base64 data at input byte \(bad.count)")
            }
            return value
        case (.string, .string), (.time, .string), (.boolean, .bool), (.integer, .integer),
            (.number, .integer), (.number, .decimal), (.integerOrString, .integer), (.integerOrString, .string):
            return value
        case (.quantity, .string(let text)): return .string(Quantity.canonical(text))
        case (.quantity, .integer(let number)): return .string(Quantity.canonical(String(number)))
        case (.quantity, .decimal(let text)): return .string(Quantity.canonical(text))
        default: return mismatch(value, scalar.goName, owner)
        }
    }

    private mutating func mismatch(_ value: Value, _ type: String, _ owner: String) -> Value? {
        if value.isNull { return nil }
        untyped.append(".\(pathText): expected \(Self.wanted(type)), got \(value.goDebugText(type))")
        let found = value.kindName == "map" ? "object" : value.kindName == "list" ? "array" : value.goKindName
        let place = path.filter { !$0.hasPrefix("[") }.joined(separator: ".")
        mismatches.append("json: cannot unmarshal \(found) into Go struct field \(owner).\(place) of type \(type)")
        return keepsMismatches ? value : nil
    }

    private static func wanted(_ goType: String) -> String {
        switch goType {
        case "int32", "float64": "numeric (int or float)"
        case "bool": "boolean"
        case "string", "time.Time", "[]uint8": "string"
        default: goType.hasPrefix("[]") ? "list" : "map"
        }
    }

    private var pathText: String {
        path.reduce("") { $1.hasPrefix("[") ? $0 + $1 : $0.isEmpty ? $1 : "\($0).\($1)" }
    }
}

extension Schema {
    /// The value without content: structs held by value, else nothing.
    var emptyValue: Value {
        guard case .object(let object) = self else { return [:] }
        var map = Map()
        for (name, field) in object.fields where field.isAlwaysPresent { map[name] = field.schema.emptyValue }
        return .map(map)
    }

    /// The same, with null for lists that Go never leaves out: what a new object is compared with.
    var emptyGoValue: Value {
        guard case .object(let object) = self else { return [:] }
        var map = Map()
        for (name, field) in object.fields {
            if field.isAlwaysPresent { map[name] = field.schema.emptyGoValue }
            let isNeverLeftOut = field.isRequired || name == "rules" && object.name.hasSuffix("Role")
            if case .list = field.schema, isNeverLeftOut, object.dropsEmpty { map[name] = .null }
        }
        return .map(map)
    }

    fileprivate var zero: Value? {
        if case .scalar(.string) = self { .string("") } else { nil }
    }

    fileprivate var goName: String {
        switch self {
        case .scalar(let scalar): scalar.goName
        case .object(let object): object.name
        case .list(let element, _): "[]\(element.goName)"
        case .map(let element, _): "map[string]\(element.goName)"
        case .any: "interface {}"
        }
    }
}

extension Scalar {
    fileprivate var goName: String {
        switch self {
        case .string: "string"
        case .bytes: "[]uint8"
        case .integer: "int32"
        case .number: "float64"
        case .boolean: "bool"
        case .quantity: "resource.Quantity"
        case .time: "time.Time"
        case .integerOrString: "intstr.IntOrString"
        }
    }
}

extension Value {
    /// As structured-merge-diff prints a value of a wrong type.
    fileprivate func goDebugText(_ wanted: String) -> String {
        if wanted == "int32" || wanted == "float64" { return string == nil ? kindName : "string" }
        return string.map { "&{\($0)}" } ?? "&{\(compactText)}"
    }

    fileprivate var goKindName: String {
        switch self {
        case .bool: "bool"
        case .decimal(let text): "number \(text)"
        default: kindName
        }
    }
}
