// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Sole use of a folder, held as long as this object lives; the kernel lets go when the process dies.
///
/// Safe from any thread.
public final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Locks `folder`, which must exist, through a file `lock` in it that holds the owner's process id.
    ///
    /// - Throws: `FileError` with `EWOULDBLOCK` when another process holds it; its operation names that process.
    public init(_ folder: String) throws(FileError) {
        let path = "\(folder)/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError(operation: "opening \(path)", number: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            let owner = (try? Files.read(path, limit: 64)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            close(descriptor)
            let process = owner.isEmpty ? "another process" : "process \(owner)"
            throw FileError(operation: "locking \(folder), which \(process) is using,", number: number)
        }
        let owner = "\(getpid())"
        ftruncate(descriptor, 0)
        pwrite(descriptor, owner, owner.utf8.count, 0)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
