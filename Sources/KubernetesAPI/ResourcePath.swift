// SPDX-License-Identifier: Apache-2.0

import Domain

/// The path and query of one call, percent-encoded. Pure.
struct ResourcePath {
    private(set) var text: String
    private var hasQuery = false

    init(_ text: String) { self.text = text }

    /// The collection of a kind, or one object in it.
    ///
    /// - Returns: Nil when a name cannot be part of a path, or the kind needs a namespace that is not given.
    init?(_ resource: APIResource, namespace: String?, name: String? = nil) {
        let kind = resource.kind
        var path = kind.group.isEmpty ? "/api" : "/apis/\(percentEncoded(kind.group))"
        path += "/\(percentEncoded(kind.version))"
        if resource.isNamespaced, let namespace {
            guard Self.isSegment(namespace) else { return nil }
            path += "/namespaces/\(percentEncoded(namespace))"
        } else if resource.isNamespaced, name != nil {
            return nil
        }
        path += "/\(percentEncoded(resource.plural))"
        if let name {
            guard Self.isSegment(name) else { return nil }
            path += "/\(percentEncoded(name))"
        }
        text = path
    }

    /// As `ValidatePathSegmentName` of Kubernetes' API machinery decides.
    private static func isSegment(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == 0x2F || $0 == 0x25 }
    }

    func adding(_ name: String, _ value: String) -> ResourcePath {
        var path = self
        path.text += "\(hasQuery ? "&" : "?")\(name)=\(percentEncoded(value))"
        path.hasQuery = true
        return path
    }

    func adding(_ name: String, _ value: String, if condition: Bool) -> ResourcePath {
        condition ? adding(name, value) : self
    }
}
