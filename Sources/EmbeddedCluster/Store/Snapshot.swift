// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Lifecycle
import Platform

/// All objects in one file, for a cluster that outlives its process.
struct Snapshot: Sendable {
    let path: String

    /// - Parameter folder: Made when it is missing.
    init(folder: String) throws(FileError) {
        try Files.makeFolder(folder, mode: 0o700)
        path = "\(folder)/objects.json"
    }

    /// - Returns: Nil when there is no file yet.
    /// - Throws: `SnapshotError` for a file that cannot be read; it is left as it is.
    func load(_ registry: Registry) throws(SnapshotError) -> (objects: [(ResourceID, Value)], revision: Int64)? {
        guard Files.exists(path) else { return nil }
        let document: Value
        do { document = try parseJSON(Files.read(path, limit: 1 << 30)) } catch {
            throw SnapshotError(path: path, detail: "\(error)")
        }
        guard let revision = document["revision"]?.integer, let entries = document["objects"]?.list else {
            throw SnapshotError(path: path, detail: "no \"revision\" and \"objects\"")
        }
        let objects = entries.compactMap { entry -> (ResourceID, Value)? in
            guard let group = entry["group"]?.string, let plural = entry["resource"]?.string,
                let object = entry["object"]
            else { return nil }
            return (ResourceID(group: group, plural: plural), object)
        }
        return (objects, revision)
    }

    /// Replaces the file at once or not at all.
    func save(_ objects: [(ResourceID, Value)], revision: Int64) throws(FileError) {
        var output: [UInt8] = Array("{\"revision\":\(revision),\"objects\":[".utf8)
        for (index, (resource, object)) in objects.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            let entry: Value = [
                "group": .string(resource.group), "resource": .string(resource.plural), "object": object,
            ]
            output += entry.json()
            output.append(UInt8(ascii: "\n"))
        }
        output += "]}\n".utf8
        try Files.write(output, to: path, mode: 0o600)
    }
}

/// Writes snapshots on a queue of its own: a disk may be slow.
actor SnapshotWriter {
    private let executor = SerialQueueExecutor(label: "cluster-snapshot")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func save(_ objects: [(ResourceID, Value)], revision: Int64, to snapshot: Snapshot) throws(FileError) {
        try snapshot.save(objects, revision: revision)
    }
}

/// A snapshot that cannot be used.
struct SnapshotError: Error, CustomStringConvertible {
    let path: String
    let detail: String

    var description: String {
        "reading the cluster's objects from \(path) failed: \(detail); move the file away to start with an empty cluster"
    }
}
