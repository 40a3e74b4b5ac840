// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Platform

/// OpenAPI documents on disk: one folder for each version of a server, in it one file for each group and version, named
/// after the hash that the server gives its content. Safe to delete.
struct SchemaCache {
    /// `~/.cache/kubernaut/openapi`.
    let folder: String

    /// - Returns: Nil when the process has no place for caches.
    init?(_ console: Console) {
        guard let base = console.variable("XDG_CACHE_HOME") ?? console.variable("HOME").map({ "\($0)/.cache" }) else {
            return nil
        }
        folder = "\(base)/kubernaut/openapi"
    }

    private static let list = "served.json"

    /// The file of a document; nil when its name could lead out of the folder.
    private func file(_ groupVersion: String, _ hash: String?, of version: String) -> String? {
        let parts = [version] + groupVersion.split(separator: "/").map(String.init)
        let isPlain = parts.allSatisfy { part in
            !part.hasPrefix(".") && !part.isEmpty
                && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
        }
        guard isPlain else { return nil }
        let name = groupVersion.replacing("/", with: "_")
        return "\(folder)/\(version)/\(name)\(hash.map { "@\($0.prefix(32))" } ?? "").json"
    }

    func document(_ groupVersion: String, hash: String, of version: String) -> Value? {
        file(groupVersion, hash, of: version).flatMap(Self.read)
    }

    /// Keeps a document, and forgets what the group and version had before.
    func keep(_ bytes: [UInt8], _ groupVersion: String, hash: String?, of version: String) throws(FileError) {
        guard let file = file(groupVersion, hash, of: version) else { return }
        try Files.makeFolder("\(folder)/\(version)")
        for old in try files(of: groupVersion, of: version) where old != file { try Files.remove(old) }
        try Files.write(bytes, to: file)
    }

    /// Keeps what the server serves, so that kinds it does not have can be told from kinds that were never asked for.
    func keep(served: Set<String>, of version: String) throws(FileError) {
        let list: Value = ["groupVersions": .list(served.sorted().map { .string($0) })]
        try Files.makeFolder("\(folder)/\(version)")
        try Files.write(list.prettyJSON(), to: "\(folder)/\(version)/\(Self.list)")
    }

    private func files(of groupVersion: String, of version: String) throws(FileError) -> [String] {
        let name = groupVersion.replacing("/", with: "_")
        return try Files.list("\(folder)/\(version)")
            .filter { $0 == "\(name).json" || $0.hasPrefix("\(name)@") && $0.hasSuffix(".json") }
            .map { "\(folder)/\(version)/\($0)" }
    }

    // MARK: Without a server

    /// The newest version that was seen and is what `wanted` names; nil when there is none.
    func newest(_ wanted: KubernetesVersion) -> String? {
        // Nothing was ever kept where there is no folder.
        let versions = (try? Files.list(folder)) ?? []
        return versions.compactMap { text in KubernetesVersion(text).map { (text, $0) } }
            .filter { wanted.includes($0.1) }.max { $0.1 < $1.1 }?.0
    }

    func document(_ groupVersion: String, of version: String) -> Value? {
        // What cannot be listed is not there: the caller says which kinds are unknown.
        let files = try? files(of: groupVersion, of: version)
        return files?.first.flatMap(Self.read)
    }

    func served(of version: String) -> Set<String>? {
        let list = Self.read("\(folder)/\(version)/\(Self.list)")
        return (list?["groupVersions"]?.list).map { Set($0.compactMap(\.string)) }
    }

    /// Nil for a file that is not there, or that is damaged: it is asked for again.
    static func read(_ path: String) -> Value? {
        guard let bytes = try? Files.read(path) else { return nil }
        return try? parseJSON(bytes)
    }
}
