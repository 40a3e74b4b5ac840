// SPDX-License-Identifier: Apache-2.0

import Domain

/// The shapes of bodies, as JSON Schema (draft 2020-12). Tests hold real answers to them.
enum Schemas {
    static let all = Map((basics + orders + views + access).map { Map.Entry(key: $0.0, value: $0.1) })

    // MARK: Words for writing them

    static let string: Value = ["type": "string"]
    static let integer: Value = ["type": "integer"]
    static let boolean: Value = ["type": "boolean"]
    static let any: Value = [:]
    static let optionalString: Value = ["type": ["string", "null"]]
    static let time: Value = ["type": "string", "format": "date-time"]
    static let optionalTime: Value = ["type": ["string", "null"], "format": "date-time"]

    static func ref(_ name: String) -> Value { ["$ref": .string("#/components/schemas/\(name)")] }
    static func list(_ item: Value) -> Value { ["type": "array", "items": item] }
    static func optional(_ schema: Value) -> Value { ["anyOf": [schema, ["type": "null"]]] }
    static func choice(_ words: [String]) -> Value {
        ["type": "string", "enum": .list(words.map(Value.string))]
    }

    /// - Parameter required: Those that are always there.
    static func object(_ properties: Value, required: [String] = []) -> Value {
        var schema: Value = ["type": "object", "properties": properties]
        if !required.isEmpty { schema["required"] = .list(required.map(Value.string)) }
        return schema
    }

    /// An object that has these and nothing else.
    static func closed(_ properties: Value, required: [String] = []) -> Value {
        var schema = object(properties, required: required)
        schema["additionalProperties"] = false
        return schema
    }

    /// An object with everything that it says it has.
    static func whole(_ properties: Value) -> Value {
        object(properties, required: properties.map.map { Array($0.keys) } ?? [])
    }

    // MARK: Small ones

    private static let basics: [(String, Value)] = [
        (
            "Name",
            ["type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"]
        ),
        ("Document", ["type": "object"]),
        ("Message", object(["message": string, "hint": string, "detail": string], required: ["message"])),
        ("Identified", object(["id": string], required: ["id"])),
        ("Accepted", object(["environment": ref("Name"), "accepted": boolean], required: ["accepted"])),
        (
            "Problem",
            object(
                [
                    "type": string, "title": string, "status": integer, "code": string, "detail": string,
                    "hint": string,
                    "requestId": string, "location": ref("Location"), "diagnostics": list(ref("Diagnostic")),
                    "conflicts": list(any), "moved": list(any),
                ], required: ["type", "title", "status", "code", "detail"])
        ),
        ("Location", whole(["file": string, "line": integer, "column": integer])),
        (
            "Diagnostic",
            object(
                [
                    "severity": string, "code": string, "message": string, "location": ref("Location"),
                    "hint": optionalString, "service": optionalString,
                ], required: ["severity", "code", "message", "location"])
        ),
        ("Commit", whole(["id": string, "author": string, "date": time, "subject": string])),
        (
            "ObjectKey", whole(["group": string, "kind": string, "namespace": optionalString, "name": string])
        ),
        (
            "Record",
            object(
                [
                    "service": ref("Name"), "version": string, "image": string, "images": ["type": "object"],
                    "build": optional(["type": "object"]), "source": optional(["type": "object"]),
                    "releasedAt": optionalTime, "releasedBy": optionalString, "note": optionalString,
                ], required: ["service", "version", "image"])
        ),
    ]

    // MARK: What is sent

    private static let orders: [(String, Value)] = [
        (
            "ReleaseOrder",
            closed(
                [
                    "service": ref("Name"), "version": string, "image": string, "images": ["type": "object"],
                    "build": ["type": "object"], "source": ["type": "object"], "releasedBy": string, "note": string,
                    "values": ["type": "object"], "template": string, "templateFormat": choice(["yaml", "json"]),
                    "onlyIfNewer": boolean, "new": boolean,
                ], required: ["image"])
        ),
        (
            "ReleaseForm",
            object(
                [
                    "template": ["type": "string", "contentMediaType": "application/octet-stream"],
                    "service": string, "version": string, "image": string,
                ],
                required: ["service", "version", "image"])
        ),
        (
            "PromotionOrder",
            closed(
                [
                    "from": ref("Name"), "to": ref("Name"), "services": list(ref("Name")), "all": boolean,
                    "expect": string, "reason": string, "dryRun": boolean, "offline": boolean,
                ], required: ["from", "to"])
        ),
        (
            "RollbackOrder",
            closed(
                [
                    "service": ref("Name"), "environment": ref("Name"), "to": string, "reason": string, "hold": boolean,
                    "until": string, "withConfig": boolean, "expect": string, "dryRun": boolean,
                ], required: ["service", "environment"])
        ),
        (
            "HoldOrder",
            closed(
                [
                    "environment": ref("Name"), "service": ref("Name"), "services": list(ref("Name")),
                    "team": ref("Name"),
                    "all": boolean, "reason": string, "until": string,
                ], required: ["environment", "reason"])
        ),
        ("Confirmation", closed(["hash": string], required: ["hash"])),
        ("SuspensionOrder", closed(["reason": string, "until": time], required: ["reason"])),
        (
            "DeploymentOrder",
            closed(
                [
                    "context": string, "environment": string, "namespace": string, "service": string, "version": string,
                    "reason": string,
                ], required: ["service", "version"])
        ),
    ]
}
