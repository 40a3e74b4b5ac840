// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import KubernetesAPI
import Platform
import Render

/// What manifests are compared with, and where that came from.
enum SchemaBasis {
    /// Documents, and where they are from in one sentence. What they do not describe `cluster` can be asked about; nil
    /// for documents of a cluster that is not at hand.
    case schemas(KubernetesSchemas, origin: String, cluster: KubernetesCluster?)
    /// The server describes nothing, but can be asked about each object.
    case dryRun(KubernetesCluster, origin: String)

    var origin: String {
        switch self {
        case .schemas(_, let origin, _), .dryRun(_, let origin): origin
        }
    }
}

/// Finds the schemas that `--kubernetes-version` and `--schema-dir` mean: a folder when one is named; else the cluster;
/// else what a cluster of that version said earlier.
struct SchemaSource {
    private let invocation: Invocation
    /// The groups and versions that are needed, such as `apps/v1`.
    private let needed: Set<String>
    /// Nil for whatever version the cluster has.
    private let wanted: KubernetesVersion?
    private let cache: SchemaCache?

    /// - Returns: Nil when nobody asked for schemas.
    init?(_ invocation: Invocation, needed: Set<String>) throws(CommandError) {
        let version = invocation.text("kubernetes-version")
        guard version != nil || invocation.text("schema-dir") != nil else { return nil }
        self.invocation = invocation
        self.needed = needed
        if let version, version != "cluster" {
            guard let parsed = KubernetesVersion(version) else {
                throw CommandError(
                    .usage, "--kubernetes-version cannot be \"\(version)\"",
                    hint: "say 1.33, or 1.33.4, or cluster for whatever the cluster has")
            }
            wanted = parsed
        } else {
            wanted = nil
        }
        cache = SchemaCache(invocation.console)
    }

    func find() async throws -> SchemaBasis {
        if let folder = invocation.text("schema-dir") { return try fromFolder(invocation.console.path(folder)) }
        let problem: String
        do {
            return try await fromCluster()
        } catch let error as NoSchemas {
            problem = error.reason
        }
        if let wanted, let cache, let version = cache.newest(wanted) {
            return fromCache(cache, version, because: problem)
        }
        let name = wanted.map { "Kubernetes \($0)" } ?? "the cluster"
        throw CommandError(
            .unavailable, "the schemas of \(name) are not at hand: \(problem)",
            hint: "reach a cluster of that version once, or name a folder with OpenAPI v3 documents: --schema-dir"
                + (wanted == nil ? "" : "; --kubernetes-version cluster takes the one that can be reached as it is"))
    }

    /// Why the cluster cannot be used, as a part of a sentence.
    private struct NoSchemas: Error {
        let reason: String
    }

    // MARK: From a cluster

    private func fromCluster() async throws -> SchemaBasis {
        let cluster: KubernetesCluster
        do {
            cluster = try connect(invocation)
        } catch let error as CommandError {
            // A kubeconfig that was named must be usable; one that was only looked for need not be there.
            if invocation.text("kubeconfig") != nil || invocation.text("context") != nil { throw error }
            throw NoSchemas(reason: error.message)
        }
        do {
            let version = try await cluster.serverVersion()
            if let wanted, let actual = KubernetesVersion(version), !wanted.includes(actual) {
                throw NoSchemas(reason: "the cluster that can be reached is \(version)")
            }
            return try await documents(of: cluster, version)
        } catch let error as ClusterError {
            if error.code == .cancelled { throw error }
            throw NoSchemas(reason: "\(error)")
        }
    }

    private func documents(of cluster: KubernetesCluster, _ version: String) async throws -> SchemaBasis {
        let places: [String: OpenAPIDocumentPlace]
        do throws(ClusterError) {
            places = try await cluster.openAPIDocuments()
        } catch {
            guard error.code == .unknownKind || error.code == .notFound || error.code == .forbidden else { throw error }
            return .dryRun(cluster, origin: "a dry run by the cluster (\(version)), which describes no schemas")
        }
        var schemas = KubernetesSchemas()
        schemas.served = Set(places.keys)
        var readCount = 0
        var keptCount = 0
        for groupVersion in needed.sorted() {
            guard let place = places[groupVersion] else { continue }
            if let hash = place.hash, let known = cache?.document(groupVersion, hash: hash, of: version) {
                schemas.add(known, for: groupVersion)
                keptCount += 1
                continue
            }
            let bytes = try await cluster.openAPIDocument(at: place)
            schemas.add(try document(bytes, groupVersion), for: groupVersion)
            readCount += 1
            keep { cache throws(FileError) in
                try cache.keep(bytes, groupVersion, hash: place.hash, of: version)
            }
        }
        let served = Set(places.keys)
        keep { cache throws(FileError) in try cache.keep(served: served, of: version) }
        let origin =
            "the cluster (\(version)): \(counted(readCount, "document")) read, \(keptCount) unchanged in the cache"
        return .schemas(schemas, origin: origin, cluster: cluster)
    }

    /// A cache that cannot be written costs time, nothing else.
    private func keep(_ write: (SchemaCache) throws(FileError) -> Void) {
        guard let cache else { return }
        do throws(FileError) {
            try write(cache)
        } catch {
            invocation.console.note("warning: schemas are not kept: \(error)")
        }
    }

    private func document(_ bytes: [UInt8], _ name: String) throws(CommandError) -> Value {
        do throws(JSONError) {
            return try parseJSON(bytes)
        } catch {
            throw CommandError(.failed, "the schemas of \(name) are no JSON: \(error)")
        }
    }

    // MARK: From the disk

    private func fromCache(_ cache: SchemaCache, _ version: String, because problem: String) -> SchemaBasis {
        var schemas = KubernetesSchemas()
        schemas.served = cache.served(of: version)
        for groupVersion in needed {
            if let document = cache.document(groupVersion, of: version) { schemas.add(document, for: groupVersion) }
        }
        return .schemas(schemas, origin: "the cache (\(cache.folder)/\(version)), since \(problem)", cluster: nil)
    }

    /// Documents as a cluster serves them, or as Kubernetes' source has them in `api/openapi-spec/v3`, under any name.
    private func fromFolder(_ folder: String) throws -> SchemaBasis {
        guard Files.isFolder(folder) else { throw CommandError(.notFound, "there is no folder \(folder)") }
        let named = ["v", ""].compactMap { prefix in wanted.map { "\(folder)/\(prefix)\($0)" } }
        let place = named.first(where: Files.isFolder) ?? folder
        var schemas = KubernetesSchemas()
        var count = 0
        for name in try Files.list(place).sorted() where name.hasSuffix(".json") {
            let document = try document(try Files.read("\(place)/\(name)"), "\(place)/\(name)")
            guard document[at: "components", "schemas"] != nil else { continue }
            try checkVersion(document, "\(place)/\(name)")
            if schemas.add(document) { count += 1 }
        }
        guard count > 0 else {
            throw CommandError(
                .notFound, "\(place) holds no OpenAPI v3 document",
                hint: "keep there what `kubectl get --raw /openapi/v3/apis/apps/v1` prints, as a .json file")
        }
        return .schemas(schemas, origin: "\(place): \(counted(count, "group version"))", cluster: nil)
    }

    private func checkVersion(_ document: Value, _ file: String) throws(CommandError) {
        guard let wanted, let text = document[at: "info", "version"]?.string, let actual = KubernetesVersion(text),
            (actual.major, actual.minor) != (wanted.major, wanted.minor)
        else { return }
        throw CommandError(.failed, "\(file) is of Kubernetes \(actual), not \(wanted)")
    }
}
