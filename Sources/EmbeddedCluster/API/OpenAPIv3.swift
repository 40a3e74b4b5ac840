// SPDX-License-Identifier: Apache-2.0

import Domain

/// One group-version as an OpenAPI 3 document.
enum OpenAPIv3 {
    static func document(_ resources: [Resource], group: String, version: String) -> Value {
        var schemas: Value = [:]
        var paths: Value = [:]
        for resource in resources {
            let name = schemaName(resource, version)
            guard let object = resource.schema(in: version).object else { continue }
            var root = OpenAPISchema.definition(of: object, prefix: "#/components/schemas/", into: &schemas)
            root["x-kubernetes-group-version-kind"] = [kind(resource, version)]
            schemas[name] = root
            addPaths(of: resource, version, schema: name, to: &paths)
        }
        return [
            "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": "v1.33.0"], "paths": paths,
            "components": ["schemas": schemas],
        ]
    }

    static func kind(_ resource: Resource, _ version: String) -> Value {
        ["group": .string(resource.group), "version": .string(version), "kind": .string(resource.kind)]
    }

    static func schemaName(_ resource: Resource, _ version: String) -> String {
        let group = resource.group.isEmpty ? "core" : resource.group
        return "\(group.split(separator: ".").reversed().joined(separator: ".")).\(version).\(resource.kind)"
    }

    /// The operations that kubectl looks at to learn which parameters are understood.
    private static func addPaths(of resource: Resource, _ version: String, schema: String, to paths: inout Value) {
        let base = resource.group.isEmpty ? "/api/\(version)" : "/apis/\(resource.group)/\(version)"
        let place = resource.isNamespaced ? "\(base)/namespaces/{namespace}" : base
        let gvk = kind(resource, version)
        let content: Value = [
            "application/json": ["schema": ["$ref": .string("#/components/schemas/\(schema)")]]
        ]
        func operation(_ action: String, _ parameters: [String]) -> Value {
            [
                "x-kubernetes-action": .string(action), "x-kubernetes-group-version-kind": gvk,
                "parameters": .list(
                    parameters.map {
                        ["name": .string($0), "in": "query", "schema": ["type": "string", "uniqueItems": true]]
                    }),
                "responses": ["200": ["description": "OK", "content": content]],
            ]
        }
        let write = ["dryRun", "fieldManager", "fieldValidation"]
        paths["\(place)/\(resource.plural)"] = ["get": operation("list", []), "post": operation("post", write)]
        paths["\(place)/\(resource.plural)/{name}"] = [
            "get": operation("get", []), "put": operation("put", write),
            "patch": operation("patch", write + ["force"]), "delete": operation("delete", ["dryRun"]),
        ]
    }
}

/// Types of the type table in the words of OpenAPI.
enum OpenAPISchema {
    /// A type; those it uses are added to `definitions`.
    static func definition(of object: ObjectSchema, prefix: String, into definitions: inout Value) -> Value {
        if var rules = object.rules {
            // The root of a custom kind says nothing about what every object has.
            if object.fields["metadata"] != nil, rules["properties"] != nil {
                rules[["properties", "metadata"]] = node(TypeTable.metadata, prefix: prefix, into: &definitions)
                for name in ["apiVersion", "kind"] { rules[["properties", name]] = ["type": "string"] }
            }
            return rules
        }
        var properties: Value = [:]
        var required: [Value] = []
        for (name, field) in object.fields.sorted(by: { $0.key < $1.key }) {
            var property = node(field.schema, prefix: prefix, into: &definitions)
            if let key = field.patchMergeKey {
                if !key.isEmpty { property["x-kubernetes-patch-merge-key"] = .string(key) }
                property["x-kubernetes-patch-strategy"] = field.retainsKeys ? "merge,retainKeys" : "merge"
            } else if field.retainsKeys {
                property["x-kubernetes-patch-strategy"] = "retainKeys"
            }
            if let value = field.defaultValue { property["default"] = value }
            properties[name] = property
            if field.isRequired { required.append(.string(name)) }
        }
        var definition: Value = ["type": "object", "properties": properties]
        if !required.isEmpty { definition["required"] = .list(required) }
        if object.isAtomic { definition["x-kubernetes-map-type"] = "atomic" }
        return definition
    }

    private static func node(_ schema: Schema, prefix: String, into definitions: inout Value) -> Value {
        switch schema {
        case .any: return ["type": "object"]
        case .scalar(let scalar):
            // Version 2 has no words for alternatives.
            let isV3 = prefix.hasPrefix("#/components/")
            switch scalar {
            case .quantity where isV3: return ["oneOf": [["type": "string"], ["type": "number"]]]
            case .integerOrString where isV3:
                return ["format": "int-or-string", "oneOf": [["type": "integer"], ["type": "string"]]]
            default: return self.scalar(scalar)
            }
        case .map(let element, _):
            return ["type": "object", "additionalProperties": node(element, prefix: prefix, into: &definitions)]
        case .list(let element, let merge):
            var list: Value = ["type": "array", "items": node(element, prefix: prefix, into: &definitions)]
            switch merge {
            case .atomic: list["x-kubernetes-list-type"] = "atomic"
            case .set: list["x-kubernetes-list-type"] = "set"
            case .map(let keys):
                list["x-kubernetes-list-type"] = "map"
                list["x-kubernetes-list-map-keys"] = .list(keys.map { .string($0) })
            }
            return list
        case .object(let object):
            if object.rules != nil || object.name.isEmpty {
                return definition(of: object, prefix: prefix, into: &definitions)
            }
            let name = "io.k8s.\(object.name)"
            if definitions[name] == nil {
                definitions[name] = [:]
                definitions[name] = definition(of: object, prefix: prefix, into: &definitions)
            }
            return ["$ref": .string(prefix + name)]
        }
    }

    private static func scalar(_ scalar: Scalar) -> Value {
        switch scalar {
        case .string(let allowed):
            allowed.isEmpty
                ? ["type": "string"] : ["type": "string", "enum": .list(allowed.map { .string($0) })]
        case .bytes: ["type": "string", "format": "byte"]
        case .integer: ["type": "integer", "format": "int64"]
        case .number: ["type": "number", "format": "double"]
        case .boolean: ["type": "boolean"]
        case .quantity: ["type": "string"]
        case .time: ["type": "string", "format": "date-time"]
        case .integerOrString: ["type": "string", "format": "int-or-string"]
        }
    }
}
