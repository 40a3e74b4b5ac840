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
    /// Where names stood in the last folder that had them, in bytes: in its next version most stand there still.
    private var places: [String: Int] = [:]

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
    ///
    /// The folder is not hashed again, as everything is that gets rendered: a walk through history only tells people
    /// what it finds, and reads tens of thousands of folders that may have thousands of entries.
    func entry(_ name: String, of tree: git_oid, _ operation: @autoclosure () -> String) throws(GitError) -> Entry? {
        let place = places[name]
        func look(_ bytes: UnsafeRawBufferPointer) -> (offset: Int, entry: Entry)? {
            var name = name
            return name.withUTF8 { wanted in
                if let place, let entry = Self.entry(wanted, at: place, in: bytes) { return (place, entry) }
                return Self.find(wanted, in: bytes)
            }
        }
        let found: (offset: Int, entry: Entry)?
        if let known = withStored(tree, GIT_OBJECT_TREE, look) {
            found = known
        } else {
            found = try with(tree, GIT_OBJECT_TREE, operation(), look)
        }
        if places.count > 4096 { places = [:] }
        places[name] = found?.offset
        return found?.entry
    }

    /// Lends the bytes of an object as they lie there, whatever their hash; nil when they are not at hand.
    private func withStored<Result>(
        _ id: git_oid, _ type: git_object_t, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        var (data, count, found): (UnsafeMutableRawPointer?, Int, git_object_t) = (nil, 0, GIT_OBJECT_INVALID)
        var owner: UnsafeMutablePointer<git_odb_backend>?
        var wanted = id
        guard kn_git_read_as_is(&data, &count, &found, &owner, handle, &wanted) == 0, let data, let owner else {
            return nil
        }
        defer { git_odb_backend_data_free(owner, data) }
        return found == type ? body(UnsafeRawBufferPointer(start: data, count: count)) : nil
    }

    /// The entry that begins at an offset; nil when one of another name does, or none.
    private static func entry(
        _ name: UnsafeBufferPointer<UInt8>, at offset: Int, in tree: UnsafeRawBufferPointer
    ) -> Entry? {
        guard offset < tree.count, let start = tree.baseAddress, let wanted = name.baseAddress,
            let space = memchr(start + offset, 0x20, min(7, tree.count - offset))
        else { return nil }
        let nameStart = start.distance(to: UnsafeRawPointer(space)) + 1
        let nameEnd = nameStart + name.count
        guard nameEnd + 20 < tree.count, tree[nameEnd] == 0, memcmp(start + nameStart, wanted, name.count) == 0,
            tree[offset..<nameStart - 1].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) })
        else { return nil }
        return entry(tree, mode: offset, id: nameEnd + 1)
    }

    private static func entry(_ tree: UnsafeRawBufferPointer, mode: Int, id: Int) -> Entry {
        var found = git_oid()
        withUnsafeMutableBytes(of: &found) { $0.copyMemory(from: .init(rebasing: tree[id..<id + 20])) }
        // Modes begin with 4 for folders, 10 for files; 12 is a link, 16 a submodule.
        let first = tree[mode]
        let isFolder = first == UInt8(ascii: "4")
        let isFile = first == UInt8(ascii: "1") && tree[mode + 1] == UInt8(ascii: "0")
        return Entry(id: found, isFolder: isFolder, isFile: isFile)
    }

    /// A tree is a row of `mode SP name NUL id`, the id in 20 bytes.
    private static func find(
        _ name: UnsafeBufferPointer<UInt8>, in tree: UnsafeRawBufferPointer
    ) -> (offset: Int, entry: Entry)? {
        guard let start = tree.baseAddress, let wanted = name.baseAddress else { return nil }
        var offset = 0
        while let space = memchr(start + offset, 0x20, tree.count - offset) {
            let nameStart = start.distance(to: UnsafeRawPointer(space)) + 1
            guard let end = memchr(start + nameStart, 0, tree.count - nameStart) else { return nil }
            let nameEnd = start.distance(to: UnsafeRawPointer(end))
            guard nameEnd + 20 < tree.count else { return nil }
            if nameEnd - nameStart == name.count, memcmp(start + nameStart, wanted, name.count) == 0 {
                return (offset, entry(tree, mode: offset, id: nameEnd + 1))
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
