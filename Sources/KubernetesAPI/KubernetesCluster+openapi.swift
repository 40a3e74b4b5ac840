// SPDX-License-Identifier: Apache-2.0

public import Domain
import HTTPClient

extension KubernetesCluster {
    /// Where the descriptions of the cluster's kinds are (`/openapi/v3`, Kubernetes 1.24 and later), by group and
    /// version: `apps/v1`, or `v1`.
    ///
    /// - Throws: `.unknownKind` or `.notFound` when the server has none.
    public func openAPIDocuments() async throws(ClusterError) -> [String: OpenAPIDocumentPlace] {
        let operation = "asking the cluster for its schemas"
        let answer = try await connection.result(of: .init(path: ResourcePath("/openapi/v3"), operation: operation))
        var places: [String: OpenAPIDocumentPlace] = [:]
        for entry in try object(answer, operation)["paths"]?.map ?? Map() {
            let parts = entry.key.split(separator: "/")
            let isCore = parts.count == 2 && parts[0] == "api"
            guard isCore || parts.count == 3 && parts[0] == "apis",
                let url = entry.value["serverRelativeURL"]?.string, url.hasPrefix("/")
            else { continue }
            places[parts.dropFirst().joined(separator: "/")] = OpenAPIDocumentPlace(url: url)
        }
        return places
    }

    /// One of those descriptions: JSON, as the server wrote it.
    public func openAPIDocument(at place: OpenAPIDocumentPlace) async throws(ClusterError) -> [UInt8] {
        let operation = "reading \(place.url.prefix { $0 != "?" }) from the cluster"
        return try await connection.result(of: .init(path: ResourcePath(place.url), operation: operation)).body
    }
}

/// Where one OpenAPI document is, and which content it has now.
public struct OpenAPIDocumentPlace: Sendable, Hashable {
    /// Path and query, as the server gave it.
    let url: String

    /// Names the content: equal hashes mean equal documents. Nil when the server gives none.
    public var hash: String? {
        guard let query = url.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
        for part in query.split(separator: "&") where part.hasPrefix("hash=") {
            let hash = part.dropFirst(5)
            let isPlain = hash.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            }
            return isPlain && !hash.isEmpty ? String(hash) : nil
        }
        return nil
    }
}
