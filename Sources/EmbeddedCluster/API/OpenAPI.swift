// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import JSON

/// `/openapi/v3` and `/openapi/v2`: types without descriptions, enough for kubectl to validate and explain.
enum OpenAPI {
    static func answer(_ path: [String], _ request: HTTPRequest, _ registry: Registry) throws(APIError) -> HTTPResponse
    {
        guard request.method == "GET" else { throw .methodNotAllowed() }
        switch (path.dropFirst().first, path.count) {
        case ("v2", 2): return OpenAPIv2.answer(request, registry)
        case ("v3", 2): return APIServer.json(index(registry))
        case ("v3", _):
            let isCore = path[2] == "api"
            guard path.count == (isCore ? 4 : 5) else { throw .unknownPath() }
            let group = isCore ? "" : path[3]
            let version = path[isCore ? 3 : 4]
            let resources = registry.resources(group: group, version: version)
            guard !resources.isEmpty else { throw .unknownPath() }
            return APIServer.json(OpenAPIv3.document(resources, group: group, version: version))
        default: throw .unknownPath()
        }
    }

    private static func index(_ registry: Registry) -> Value {
        var paths: Value = [:]
        for group in registry.groups {
            for version in group.versions {
                let path = group.name.isEmpty ? "api/\(version)" : "apis/\(group.name)/\(version)"
                paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)")]
            }
        }
        return ["paths": paths]
    }
}
