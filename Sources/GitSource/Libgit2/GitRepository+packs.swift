// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Glibc
import Lifecycle
import Platform

extension GitRepository {
    /// Every fetch that brings something adds a pack, and each open pack holds a descriptor: without this, a busy
    /// branch would use them up within weeks.
    static let packLimit = 50
    /// Packs with more objects are left as they are, so that a large repository is not packed again and again.
    private static let smallPackObjects = 10_000

    /// Writes the objects of all small packs into one new pack, when there are more than `limit` packs. Blocks.
    ///
    /// - Returns: The files that nobody needs any more. They may be removed when no open handle reads them.
    func consolidatePacks(limit: Int = packLimit, flag: CancellationFlag) throws(GitError) -> [String] {
        let folder = "\(path)/objects/pack"
        let operation = "packing \(path)"
        let small = try Self.packs(in: folder, operation).filter { $0.objects.count <= Self.smallPackObjects }
        guard small.count > limit else { return [] }
        var builder: OpaquePointer?
        try check(git_packbuilder_new(&builder, handle), operation)
        defer { git_packbuilder_free(builder) }
        git_packbuilder_set_threads(builder, 1)
        // Safe: libgit2 calls back only during the write below, while `flag` is alive.
        let payload = Unmanaged.passUnretained(flag).toOpaque()
        for object in small.lazy.flatMap(\.objects) {
            var id = object
            try check(git_packbuilder_insert(builder, &id, nil), operation)
        }
        if let free = Files.freeBytes(at: folder), free < 2 * small.reduce(0, { $0 + $1.bytes }) + 16 << 20 {
            return []
        }
        let status = git_packbuilder_write(builder, nil, 0o444, stopWhenCancelled, payload)
        if flag.isSet { throw GitError(.cancelled, operation) }
        try check(status, operation)
        let new = git_packbuilder_name(builder).map { "pack-\(String(cString: $0))" }
        // The same objects give the same name: such a pack is both old and new.
        return small.filter { $0.name != new }.flatMap { ["\(folder)/\($0.name).idx", "\(folder)/\($0.name).pack"] }
    }

    private struct Pack {
        let name: String
        let bytes: Int
        let objects: [git_oid]
    }

    private static func packs(in folder: String, _ operation: String) throws(GitError) -> [Pack] {
        do throws(FileError) {
            var packs: [Pack] = []
            for file in try Files.list(folder) where file.hasSuffix(".idx") {
                let index = try Files.read("\(folder)/\(file)", limit: 1 << 30)
                let name = String(file.dropLast(".idx".count))
                var status = stat()
                guard let objects = objects(inIndex: index), stat("\(folder)/\(name).pack", &status) == 0 else {
                    throw FileError(operation: "reading \(folder)/\(file)", number: EINVAL)
                }
                packs.append(Pack(name: name, bytes: Int(status.st_size), objects: objects))
            }
            return packs
        } catch {
            throw GitError(error, operation)
        }
    }

    /// The object ids in a pack index of version 2 (gitformat-pack(5)); nil when it is none. Pure.
    static func objects(inIndex bytes: [UInt8]) -> [git_oid]? {
        let (header, fanout) = (8, 1024)
        guard bytes.count > header + fanout, bytes[..<8] == [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2] else { return nil }
        let total = bytes[header + fanout - 4..<header + fanout].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= header + fanout + total * 28 + 40 else { return nil }
        return bytes.withUnsafeBytes { buffer in
            (0..<total).map { index in
                var id = git_oid()
                git_oid_fromraw(&id, buffer.baseAddress.map { $0 + header + fanout + index * 20 })
                return id
            }
        }
    }
}

private func stopWhenCancelled(
    _: UnsafePointer<git_indexer_progress>?, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let payload else { return -1 }
    return Unmanaged<CancellationFlag>.fromOpaque(payload).takeUnretainedValue().isSet ? -1 : 0
}
