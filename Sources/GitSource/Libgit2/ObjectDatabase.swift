// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain
import Glibc

/// An object id that can be a key.
struct ObjectKey: Hashable {
    var id: git_oid

    static func == (left: ObjectKey, right: ObjectKey) -> Bool { left.id.isEqual(to: right.id) }

    func hash(into hasher: inout Hasher) {
        withUnsafeBytes(of: id) { hasher.combine(bytes: $0) }
    }
}

/// Objects as git stores them, without making a libgit2 object of each: for walks over thousands of commits.
final class ObjectDatabase {
    /// A link or a submodule is neither folder nor file.
    struct Entry {
        let id: git_oid
        let isFolder: Bool
        let isFile: Bool
    }

    private let handle: OpaquePointer
    /// Keeps the repository open.
    let repository: GitRepository

    init(of repository: GitRepository) throws(GitError) {
        var raw: OpaquePointer?
        try check(git_repository_odb(&raw, repository.handle), "opening the object database of \(repository.path)")
        guard let raw else { preconditionFailure("git_repository_odb: success without a handle") }
        handle = raw
        self.repository = repository
    }

    deinit { git_odb_free(handle) }

    /// Lends the bytes of an object to `body`.
    ///
    /// - Throws: `.corrupt` when it is not here, unreadable or of another type.
    func with<Result>(
        _ id: git_oid, _ type: git_object_t, _ operation: @autoclosure () -> String,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(GitError) -> Result {
        var raw: OpaquePointer?
        var wanted = id
        let status = git_odb_read(&raw, handle, &wanted)
        guard status == 0, let raw else {
            let error = GitError(libgit2: status, operation())
            throw GitError(
                code: error.code == .notFound ? .corrupt : error.code, operation: error.operation,
                detail: "object \(id.hex) is missing or damaged: \(error.detail)")
        }
        defer { git_odb_object_free(raw) }
        guard git_odb_object_type(raw) == type else {
            throw GitError(code: .corrupt, operation: operation(), detail: "object \(id.hex) is of another type")
        }
        return body(UnsafeRawBufferPointer(start: git_odb_object_data(raw), count: git_odb_object_size(raw)))
    }

    /// The parts of a commit that a walk needs.
    ///
    /// - Throws: `.corrupt` also for a commit without a tree.
    func header(_ id: git_oid, _ operation: @autoclosure () -> String) throws(GitError) -> CommitHeader {
        let header = try with(id, GIT_OBJECT_COMMIT, operation()) { CommitHeader($0) }
        guard let header else {
            throw GitError(code: .corrupt, operation: operation(), detail: "commit \(id.hex) names no tree")
        }
        return header
    }

    /// A file or folder by its name in a folder; nil when there is none.
    func entry(_ name: String, of tree: git_oid, _ operation: @autoclosure () -> String) throws(GitError) -> Entry? {
        try with(tree, GIT_OBJECT_TREE, operation()) { bytes in
            var name = name
            return name.withUTF8 { wanted in Self.find(wanted, in: bytes) }
        }
    }

    /// A tree is a row of `mode SP name NUL id`, the id in 20 bytes.
    private static func find(_ name: UnsafeBufferPointer<UInt8>, in tree: UnsafeRawBufferPointer) -> Entry? {
        guard let start = tree.baseAddress, let wanted = name.baseAddress else { return nil }
        var offset = 0
        while let space = memchr(start + offset, 0x20, tree.count - offset) {
            let nameStart = start.distance(to: UnsafeRawPointer(space)) + 1
            guard let end = memchr(start + nameStart, 0, tree.count - nameStart) else { return nil }
            let nameEnd = start.distance(to: UnsafeRawPointer(end))
            guard nameEnd + 20 < tree.count else { return nil }
            if nameEnd - nameStart == name.count, memcmp(start + nameStart, wanted, name.count) == 0 {
                var id = git_oid()
                withUnsafeMutableBytes(of: &id) {
                    $0.copyMemory(from: .init(rebasing: tree[nameEnd + 1..<nameEnd + 21]))
                }
                // Modes begin with 4 for folders, 10 for files; 12 is a link, 16 a submodule.
                let first = tree[offset]
                let isFolder = first == UInt8(ascii: "4")
                let isFile = first == UInt8(ascii: "1") && tree[offset + 1] == UInt8(ascii: "0")
                return Entry(id: id, isFolder: isFolder, isFile: isFile)
            }
            offset = nameEnd + 21
        }
        return nil
    }
}

/// What a walk over commits reads of each.
struct CommitHeader {
    let tree: git_oid
    let parents: [git_oid]
    /// Committer date, seconds since 1970.
    let time: Int64

    /// Nil when `bytes` do not begin as a commit does.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let tree = Self.id(after: "tree ", at: 0, in: bytes) else { return nil }
        self.tree = tree
        var offset = 46
        var parents: [git_oid] = []
        while let parent = Self.id(after: "parent ", at: offset, in: bytes) {
            parents.append(parent)
            offset += 48
        }
        self.parents = parents
        time = Self.committerTime(bytes, from: offset)
    }

    private static func id(after label: StaticString, at offset: Int, in bytes: UnsafeRawBufferPointer) -> git_oid? {
        let start = offset + label.utf8CodeUnitCount
        guard bytes.count >= start + 40, let base = bytes.baseAddress,
            memcmp(base + offset, label.utf8Start, label.utf8CodeUnitCount) == 0
        else { return nil }
        var id = git_oid()
        guard git_oid_fromstrn(&id, (base + start).assumingMemoryBound(to: CChar.self), 40) == 0 else { return nil }
        return id
    }

    /// 0 for a commit whose committer line cannot be read: the order of a walk does not change what it finds.
    private static func committerTime(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> Int64 {
        guard let base = bytes.baseAddress else { return 0 }
        var offset = offset
        while offset < bytes.count, let end = memchr(base + offset, 0x0a, bytes.count - offset) {
            let next = base.distance(to: UnsafeRawPointer(end)) + 1
            let line = UnsafeRawBufferPointer(rebasing: bytes[offset..<next - 1])
            if line.isEmpty { return 0 }
            if line.starts(with: "committer ".utf8) {
                guard let close = line.lastIndex(of: UInt8(ascii: ">")) else { return 0 }
                let digits = line[(close + 1)...].drop { $0 == 0x20 }.prefix { (0x30...0x39).contains($0) }
                return Int64(String(decoding: digits, as: UTF8.self)) ?? 0
            }
            offset = next
        }
        return 0
    }
}
