// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

// New objects, made in the object database alone: no work tree, no index.

extension GitRepository {
    func storeBlob(_ bytes: [UInt8]) throws(GitError) -> git_oid {
        var id = git_oid()
        try check(git_blob_create_from_buffer(&id, handle, bytes, bytes.count), "storing a file")
        return id
    }

    /// One file of a tree before it is changed: where, and what it becomes; nil removes it.
    struct Edit {
        let parts: ArraySlice<String>
        let blob: git_oid?
    }

    /// The tree with the edits made; `base` itself when they change nothing.
    ///
    /// - Parameter base: Nil for no files.
    /// - Throws: `.refused` for an edit below a file or link, or in place of a folder.
    func tree(_ base: git_oid?, changing edits: [Edit]) throws(GitError) -> git_oid {
        if let tree = try rebuilt(base, edits, "") { return tree }
        let empty = try TreeBuilder(self, nil)
        return try empty.write()
    }

    /// Nil when no file is left.
    private func rebuilt(_ base: git_oid?, _ edits: [Edit], _ place: String) throws(GitError) -> git_oid? {
        let builder = try TreeBuilder(self, base)
        var isChanged = false
        for (name, group) in Dictionary(grouping: edits, by: { $0.parts.first ?? "" }).sorted(by: { $0.key < $1.key }) {
            let path = place.isEmpty ? name : "\(place)/\(name)"
            let present = builder.entry(name)
            let isFolder = present?.kind == .folder
            let below = group.map { Edit(parts: $0.parts.dropFirst(), blob: $0.blob) }
            let new: git_oid?
            if below.contains(where: { $0.parts.isEmpty }) {
                guard below.count == 1 else { throw Self.refusal("\(path) cannot be both a file and a folder") }
                new = below[0].blob
                if isFolder {
                    if new == nil { continue }
                    throw Self.refusal("\(path) is a folder, so no file can take its place")
                }
                if let present, new != nil, present.kind != .file {
                    throw Self.refusal("\(path) is a \(present.kind), so no file can take its place")
                }
            } else {
                if present != nil, !isFolder {
                    if below.allSatisfy({ $0.blob == nil }) { continue }
                    throw Self.refusal("\(path) is no folder, so no file can lie below it")
                }
                new = try rebuilt(present?.id, below, path)
                if let new, let present, new.isEqual(to: present.id) { continue }
                if let new {
                    try builder.insert(name, new, GIT_FILEMODE_TREE)
                    isChanged = true
                    continue
                }
            }
            if let new {
                if let present, new.isEqual(to: present.id) { continue }
                try builder.insert(name, new, builder.fileMode(name))
            } else if present != nil {
                try builder.remove(name)
            } else {
                continue
            }
            isChanged = true
        }
        if !isChanged, let base { return base }
        return builder.isEmpty ? nil : try builder.write()
    }

    private static func refusal(_ detail: String) -> GitError {
        GitError(code: .refused, operation: "changing files", detail: detail)
    }

    // MARK: Commits

    /// The bytes of a commit as they are signed and hashed.
    ///
    /// - Throws: `.refused` for a name, address or trailer that git cannot hold; `.notFound` when the tree or a parent
    ///   is not here.
    func commitBytes(_ draft: CommitDraft) throws(GitError) -> [UInt8] {
        let operation = "making a commit"
        let text = try CommitText.message(of: draft)
        let author = try Signature(draft.author, draft.date)
        let committer = try Signature(draft.committer, draft.date)
        let tree = try object(git_oid(draft.tree), GIT_OBJECT_TREE, operation)
        var parents: [OpaquePointer?] = []
        defer { for parent in parents { git_object_free(parent) } }
        for id in draft.parents {
            var (raw, oid): (OpaquePointer?, git_oid) = (nil, git_oid(id))
            try check(git_object_lookup(&raw, handle, &oid, GIT_OBJECT_COMMIT), operation)
            parents.append(raw)
        }
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        try check(
            git_commit_create_buffer(
                &buffer, handle, author.handle, committer.handle, nil, text, tree.handle, parents.count, &parents),
            operation)
        return Array(UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size))
    }

    /// - Parameter signature: Armoured; nil for a commit without one.
    func storeCommit(_ bytes: [UInt8], signature: String?) throws(GitError) -> CommitID {
        var id = git_oid()
        let text = String(decoding: bytes, as: UTF8.self)
        let operation = "storing a commit"
        if let signature {
            try check(git_commit_create_with_signature(&id, handle, text, signature, "gpgsig"), operation)
        } else {
            try check(git_commit_create_with_signature(&id, handle, text, nil, nil), operation)
        }
        guard let commit = CommitID(id.hex) else { preconditionFailure("an object id is not 40 hexadecimal digits") }
        return commit
    }
}

