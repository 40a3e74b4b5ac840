// SPDX-License-Identifier: Apache-2.0

import Domain

/// The description of REST for machines, OpenAPI 3.1, made from the table that requests are routed by.
enum OpenAPI {
    /// - Parameter version: The daemon's own.
    static func document(version: String) -> Value {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "kubernaut", "version": .string(version),
                "summary": "What runs where, and everything that can be changed about it.",
                "description":
                    "Keys go into Authorization: Bearer. A browser's session may ask, too: for changes only from the same origin, with a JSON body and the form token. What a caller may not see is not there for them.",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "security": [["key": []], ["session": []], [:]],
            "tags": [
                ["name": "v1", "description": "errors are application/problem+json (RFC 9457)"],
                [
                    "name": "first generation",
                    "description": "the calls of the first release tools; errors are {message}",
                ],
            ],
            "paths": paths,
            "components": [
                "securitySchemes": [
                    "key": ["type": "http", "scheme": "bearer", "description": "a kn_ key"],
                    "session": [
                        "type": "apiKey", "in": "cookie", "name": "__Host-kn_session",
                        "description": "a browser's sign-in",
                    ],
                ],
                "schemas": .map(Schemas.all),
                "parameters": [
                    "IdempotencyKey": [
                        "name": "Idempotency-Key", "in": "header", "required": false,
                        "schema": ["type": "string", "maxLength": 255],
                        "description":
                            "makes saying it again safe for 24 hours: the same answer comes back; with another body 422",
                    ],
                    "FormToken": [
                        "name": "X-Form-Token", "in": "header", "required": false, "schema": ["type": "string"],
                        "description": "needed with a session: what the site's forms carry",
                    ],
                ],
            ],
        ]
    }

    private static var paths: Value {
        var paths = Map()
        for endpoint in Endpoint.all {
            var item = paths[endpoint.path] ?? [:]
            item[endpoint.method.lowercased()] = operation(endpoint)
            paths[endpoint.path] = item
        }
        return .map(paths)
    }

    private static func operation(_ endpoint: Endpoint) -> Value {
        var value: Value = [
            "operationId": .string(endpoint.operationID), "summary": .string(endpoint.summary),
            "tags": [endpoint.isSeed ? "first generation" : "v1"],
        ]
        if !endpoint.details.isEmpty { value["description"] = .string(endpoint.details) }
        let parameters = parameters(endpoint)
        if !parameters.isEmpty { value["parameters"] = .list(parameters) }
        if !endpoint.body.isEmpty {
            var content = Map()
            for form in endpoint.body { content[form.type] = ["schema": reference(form.schema)] }
            value["requestBody"] = ["required": true, "content": .map(content)]
        }
        var responses = Map()
        for answer in endpoint.answers { responses["\(answer.status)"] = response(answer) }
        responses["default"] = response(Endpoint.Answer(0, "anything else that went wrong", "Problem"))
        value["responses"] = .map(responses)
        return value
    }

    private static func parameters(_ endpoint: Endpoint) -> [Value] {
        let path = endpoint.pathParameters.map { name -> Value in
            [
                "name": .string(name), "in": "path", "required": true,
                "schema": name == "id" ? ["type": "string"] : reference("Name"),
            ]
        }
        let query = endpoint.query.map { parameter -> Value in
            [
                "name": .string(parameter.name), "in": "query", "required": false,
                "description": .string(parameter.text), "schema": ["type": .string(parameter.type)],
            ]
        }
        let headers: [Value] =
            endpoint.method == "GET"
            ? []
            : ["IdempotencyKey", "FormToken"].map { ["$ref": .string("#/components/parameters/\($0)")] }
        return path + query + headers
    }

    private static func response(_ answer: Endpoint.Answer) -> Value {
        var value: Value = ["description": .string(answer.text)]
        if let schema = answer.schema {
            let type = schema == "Problem" ? "application/problem+json" : "application/json"
            value["content"] = .map(Map([Map.Entry(key: type, value: ["schema": reference(schema)])]))
        }
        return value
    }

    private static func reference(_ schema: String) -> Value { ["$ref": .string("#/components/schemas/\(schema)")] }
}

extension Endpoint {
    /// `postEnvironmentsEnvironmentSync`; every operation has its own.
    var operationID: String {
        let words = path.split(separator: "/").drop { $0 == "api" }.map { segment in
            let word = segment.filter { $0 != "{" && $0 != "}" && $0 != "." }
            return word.prefix(1).uppercased() + word.dropFirst()
        }
        return method.lowercased() + words.joined()
    }
}
