// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import JSON

/// All kinds as one OpenAPI 2 document, which older kubectl needs to validate what it sends.
enum OpenAPIv2 {
    /// With `.` where clients ask with `@`, which newer clients cannot read in an answer.
    private static let protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

    static func answer(_ request: HTTPRequest, _ registry: Registry) -> HTTPResponse {
        let (definitions, paths) = parts(registry)
        guard (request.headers["Accept"] ?? "").contains("proto-openapi") else {
            return APIServer.json(
                [
                    "swagger": "2.0", "info": ["title": "Kubernetes", "version": "v1.33.0"], "paths": paths,
                    "definitions": definitions,
                ])
        }
        let body = OpenAPIProtobuf.document(definitions: definitions.map ?? Map(), paths: paths.map ?? Map())
        return HTTPResponse(status: 200, headers: ["Content-Type": protobuf], body: .bytes(body))
    }

    private static func parts(_ registry: Registry) -> (definitions: Value, paths: Value) {
        var definitions: Value = [:]
        var paths: Value = [:]
        for resource in registry.resources {
            for version in resource.versions {
                guard let object = version.schema.object else { continue }
                let name = OpenAPIv3.schemaName(resource, version.name)
                var root = OpenAPISchema.definition(of: object, prefix: "#/definitions/", into: &definitions)
                root["x-kubernetes-group-version-kind"] = [OpenAPIv3.kind(resource, version.name)]
                definitions[name] = root
                add(resource, version.name, to: &paths)
            }
        }
        return (definitions, paths)
    }

    /// The operation kubectl looks at to learn whether the server knows `dryRun` and `fieldValidation`.
    private static func add(_ resource: Resource, _ version: String, to paths: inout Value) {
        let base = resource.group.isEmpty ? "/api/\(version)" : "/apis/\(resource.group)/\(version)"
        let place = resource.isNamespaced ? "\(base)/namespaces/{namespace}" : base
        let parameters: [Value] = ["dryRun", "fieldManager", "fieldValidation", "force"].map {
            ["name": .string($0), "in": "query", "type": "string"]
        }
        paths["\(place)/\(resource.plural)/{name}"] = [
            "patch": [
                "x-kubernetes-action": "patch",
                "x-kubernetes-group-version-kind": OpenAPIv3.kind(resource, version),
                "parameters": .list(parameters), "responses": ["200": ["description": "OK"]],
            ]
        ]
    }
}

/// Writes OpenAPI 2 in the protocol buffers form of gnostic (`openapiv2/OpenAPIv2.proto`): the fields kubectl reads.
enum OpenAPIProtobuf {
    static func document(definitions: Map, paths: Map) -> [UInt8] {
        var message = ProtobufMessage()
        message.text(1, "2.0")
        var info = ProtobufMessage()
        info.text(1, "Kubernetes")
        info.text(2, "v1.33.0")
        message.add(2, info)
        var list = ProtobufMessage()
        for path in paths { list.add(2, named(path.key, pathItem(path.value))) }
        message.add(8, list)
        var types = ProtobufMessage()
        for definition in definitions { types.add(1, named(definition.key, schema(definition.value))) }
        message.add(9, types)
        return message.bytes
    }

    private static func named(_ name: String, _ value: ProtobufMessage) -> ProtobufMessage {
        var entry = ProtobufMessage()
        entry.text(1, name)
        entry.add(2, value)
        return entry
    }

    private static func schema(_ schema: Value) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.text(1, schema["$ref"]?.string ?? "")
        message.text(2, schema["format"]?.string ?? "")
        for name in schema["required"]?.list ?? [] { message.text(19, name.string ?? "") }
        if let values = schema["additionalProperties"], values.map != nil {
            var item = ProtobufMessage()
            item.add(1, self.schema(values))
            message.add(21, item)
        }
        if let type = schema["type"]?.string {
            var item = ProtobufMessage()
            item.text(1, type)
            message.add(22, item)
        }
        if let items = schema["items"] {
            var item = ProtobufMessage()
            item.add(1, self.schema(items))
            message.add(23, item)
        }
        if let properties = schema["properties"]?.map {
            var list = ProtobufMessage()
            for property in properties { list.add(1, named(property.key, self.schema(property.value))) }
            message.add(25, list)
        }
        addExtensions(schema, 31, to: &message)
        return message
    }

    private static func pathItem(_ item: Value) -> ProtobufMessage {
        var message = ProtobufMessage()
        guard let patch = item["patch"] else { return message }
        var operation = ProtobufMessage()
        for parameter in patch["parameters"]?.list ?? [] {
            var query = ProtobufMessage()
            query.text(2, parameter["in"]?.string ?? "")
            query.text(4, parameter["name"]?.string ?? "")
            query.text(6, parameter["type"]?.string ?? "")
            // Item, parameter, non-body parameter: each a choice of one.
            var inner = ProtobufMessage()
            inner.add(3, query)
            var choice = ProtobufMessage()
            choice.add(2, inner)
            var outer = ProtobufMessage()
            outer.add(1, choice)
            operation.add(8, outer)
        }
        addExtensions(patch, 13, to: &operation)
        message.add(8, operation)
        return message
    }

    private static func addExtensions(_ value: Value, _ field: Int, to message: inout ProtobufMessage) {
        for entry in value.map ?? Map() where entry.key.hasPrefix("x-") {
            var any = ProtobufMessage()
            // JSON is YAML.
            any.text(2, entry.value.jsonText())
            message.add(field, named(entry.key, any))
        }
    }
}

/// One message in the wire format of protocol buffers; only fields of bytes are needed.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, message.bytes) }

    /// Empty text is the default and is left out.
    mutating func text(_ field: Int, _ text: String) { if !text.isEmpty { add(field, Array(text.utf8)) } }

    private mutating func add(_ field: Int, _ content: [UInt8]) {
        number(field << 3 | 2)
        number(content.count)
        bytes += content
    }

    private mutating func number(_ value: Int) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
