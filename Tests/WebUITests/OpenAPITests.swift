// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import HTTPServer
import JSON
import TestKit
import Testing

@testable import WebUI

@Suite("The description of REST", .timeLimit(.minutes(1)))
struct OpenAPITests {
    @Test("names every operation once, and no schema that is not there")
    func consistent() {
        let ids = Endpoint.all.map(\.operationID)
        #expect(Set(ids).count == ids.count)
        let operations = Endpoint.all.map { "\($0.method) \($0.path)" }
        #expect(Set(operations).count == operations.count)
        let named = Set(Endpoint.all.flatMap { $0.body.map(\.schema) + $0.answers.compactMap(\.schema) })
        let known = Set(Schemas.all.keys)
        #expect(named.subtracting(known).isEmpty)
        let document = OpenAPI.document(version: "1")
        let references = Self.references(in: document)
        for reference in references {
            let steps = reference.split(separator: "/").dropFirst()
            #expect(steps.reduce(Optional(document)) { $0?[String($1)] } != nil, "\(reference)")
        }
        #expect(known.subtracting(references.compactMap { $0.split(separator: "/").last.map(String.init) }) == [])
    }

    private static func references(in value: Value) -> Set<String> {
        switch value {
        case .map(let map):
            map.reduce(into: Set()) { found, entry in
                if entry.key == "$ref", let text = entry.value.string { found.insert(text) }
                found.formUnion(references(in: entry.value))
            }
        case .list(let list): list.reduce(into: Set()) { $0.formUnion(references(in: $1)) }
        default: []
        }
    }

    @Test("leads every template to its own operation, and to no other")
    func routes() throws {
        let samples = [
            "environment": "dev", "service": "cart",
            "id": "staging~cart~\(String(repeating: "a", count: 40))",
        ]
        for endpoint in Endpoint.all {
            var path = endpoint.path
            for name in endpoint.pathParameters {
                path = path.replacingOccurrences(of: "{\(name)}", with: try #require(samples[name]))
            }
            if path.contains("promotions/") || path.contains("rollbacks/") {
                path = path.replacingOccurrences(of: "staging~cart~", with: "")
            }
            let route = Route(rawPath: path, method: endpoint.method)
            guard case .api(let found)? = route, case .otherMethod = found else {
                #expect(route != nil, "\(path)")
                continue
            }
            Issue.record("\(endpoint.method) \(path) is not answered")
        }
    }

    @Test("is served, and says the same as the table")
    func served() async throws {
        let client = Client(try await RestWorld().pages)
        let document = await client.get("/api/v1/openapi.json")
        #expect(document.status == 200 && document.json["openapi"] == "3.1.0")
        #expect(document.json[at: "paths", "/api/v1/environments/{environment}/sync", "post"] != nil)
        if let file = ProcessInfo.processInfo.environment["KUBERNAUT_OPENAPI"] {
            try document.text.write(toFile: file, atomically: true, encoding: .utf8)
        }
    }

    @Test("describes bodies as they are")
    func bodies() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        let made = await client.post(
            "/api/v1/releases", ["service": "cart", "version": "1.1.0", "image": "registry.example.com/cart:1.1.0"])
        Self.check(made, "Recorded")
        let promotion = await client.post("/api/v1/promotions", ["from": "dev", "to": "staging", "all": true])
        Self.check(promotion, "PromotionPreview")
        let rollback = await client.post(
            "/api/v1/rollbacks", ["service": "cart", "environment": "dev", "reason": "x", "dryRun": true])
        Self.check(rollback, "RollbackPreview")
        Self.check(
            await client.post("/api/v1/rollbacks", ["service": "cart", "environment": "dev", "reason": "x"]),
            "RollbackPreview")
        Self.check(
            await client.post("/api/v1/holds", ["service": "mail", "environment": "dev", "reason": "x"]), "HoldResult")
        Self.check(
            await client.post("/api/v1/holds", ["environment": "mars", "service": "mail", "reason": "x"]), "Problem")
        let deployed = await client.post("/api/deployments", ["context": "dev", "service": "mail", "version": "1.0.0"])
        Self.check(deployed, "Identified")
        try await world.look()
        let release = made.json["id"]?.string ?? ""
        let commit = promotion.json["id"]?.string ?? ""
        let deployment = await client.get("/api/deployments").json["items"]?.list?.first?["id"]?.string ?? ""
        let targets = [
            "/api/v1/openapi.json": "Document", "/api/v1/keys": "Keys", "/api/v1/audit": "Audit",
            "/api/v1/me/can?action=view&env=dev": "Can", "/api/v1/status": "Status", "/api/v1/me": "Me",
            "/api/v1/environments": "Environments", "/api/v1/environments/dev": "Environment",
            "/api/v1/environments/dev/objects": "Objects", "/api/v1/environments/dev/prune": "HeldList",
            "/api/v1/environments/dev/adopt": "HeldList",
            "/api/v1/services": "Services", "/api/v1/services/cart": "Service",
            "/api/v1/environments/dev/services/cart/manifest": "Manifest",
            "/api/v1/environments/dev/services/cart/values": "Values",
            "/api/v1/diff?service=cart&a=env:dev&b=env:staging": "Diff", "/api/v1/passes": "Passes",
            "/api/v1/passes/\(Fixture.passes[0].id)": "Pass", "/api/v1/releases": "Releases",
            "/api/v1/releases/\(release)": "Release", "/api/v1/promotions": "Actions",
            "/api/v1/promotions/\(commit)": "Action", "/api/v1/rollbacks": "Actions", "/api/v1/holds": "Holds",
            "/api/releases": "SeedReleases", "/api/releases/\(release)": "SeedRelease",
            "/api/deployments": "Deployments", "/api/deployments/\(deployment)": "Deployment",
            "/api/deployments/\(deployment)/status": "DeploymentStatus", "/api/releases/none": "Message",
            "/api/v1/releases/none": "Problem",
        ]
        for (target, schema) in targets { Self.check(await client.get(target), schema, target) }
        let described = Set(Endpoint.all.filter { $0.method == "GET" }.flatMap { $0.answers.compactMap(\.schema) })
        #expect(described.subtracting(targets.values) == [], "no answer of these was looked at")
    }

