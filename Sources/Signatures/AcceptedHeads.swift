// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Platform

/// Where each branch stood when it was followed last: a small file in the state folder, replaced as a whole.
struct AcceptedHeads {
    private let path: String
    private var heads: [String: CommitID] = [:]

    /// - Throws: `FileError`, `JSONError`: what is there and cannot be read must not look like a first start.
    init(readingFrom path: String) throws {
        self.path = path
        guard Files.exists(path) else { return }
        guard let members = try parseJSON(try Files.read(path, limit: 1 << 20))["accepted"]?.map else {
            throw FileError(operation: "reading \(path): it names no accepted heads", number: 22)
        }
        for member in members { heads[member.key] = member.value.string.flatMap { CommitID($0) } }
    }

    subscript(branch: String) -> CommitID? { heads[branch] }

    /// - Throws: `FileError`; then nothing has changed.
    mutating func set(_ head: CommitID, of branch: String) throws {
        guard heads[branch] != head else { return }
        var changed = heads
        changed[branch] = head
        let entries = changed.sorted { $0.key < $1.key }.map { Map.Entry(key: $0.key, value: .string($0.value.hex)) }
        let value: Value = ["accepted": .map(Map(entries))]
        try Files.write(value.prettyJSON(), to: path, mode: 0o600)
        heads = changed
    }
}
