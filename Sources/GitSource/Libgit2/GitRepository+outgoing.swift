// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain
import Lifecycle

// What goes out with a push.

extension GitRepository {
    /// Moves a branch of the remote. Blocks.
    ///
    /// - Parameter made: The commits made here; all others came from the remote, with everything they need.
    func push(
        _ exchange: PushExchange, to remote: GitRemote, made: Set<CommitID>, flag: CancellationFlag,
        sshSocket: String? = nil
    ) throws(GitError) {
        let conversation = RemoteConversation(
            remote, .receivePack, operation: "pushing \(exchange.branch) to \(remote.url)", folder: path, flag: flag)
        conversation.sshSocket = sshSocket
        guard Self.isValid(Self.branchPrefix + exchange.branch) else {
            throw GitError(
                code: .refused, operation: conversation.operation,
                detail: "\(exchange.branch.debugDescription) cannot be the name of a branch")
        }
        try exchange.run(conversation) { () throws(GitError) in
            try pack(try outgoing(exchange.new, made: made))
        }
    }

    /// Every object that `commit` needs and that did not come from a remote.
    ///
    /// - Parameter made: The commits made here; all others came from the remote, with everything they need.
    func outgoing(_ commit: CommitID, made: Set<CommitID>) throws(GitError) -> [git_oid] {
        var found = OutgoingObjects()
        var waiting = [commit]
        var seen: Set<CommitID> = []
        while let id = waiting.popLast() {
            guard made.contains(id), seen.insert(id).inserted else { continue }
            let object = try storedObject(git_oid(id), GIT_OBJECT_COMMIT, "packing commit \(id.short)")
            found.add(object.id)
            var parents: [git_oid] = []
            for index in 0..<git_commit_parentcount(object.handle) {
                guard let parent = git_commit_parent_id(object.handle, index)?.pointee else { continue }
                let parentObject = try storedObject(parent, GIT_OBJECT_COMMIT, "packing commit \(id.short)")
                parents.append(try tree(of: parentObject).id)
                waiting.append(parentObject.commitID)
            }
            try collect(try tree(of: object).id, parents, into: &found)
        }
        return found.ids
    }

    /// Adds the tree and what is in it, as far as none of the other trees has the same at the same place.
    private func collect(_ tree: git_oid, _ others: [git_oid], into found: inout OutgoingObjects) throws(GitError) {
        if others.contains(where: { $0.isEqual(to: tree) }) { return }
        guard found.add(tree) else { return }
        var known: [[String: TreeEntry]] = []
        for other in others {
            let entries = try entries(of: other, "")
            known.append(
                Dictionary(entries.compactMap { entry in entry.name.map { ($0, entry) } }) { first, _ in first })
        }
        for entry in try entries(of: tree, "") {
            let name = entry.name ?? ""
            let same = known.compactMap { entries in entries[name] }
            if entry.kind == .submodule || same.contains(where: { $0.id.isEqual(to: entry.id) }) { continue }
            if entry.kind == .folder {
                try collect(entry.id, same.filter { $0.kind == .folder }.map(\.id), into: &found)
            } else {
                found.add(entry.id)
            }
        }
    }

    /// A pack of these objects, complete in itself.
    func pack(_ objects: [git_oid]) throws(GitError) -> [UInt8] {
        let operation = "packing \(objects.count) objects"
        var builder: OpaquePointer?
        try check(git_packbuilder_new(&builder, handle), operation)
        defer { git_packbuilder_free(builder) }
        git_packbuilder_set_threads(builder, 1)
        for object in objects {
            var id = object
            try check(git_packbuilder_insert(builder, &id, nil), operation)
        }
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        try check(git_packbuilder_write_buf(&buffer, builder), operation)
        return Array(UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size))
    }
}

private struct OutgoingObjects {
    private(set) var ids: [git_oid] = []
    private var known: Set<String> = []

    /// Whether it was not there yet.
    @discardableResult
    mutating func add(_ id: git_oid) -> Bool {
        guard known.insert(id.hex).inserted else { return false }
        ids.append(id)
        return true
    }
}
