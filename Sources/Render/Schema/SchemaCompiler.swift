// SPDX-License-Identifier: Apache-2.0

import Domain

/// Turns the schemas of one document into nodes that can be walked quickly; lives for one document.
///
/// The language is the part of OpenAPI 3.0 that Kubernetes writes, with its extensions
/// (`k8s.io/kube-openapi`, and "Specifying a structural schema" of the CustomResourceDefinition documentation).
struct SchemaCompiler {
    private(set) var document = SchemaDocument()
    private let components: Map
    private var compiled: [String: Int] = [:]
    /// In a CustomResourceDefinition a map without described members has none; elsewhere it may have any.
    private let isStructural: Bool
    private var depth = 0

    private static let reference = "#/components/schemas/"
    /// Schemas nest as deep as objects do; what is deeper says nothing.
    private static let depthLimit = 100

    /// An OpenAPI 3 document as a cluster serves it for one group and version.
    static func document(_ openAPI: Value) -> SchemaDocument {
        let components = openAPI[at: "components", "schemas"]?.map ?? Map()
        var compiler = SchemaCompiler(components: components, isStructural: false)
        for entry in components {
            for kind in entry.value["x-kubernetes-group-version-kind"]?.list ?? [] {
                guard let group = kind["group"]?.string, let version = kind["version"]?.string,
                    let name = kind["kind"]?.string
                else { continue }
                compiler.document.kinds[GroupVersionKind(group: group, version: version, kind: name)] =
                    compiler.component(entry.key)
            }
        }
        return compiler.document
    }

    /// The kinds that a CustomResourceDefinition describes.
    static func document(customResourceDefinition definition: Value) -> SchemaDocument {
        var compiler = SchemaCompiler(components: Map(), isStructural: true)
        let spec = definition["spec"]
        guard let group = spec?["group"]?.string, let kind = spec?[at: "names", "kind"]?.string else {
            return compiler.document
        }
        for version in spec?["versions"]?.list ?? [] {
            guard let name = version["name"]?.string, version["served"]?.bool != false,
                var rules = version[at: "schema", "openAPIV3Schema"]
            else { continue }
            if spec?["preserveUnknownFields"]?.bool == true { rules["x-kubernetes-preserve-unknown-fields"] = true }
            // Every object has these, whatever its own schema says.
            rules["x-kubernetes-embedded-resource"] = true
            let root = compiler.node(rules)
            for own in ["apiVersion", "kind", "metadata"] { compiler.document.nodes[root].properties[own] = nil }
            compiler.document.kinds[GroupVersionKind(group: group, version: name, kind: kind)] = root
        }
        return compiler.document
    }

    private init(components: Map, isStructural: Bool) {
        self.components = components
        self.isStructural = isStructural
    }

    private mutating func component(_ name: String) -> Int {
        if let known = compiled[name] { return known }
        let index = document.nodes.count
        // Reserved before it is read, since a schema may contain itself.
        document.nodes.append(SchemaNode())
        compiled[name] = index
        guard let rules = components[name] else { return index }
        if let target = alias(rules) {
            compiled[name] = target
            return target
        }
        fill(index, rules)
        if name.hasSuffix(".api.resource.Quantity") { document.nodes[index] = SchemaNode(isQuantity: true) }
        return index
    }

    /// The index of a schema that is nothing but the name of another.
    private mutating func alias(_ rules: Value) -> Int? {
        if let name = Self.name(rules) { return component(name) }
        guard rules["type"] == nil, rules["properties"] == nil, let only = rules["allOf"]?.list, only.count == 1,
            let name = Self.name(only[0])
        else { return nil }
        return component(name)
    }

    private static func name(_ rules: Value) -> String? {
        guard let text = rules["$ref"]?.string, text.hasPrefix(reference) else { return nil }
        return String(text.dropFirst(reference.count))
    }

    private mutating func node(_ rules: Value) -> Int {
        if let target = alias(rules) { return target }
        let index = document.nodes.count
        document.nodes.append(SchemaNode())
        fill(index, rules)
        return index
    }

    private mutating func fill(_ index: Int, _ rules: Value) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { return }
        var node = SchemaNode()
        node.kind = rules["type"]?.string.flatMap(SchemaNode.Kind.init(rawValue:))
        node.isNullable = rules["nullable"]?.bool ?? false
        node.defaultValue = rules["default"]
        node.allowed = rules["enum"]?.list
        node.format = rules["format"]?.string
        node.pattern = rules["pattern"]?.string
        node.isIntegerOrString =
            rules["x-kubernetes-int-or-string"]?.bool == true || node.format == "int-or-string"
        if node.isIntegerOrString { node.kind = nil }
        readBounds(rules, &node)
        readMembers(rules, &node)
        readItems(rules, &node)
        // The alternatives of a number or a text are known already.
        if !node.isIntegerOrString {
            node.anyOf = all(rules["anyOf"])
            node.oneOf = all(rules["oneOf"])
        }
        node.allOf = all(rules["allOf"])
        node.not = rules["not"].map { self.part($0) }
        document.nodes[index] = node
    }

    /// Schemas among `allOf`, `anyOf`, `oneOf` and `not` only narrow what others describe.
    private mutating func all(_ rules: Value?) -> [Int] { (rules?.list ?? []).map { part($0) } }

    private mutating func part(_ rules: Value) -> Int {
        let index = node(rules)
        if Self.name(rules) == nil { document.nodes[index].isClosed = false }
        return index
    }

    private mutating func readMembers(_ rules: Value, _ node: inout SchemaNode) {
        for entry in rules["properties"]?.map ?? Map() { node.properties[entry.key] = self.node(entry.value) }
        node.required = (rules["required"]?.list ?? []).compactMap(\.string)
        node.isEmbeddedObject = rules["x-kubernetes-embedded-resource"]?.bool ?? false
        let keepsUnknown = rules["x-kubernetes-preserve-unknown-fields"]?.bool ?? false
        switch rules["additionalProperties"] {
        case .bool(let isAllowed)?: node.isClosed = !isAllowed && !keepsUnknown
        case let other?: node.otherMembers = self.node(other)
        case nil:
            let isDescribed = !node.properties.isEmpty || isStructural && node.kind == .object
            node.isClosed = isDescribed && !keepsUnknown
        }
    }

    private mutating func readItems(_ rules: Value, _ node: inout SchemaNode) {
        node.items = rules["items"].map { self.node($0) }
        node.hasUniqueItems = rules["uniqueItems"]?.bool ?? false
        switch rules["x-kubernetes-list-type"]?.string {
        case "set": node.listKind = .set
        case "map": node.listKind = .map((rules["x-kubernetes-list-map-keys"]?.list ?? []).compactMap(\.string))
        default: break
        }
    }

    private func readBounds(_ rules: Value, _ node: inout SchemaNode) {
        let unit: String? =
            switch node.kind {
            case .string: "Length"
            case .array: "Items"
            case .object: "Properties"
            default: nil
            }
        if let unit {
            node.size = SchemaNode.Bounds(least: rules["min\(unit)"]?.double, most: rules["max\(unit)"]?.double)
        }
        node.range = SchemaNode.Bounds(
            least: rules["minimum"]?.double, most: rules["maximum"]?.double,
            excludesLeast: rules["exclusiveMinimum"]?.bool ?? false,
            excludesMost: rules["exclusiveMaximum"]?.bool ?? false)
        node.multipleOf = rules["multipleOf"]?.double
    }
}

extension Value {
    /// Of a number; nil for everything else.
    var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .decimal(let text): Double(text)
        default: nil
        }
    }
}
