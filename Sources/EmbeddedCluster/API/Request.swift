// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer

/// What a URL below `/api` or `/apis` names.
struct Target: Sendable {
    let resource: Resource
    let version: String
    /// Nil for all namespaces; empty for a cluster-wide kind.
    let namespace: String?
    /// Nil for the collection.
    let name: String?
    /// Empty for the object itself.
    let subresource: String

    var key: ObjectKey { ObjectKey(namespace: namespace ?? "", name: name ?? "") }
    var groupVersion: String { resource.groupVersion(version) }
    var schema: Schema { resource.schema(in: version) }

    /// Nil when no such kind is served.
    ///
    /// - Parameter path: Decoded segments, `apis`, `apps`, `v1`, `namespaces`, `shop`, `deployments`, `cart`, `scale`.
    init?(path: [String], _ registry: Registry) {
        let isCore = path.first == "api"
        var rest = path.dropFirst(isCore ? 1 : 2)
        let group = isCore ? "" : path.dropFirst().first ?? ""
        guard let version = rest.popFirst() else { return nil }
        var namespace: String?
        if rest.first == "namespaces", rest.count >= 3, let name = rest.dropFirst().first {
            let third = rest.dropFirst(2).first ?? ""
            // `/namespaces/shop/status` is the namespace's own subresource.
            if !(isCore && rest.count == 3 && ["status", "finalize"].contains(third)) {
                namespace = name
                rest = rest.dropFirst(2)
            }
        }
        guard let plural = rest.popFirst(), let resource = registry[ResourceID(group: group, plural: plural)],
            resource.versions.contains(where: { $0.name == version }), rest.count <= 2
        else { return nil }
        self.resource = resource
        self.version = version
        name = rest.popFirst()
        subresource = rest.popFirst() ?? ""
        if resource.isNamespaced {
            guard namespace != nil || name == nil else { return nil }
            self.namespace = namespace
        } else {
            guard namespace == nil else { return nil }
            self.namespace = ""
        }
    }
}

/// Percent-decoded parts of a request's target.
enum URLText {
    /// Segments between slashes, decoded; nil for a bad escape.
    static func path(_ raw: String) -> [String]? {
        var segments: [String] = []
        for part in raw.split(separator: "/", omittingEmptySubsequences: true) {
            guard let segment = decode(part, plusIsSpace: false) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    static func query(_ raw: String) -> [String: String] {
        var query: [String: String] = [:]
        for pair in raw.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first.flatMap({ decode($0, plusIsSpace: true) }) else { continue }
            query[name] = parts.count == 2 ? decode(parts[1], plusIsSpace: true) ?? "" : ""
        }
        return query
    }

    private static func decode(_ text: Substring, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte == UInt8(ascii: "+") && plusIsSpace ? UInt8(ascii: " ") : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// In which form an answer is wanted.
enum Form: Sendable, Hashable {
    case whole
    case metadata
    case table

    /// From `Accept`; nil when nothing in it can be served.
    init?(accept: String?) {
        guard let accept, !accept.isEmpty else {
            self = .whole
            return
        }
        for option in accept.split(separator: ",") {
            let parts = option.split(separator: ";").map(\.trimmed)
            guard let type = parts.first, ["application/json", "*/*", "application/*"].contains(type) else { continue }
            switch parts.first(where: { $0.hasPrefix("as=") })?.dropFirst(3) {
            case nil: self = .whole
            case "Table": self = .table
            case "PartialObjectMetadata", "PartialObjectMetadataList": self = .metadata
            default: continue
            }
            return
        }
        return nil
    }
}
