// SPDX-License-Identifier: Apache-2.0

import Domain

/// Kinds that a CustomResourceDefinition describes.
enum CustomSchema {
    /// The kind as the definition says; nil while it is too incomplete to be served.
    static func resource(of definition: Value) -> Resource? {
        let spec = definition["spec"] ?? [:]
        guard let group = spec["group"]?.string, let kind = spec[at: "names", "kind"]?.string,
            let plural = spec[at: "names", "plural"]?.string
        else { return nil }
        let listed = spec["versions"]?.list ?? []
        guard let stored = listed.first(where: { $0["storage"]?.bool == true }),
            let version = stored["name"]?.string
        else { return nil }
        let served = listed.filter { $0["served"]?.bool == true }.compactMap { item in
            item["name"]?.string.map {
                Resource.Version(
                    name: $0, schema: root(item[at: "schema", "openAPIV3Schema"] ?? [:], kind: kind),
                    columns: item["additionalPrinterColumns"]?.list ?? [])
            }
        }
        let scale = stored[at: "subresources", "scale"]
        return Resource(
            group: group, version: version, kind: kind, plural: plural,
            singular: spec[at: "names", "singular"]?.string ?? kind.lowercased(),
            shortNames: (spec[at: "names", "shortNames"]?.list ?? []).compactMap(\.string),
            categories: (spec[at: "names", "categories"]?.list ?? []).compactMap(\.string),
            isNamespaced: spec["scope"] == "Namespaced", hasStatus: stored[at: "subresources", "status"] != nil,
            scale: scale.map { scale in
                .init(
                    spec: path(scale["specReplicasPath"]), status: path(scale["statusReplicasPath"]),
                    selector: path(scale["labelSelectorPath"]))
            },
            hasGeneration: true, schema: root(stored[at: "schema", "openAPIV3Schema"] ?? [:], kind: kind),
            versions: served, isCustom: true)
    }

    /// `.spec.replicas` as keys.
    private static func path(_ value: Value?) -> [String] {
        (value?.string ?? "").split(separator: ".").map(String.init)
    }

    private static func root(_ schema: Value, kind: String) -> Schema {
        var fields = self.fields(schema)
        fields["apiVersion"] = Field(schema: .scalar(.string(allowed: [])))
        fields["kind"] = Field(schema: .scalar(.string(allowed: [])))
        fields["metadata"] = Field(schema: TypeTable.metadata, isAlwaysPresent: true)
        return .object(
            ObjectSchema(
                name: kind, fields: fields, keepsUnknown: schema["x-kubernetes-preserve-unknown-fields"]?.bool == true,
                dropsEmpty: false, rules: schema))
    }

    private static func fields(_ schema: Value) -> [String: Field] {
        let required = Set((schema["required"]?.list ?? []).compactMap(\.string))
        var fields: [String: Field] = [:]
        for entry in schema["properties"]?.map ?? Map() {
            fields[entry.key] = Field(
                schema: node(entry.value), isRequired: required.contains(entry.key),
                defaultValue: entry.value["default"], rules: entry.value)
        }
        return fields
    }

    private static func node(_ schema: Value) -> Schema {
        if schema["x-kubernetes-int-or-string"]?.bool == true { return .scalar(.integerOrString) }
        let isAtomic = schema["x-kubernetes-map-type"] == "atomic"
        switch schema["type"]?.string {
        case "string": return .scalar(.string(allowed: []))
        case "integer": return .scalar(.integer)
        case "number": return .scalar(.number)
        case "boolean": return .scalar(.boolean)
        case "array": return .list(node(schema["items"] ?? [:]), listMerge(schema))
        case "object":
            let keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
            if let values = schema["additionalProperties"], values.map != nil {
                return .map(node(values), isAtomic: isAtomic)
            }
            if keepsUnknown, schema["properties"] == nil { return .any }
            var fields = self.fields(schema)
            if schema["x-kubernetes-embedded-resource"]?.bool == true {
                for name in ["apiVersion", "kind"] { fields[name] = Field(schema: .scalar(.string(allowed: []))) }
                fields["metadata"] = Field(schema: TypeTable.metadata)
            }
            return .object(
                ObjectSchema(
                    name: "", fields: fields, isAtomic: isAtomic, keepsUnknown: keepsUnknown, dropsEmpty: false,
                    rules: schema))
        default: return .any
        }
    }

    private static func listMerge(_ schema: Value) -> ListMerge {
        switch schema["x-kubernetes-list-type"]?.string {
        case "set": .set
        case "map": .map(keys: (schema["x-kubernetes-list-map-keys"]?.list ?? []).compactMap(\.string))
        default: .atomic
        }
    }

    // MARK: Defaults

    /// Fills in `default`s, also in items of lists and in maps.
    static func fillDefaults(_ value: inout Value, _ schema: Schema) {
        switch (schema, value) {
        case (.object(let object), .map(var map)):
            for (name, field) in object.fields {
                if let filler = field.defaultValue, map[name] == nil { map[name] = filler }
                if var inner = map[name] {
                    fillDefaults(&inner, field.schema)
                    map[name] = inner
                }
            }
            value = .map(map)
        case (.list(let element, _), .list(var items)):
            for index in items.indices { fillDefaults(&items[index], element) }
            value = .list(items)
        case (.map(let element, _), .map(let map)):
            value = .map(
                Map(
                    map.map { entry in
                        var inner = entry.value
                        fillDefaults(&inner, element)
                        return Map.Entry(key: entry.key, value: inner)
                    }))
        default: break
        }
    }
}
