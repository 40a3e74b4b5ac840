// SPDX-License-Identifier: Apache-2.0

import Domain
import Health
import JSON
import Lifecycle
import Platform
import YAML

extension Command {
    static let health = Command(
        "health", .look, "say of each object in a file whether it works",
        [
            "Reads objects as a cluster holds them, with their status: YAML with one or more documents, JSON, or a "
                + "List. Asks no cluster.",
            "Answers are healthy, progressing, degraded, suspended, terminating, missing and unknown, each with a "
                + "reason.",
        ],
        flags: [
            Flag("file", short: "f", value: "FILE", "the file to read; - for standard input", values: .file),
            Flag(
                "rules", value: "FILE", "rules to use besides the built-in ones, as in health/ of a config repository",
                repeatable: true, values: .file),
            SharedFlag.output(["text", "json", "yaml", "name"]),
            Flag("check", "end with 1 when an object is not healthy"),
        ],
        examples: [
            Example("kubectl get deploy,pod -o yaml | kubernaut health -f -", "a live namespace"),
            Example("kubernaut health -f objects.yaml -o json", "an array of kind, name, health and reason"),
        ]
    ) { invocation in
        let console = invocation.console
        let file = try invocation.required("file")
        let bytes = file == "-" ? try console.readInput() : try Files.read(console.path(file), limit: 256 << 20)
        let now = wallClock()
        let rules = try healthRules(invocation)
        let judged = try objects(in: bytes, file: file).map { ($0, rules.health(of: $0, now: now)) }
        try console.put(try healthText(judged, invocation))
        let isHealthy = judged.allSatisfy { $0.1.status == .healthy }
        return invocation.isOn("check") && !isHealthy ? .no : .done
    }
}

/// - Throws: `.no` with every problem when a rule cannot be used.
private func healthRules(_ invocation: Invocation) throws -> HealthRules {
    var files: [String: SourceFile] = [:]
    for path in invocation.texts("rules") {
        files[path] = SourceFile(blob: path, bytes: try Files.read(invocation.console.path(path), limit: 1 << 20))
    }
    let (rules, problems) = HealthRules.builtIn.adding(files)
    guard problems.isEmpty else { throw CommandError(.no, problems.map(\.description).joined(separator: "\n")) }
    return rules
}

/// The objects of a stream of documents, those inside `List`s included.
private func objects(in bytes: [UInt8], file: String) throws(CommandError) -> [Value] {
    let name = file == "-" ? "standard input" : file
    let documents: [Value]
    do {
        let limits = FileLimits(bytes: 256 << 20, depth: 100, documents: 100_000, nodes: 50_000_000)
        // JSON is YAML, but the JSON reader is much faster and its errors are clearer.
        let isJSON = bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
        documents = isJSON ? [try parseJSON(bytes)] : try parseYAML(bytes, limits: limits).map(\.value)
    } catch {
        throw CommandError(.failed, "\(name):\(error)", hint: "`kubectl get … -o yaml` writes what is wanted here")
    }
    return documents.filter { !$0.isNull }.flatMap { document in
        let kind = document["kind"]?.string ?? ""
        guard kind.hasSuffix("List"), let items = document["items"]?.list else { return [document] }
        return items.map { item in
            // The items of a typed list carry neither kind nor version: the list does.
            var item = item
            if item["kind"] == nil, kind != "List" { item["kind"] = .string(String(kind.dropLast(4))) }
            if item["apiVersion"] == nil { item["apiVersion"] = document["apiVersion"] }
            return item
        }
    }
}

private func healthText(_ judged: [(Value, ObjectHealth)], _ invocation: Invocation) throws -> String {
    switch invocation.output {
    case "json": String(decoding: answer(judged).prettyJSON(), as: UTF8.self)
    case "yaml": answer(judged).yaml()
    case "name": judged.map { "\(reference($0.0))\n" }.joined()
    default:
        // One line per object and no other: scripts count them.
        Table(
            ["OBJECT", "HEALTH", "REASON"],
            judged.map { [.plain(reference($0.0)), .health($0.1.status), .plain($0.1.reason)] }
        ).text(style: invocation.console.style(.output), columns: invocation.console.columns, showsHeader: false)
    }
}

private func answer(_ judged: [(Value, ObjectHealth)]) -> Value {
    .list(
        judged.map { object, health in
            [
                "kind": object["kind"] ?? .null, "apiVersion": object["apiVersion"] ?? .null,
                "namespace": object.objectNamespace.map(Value.string) ?? .null,
                "name": object.objectName.map(Value.string) ?? .null,
                "health": .string(health.status.rawValue), "reason": .string(health.reason),
            ]
        })
}

/// `Deployment/shop/cart`
private func reference(_ object: Value) -> String {
    [object["kind"]?.string ?? "?", object.objectNamespace, object.objectName ?? "?"].compactMap(\.self)
        .joined(separator: "/")
}