    private static func check(_ response: HTTPResponse, _ schema: String, _ target: String = "") {
        let problems = problems(response.json, Schemas.ref(schema), "")
        #expect(problems == [], "\(target) \(schema) \(response.status)")
    }

    /// The part of JSON Schema that the description uses.
    private static func problems(_ value: Value, _ schema: Value, _ path: String) -> [String] {
        if let reference = schema["$ref"]?.string, let name = reference.split(separator: "/").last {
            return problems(value, Schemas.all[String(name)] ?? .null, path)
        }
        if let choices = schema["anyOf"]?.list {
            return choices.contains { problems(value, $0, path).isEmpty } ? [] : ["\(path): fits no choice: \(value)"]
        }
        let types = schema["type"]?.string.map { [$0] } ?? schema["type"]?.list?.compactMap(\.string) ?? []
        guard types.isEmpty || types.contains(type(of: value)) else {
            return ["\(path): \(type(of: value)) is no \(types)"]
        }
        if let words = schema["enum"]?.list, !words.contains(value) { return ["\(path): \(value) is none of \(words)"] }
        var found: [String] = []
        if let map = value.map {
            for key in schema["required"]?.list?.compactMap(\.string) ?? [] where map[key] == nil {
                found.append("\(path): \(key) is missing")
            }
            for entry in schema["properties"]?.map ?? Map() {
                if let part = map[entry.key] { found += problems(part, entry.value, "\(path).\(entry.key)") }
            }
        }
        if let list = value.list, let item = schema["items"] {
            for (index, part) in list.enumerated() { found += problems(part, item, "\(path)[\(index)]") }
        }
        return found
    }

    private static func type(of value: Value) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .decimal: "number"
        case .string: "string"
        case .list: "array"
        case .map: "object"
        }
    }
}

extension OpenAPITests {
    /// `| GET | /api/v1/status | everything … |`
    private static var rows: [String] {
        Endpoint.all.map { "| \($0.method) | `\($0.path)` | \($0.summary) |" }
    }

    @Test("is told to people in the same words")
    func reference() throws {
        let text = try String(contentsOfFile: "\(BuiltBinary.packageRoot)/docs/reference/rest.md", encoding: .utf8)
        let told = text.split(separator: "\n").filter { $0.contains("| `/api/") }.map(String.init)
        #expect(told == Self.rows, "write these into docs/reference/rest.md:\n\(Self.rows.joined(separator: "\n"))")
    }
}
