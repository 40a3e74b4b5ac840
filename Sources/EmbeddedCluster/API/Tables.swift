// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

/// One column of `kubectl get`.
struct Column: Sendable {
    let name: String
    var type = "string"
    var format = ""
    /// 1 is shown with `-o wide` only.
    var priority: Int64 = 0
    let cell: @Sendable (Value, Instant) -> Value

    init(_ name: String, type: String = "string", wide: Bool = false, _ cell: @escaping @Sendable (Value) -> Value?) {
        self.name = name
        self.type = type
        priority = wide ? 1 : 0
        self.cell = { object, _ in cell(object) ?? "<none>" }
    }

    private init(name: String, format: String = "", cell: @escaping @Sendable (Value, Instant) -> Value) {
        self.name = name
        self.format = format
        self.cell = cell
    }

    /// The member at a path, else `<none>`, or 0 for a number.
    static func field(_ name: String, _ path: String, type: String = "string", wide: Bool = false) -> Column {
        let keys = path.split(separator: ".").map(String.init)
        return Column(name, type: type, wide: wide) { $0[keys] ?? (type == "integer" ? 0 : "<none>") }
    }

    static let objectName = Column(name: "Name", format: "name") { object, _ in .string(object.name) }
    /// The time since the moment at a path.
    static func age(_ name: String, _ path: String) -> Column {
        let keys = path.split(separator: ".").map(String.init)
        return Column(name: name) { object, now in .string(age(object[keys]?.string, now)) }
    }

    static let age = Column(name: "Age") { object, now in
        .string(Self.age(object[at: "metadata", "creationTimestamp"]?.string, now))
    }

    /// As kubectl shows a duration: two units at most.
    static func age(_ timestamp: String?, _ now: Instant) -> String {
        guard let start = timestamp.flatMap({ Domain.Instant($0) }) else { return "<unknown>" }
        let seconds = max(0, (now.milliseconds - start.milliseconds) / 1000)
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<600: return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds / 60)m\(seconds % 60)s"
        case ..<10_800: return "\(seconds / 60)m"
        case ..<28_800:
            return seconds / 60 % 60 == 0 ? "\(seconds / 3600)h" : "\(seconds / 3600)h\(seconds / 60 % 60)m"
        case ..<172_800: return "\(seconds / 3600)h"
        case ..<691_200:
            return seconds / 3600 % 24 == 0 ? "\(seconds / 86_400)d" : "\(seconds / 86_400)d\(seconds / 3600 % 24)h"
        case ..<63_072_000: return "\(seconds / 86_400)d"
        default: return "\(seconds / 31_536_000)y\(seconds / 86_400 % 365)d"
        }
    }

    var definition: Value {
        [
            "name": .string(name), "type": .string(type), "format": .string(format), "description": "",
            "priority": .integer(priority),
        ]
    }
}

extension APIServer {
    /// Objects as rows, the way `kubectl get` asks for them.
    func table(
        _ found: [Value], _ call: Call, revision: Int64?, next: String?, remaining: Int? = nil
    ) -> Value {
        let columns = Self.columns(call.target)
        let include = call.query["includeObject"] ?? "Metadata"
        let time = now()
        let rows: [Value] = found.map { object in
            var row: Value = ["cells": .list(columns.map { $0.cell(object, time) })]
            switch include {
            case "None": break
            case "Object": row["object"] = Conversion.fromStored(object, call.target.resource, to: call.target.version)
            default: row["object"] = Call.partial(object)
            }
            return row
        }
        var metadata: Value = [:]
        if let revision = revision ?? found.first?.revision { metadata["resourceVersion"] = .string(String(revision)) }
        if let next { metadata["continue"] = .string(next) }
        if let remaining { metadata["remainingItemCount"] = .integer(Int64(remaining)) }
        return [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
            "columnDefinitions": .list(columns.map(\.definition)), "rows": .list(rows),
        ]
    }

    private static func columns(_ target: Target) -> [Column] {
        if target.resource.isCustom {
            let extra = target.resource.versions.first { $0.name == target.version }?.columns ?? []
            let named = extra.compactMap(customColumn)
            return [.objectName] + (named.isEmpty ? [.age] : named)
        }
        if target.resource.groupKind == GroupKind("Event") { return TableColumns.events }
        return [.objectName] + (TableColumns.byKind[target.resource.groupKind] ?? []) + [.age]
            + (TableColumns.wideByKind[target.resource.groupKind] ?? [])
    }

    /// A column of a CustomResourceDefinition. Of JSONPath, plain members and `[?(@.type=="Ready")]` are understood.
    private static func customColumn(_ definition: Value) -> Column? {
        guard let name = definition["name"]?.string, let path = definition["jsonPath"]?.string else { return nil }
        let isDate = definition["type"] == "date"
        let isWide = (definition["priority"]?.integer ?? 0) > 0
        let type = isDate ? "date" : definition["type"]?.string ?? "string"
        if path == ".metadata.creationTimestamp" { return .age }
        return Column(name, type: type, wide: isWide) { object in JSONPath.find(path, in: object) ?? .null }
    }
}

/// The little of JSONPath that printer columns use.
enum JSONPath {
    static func find(_ path: String, in object: Value) -> Value? {
        var value = object
        var rest = path[...]
        while let first = rest.first {
            if first == "." {
                rest.removeFirst()
                let key = rest.prefix { $0 != "." && $0 != "[" }
                rest = rest.dropFirst(key.count)
                if key.isEmpty { continue }
                guard let next = value[String(key)] else { return nil }
                value = next
            } else if first == "[", let end = rest.firstIndex(of: "]") {
                let inner = rest[rest.index(after: rest.startIndex)..<end]
                rest = rest[rest.index(after: end)...]
                guard let next = item(inner, of: value) else { return nil }
                value = next
            } else {
                return nil
            }
        }
        return value
    }

    private static func item(_ step: Substring, of value: Value) -> Value? {
        if let index = Int(step) {
            guard let items = value.list, items.indices.contains(index) else { return nil }
            return items[index]
        }
        if let match = step.wholeMatch(of: /\?\(@\.([A-Za-z]+)\s*==\s*["']([^"']*)["']\)/) {
            return value.list?.first { $0[String(match.1)]?.string == String(match.2) }
        }
        return value[step.trimmingQuotes]
    }
}

extension Substring {
    fileprivate var trimmingQuotes: String { String(filter { $0 != "'" && $0 != "\"" }) }
}