/// A `git_treebuilder *`, freed with its owner.
private struct TreeBuilder: ~Copyable {
    private let handle: OpaquePointer

    init(_ repository: GitRepository, _ base: git_oid?) throws(GitError) {
        var raw: OpaquePointer?
        if let base {
            let tree = try repository.storedObject(base, GIT_OBJECT_TREE, "changing a folder")
            try check(git_treebuilder_new(&raw, repository.handle, tree.handle), "changing a folder")
        } else {
            try check(git_treebuilder_new(&raw, repository.handle, nil), "making a folder")
        }
        guard let raw else { preconditionFailure("git_treebuilder_new: success without a builder") }
        handle = raw
    }

    deinit { git_treebuilder_free(handle) }

    var isEmpty: Bool { git_treebuilder_entrycount(handle) == 0 }

    func entry(_ name: String) -> TreeEntry? { git_treebuilder_get(handle, name).map { TreeEntry($0) } }

    /// What a file of that name is now, executable or not; a new one is not.
    func fileMode(_ name: String) -> git_filemode_t {
        guard let entry = git_treebuilder_get(handle, name) else { return GIT_FILEMODE_BLOB }
        return git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB_EXECUTABLE
            ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB
    }

    func insert(_ name: String, _ id: git_oid, _ mode: git_filemode_t) throws(GitError) {
        var id = id
        try check(git_treebuilder_insert(nil, handle, name, &id, mode), "writing \(name)")
    }

    func remove(_ name: String) throws(GitError) {
        try check(git_treebuilder_remove(handle, name), "removing \(name)")
    }

    func write() throws(GitError) -> git_oid {
        var id = git_oid()
        try check(git_treebuilder_write(&id, handle), "writing a folder")
        return id
    }
}

/// A `git_signature *`, freed with its owner.
private struct Signature: ~Copyable {
    let handle: UnsafeMutablePointer<git_signature>

    init(_ identity: CommitIdentity, _ date: Instant) throws(GitError) {
        let operation = "making a commit by \(CommitText.shown(identity.name))"
        // libgit2 lets a line break pass, and it would begin a new line of the commit's head.
        guard CommitText.isOneLine(identity.name), CommitText.isOneLine(identity.email) else {
            throw GitError(
                code: .refused, operation: operation,
                detail: "the name or the address holds a line break or another control character")
        }
        var raw: UnsafeMutablePointer<git_signature>?
        guard git_signature_new(&raw, identity.name, identity.email, date.milliseconds / 1000, 0) == 0, let raw else {
            throw GitError(
                code: .refused, operation: operation,
                detail: "name and address must not be empty, nor hold angle brackets")
        }
        handle = raw
    }

    deinit { git_signature_free(handle) }
}

/// The text of a commit. Pure.
enum CommitText {
    /// Message, empty line, trailers.
    ///
    /// - Throws: `.refused` for a message without a word, a NUL, or a trailer that would be read as something else.
    static func message(of draft: CommitDraft) throws(GitError) -> String {
        var text = draft.message
        while text.last?.isWhitespace == true { text.removeLast() }
        guard !text.isEmpty, !text.utf8.contains(0) else { throw refusal("the message is empty or holds a NUL") }
        guard !draft.trailers.isEmpty else { return text + "\n" }
        text += "\n\n"
        for trailer in draft.trailers {
            let isKey =
                !trailer.key.isEmpty
                && trailer.key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            guard isKey, isOneLine(trailer.value) else {
                throw refusal(
                    "the trailer \(shown(trailer.key)) needs letters, digits and dashes, and a value of one line")
            }
            text += "\(trailer.key): \(trailer.value)\n"
        }
        return text
    }

    static func isOneLine(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
    }

    static func shown(_ text: String) -> String { PacketText.shown(text) }

    private static func refusal(_ detail: String) -> GitError {
        GitError(code: .refused, operation: "making a commit", detail: detail)
    }
}
