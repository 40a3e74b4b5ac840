// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform

/// The place of a mirror on disk, for one process at a time.
///
///     lock         names the process that uses the folder
///     mirror.git   the bare repository
///     origin       which remote it mirrors, without credentials
///     incoming     a clone that is being made
final class MirrorFolder: Sendable {
    let path: String
    private let lock: FolderLock

    var mirror: String { "\(path)/mirror.git" }
    private var incoming: String { "\(path)/incoming" }
    private var outgoing: String { "\(path)/outgoing" }
    private var origin: String { "\(path)/origin" }

    /// - Throws: `.locked` when another process uses the folder; its detail names that process.
    init(_ path: String) throws(GitError) {
        self.path = path
        do throws(FileError) {
            try Files.makeFolder(path, mode: 0o700)
            lock = try FolderLock(path)
        } catch {
            guard error.number == EWOULDBLOCK else { throw GitError(error, "opening the mirror \(path)") }
            throw GitError(
                code: .locked, operation: "opening the mirror",
                detail: "\(error.operation) is not possible; "
                    + "stop that process or choose another state folder")
        }
        sweep()
    }

    /// The repository that was mirrored last; nil when there is none.
    var mirroredOrigin: String? {
        // A mirror without a readable note of its origin is one that we do not know: it is cloned anew.
        guard Files.isFolder(mirror), let bytes = try? Files.read(origin, limit: 1 << 16) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// An empty place for a new clone.
    func prepareIncoming() throws(GitError) -> String {
        do throws(FileError) {
            try Files.remove(incoming)
        } catch {
            throw GitError(error, "preparing a clone in \(path)")
        }
        return incoming
    }

    func dropIncoming() {
        // What cannot be removed now is removed before the next clone.
        try? Files.remove(incoming)
    }

    /// Puts the finished clone in the mirror's place. A crash in the middle leaves no mirror, or the new one.
    func install(origin text: String) throws(GitError) {
        do throws(FileError) {
            try Files.remove(outgoing)
            try Files.remove(origin)
            if Files.exists(mirror) { try move(mirror, to: outgoing) }
            try move(incoming, to: mirror)
            try Files.write(Array(text.utf8), to: origin)
            try Files.remove(outgoing)
        } catch {
            throw GitError(error, "replacing the mirror in \(path)")
        }
    }

    func remove(_ files: [String]) {
        for file in files { unlink(file) }
    }

    private func move(_ old: String, to new: String) throws(FileError) {
        if rename(old, new) != 0 { throw FileError(operation: "moving \(old) to \(new)", number: errno) }
    }

    /// Removes what a killed process left: half clones, half packs, and lock files that nobody holds any more.
    private func sweep() {
        for leftover in [incoming, outgoing] {
            // It only takes room; the next clone tries again.
            try? Files.remove(leftover)
        }
        sweepLocks(mirror)
        sweepLocks("\(mirror)/refs")
        let packs = "\(mirror)/objects/pack"
        for name in (try? Files.list(packs)) ?? [] where !name.hasSuffix(".pack") && !name.hasSuffix(".idx") {
            unlink("\(packs)/\(name)")
        }
    }

    private func sweepLocks(_ folder: String) {
        for name in (try? Files.list(folder)) ?? [] {
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".lock") {
                unlink(path)
            } else if folder.contains("/mirror.git/refs"), Files.isFolder(path) {
                sweepLocks(path)
            }
        }
    }
}

extension GitError {
    init(_ error: FileError, _ operation: String) {
        let isFull = error.number == ENOSPC || error.number == EDQUOT
        self.init(
            code: isFull ? .diskFull : .other, operation: operation,
            detail: isFull ? "\(error); make room on the disk" : "\(error)")
    }
}
