// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Glibc
import Lifecycle
import Platform

/// What the callbacks and streams of one conversation with a remote share. Used by one thread.
final class RemoteConversation {
    let remote: GitRemote
    let service: GitService
    let watch: TransferWatch
    let operation: String
    /// Whether protocol version 2 is asked for; a server may not know it.
    var asksForVersion2 = false
    /// A socket through which several conversations share one SSH connection; nil for none.
    var sshSocket: String?
    private let folder: String
    /// The first thing that went wrong inside a callback; libgit2 itself only passes on a number.
    var failure: GitError?
    /// Bytes that may arrive before the free space is looked at again.
    private var spaceChecked = 0
    private var received = 0

    /// - Parameter folder: Where what arrives is stored.
    init(_ remote: GitRemote, _ service: GitService, operation: String, folder: String, flag: CancellationFlag) {
        self.remote = remote
        self.service = service
        self.operation = operation
        self.folder = folder
        watch = TransferWatch(remote.limits, flag: flag)
    }

    /// Throws what a callback met, or else what libgit2 says.
    func check(_ status: Int32) throws(GitError) {
        guard status < 0 else { return }
        let error = GitError(libgit2: status, operation)
        if let failure { throw failure }
        if remote.url.transport == .local, error.code == .notFound || error.code == .other,
            !Files.isFolder(remote.url.address)
        {
            throw GitError(code: .notFound, operation: operation, detail: "there is no repository at this path")
        }
        throw error
    }

    func note(_ error: GitError) -> Int32 {
        if failure == nil { failure = error }
        git_error_set_str(Int32(GIT_ERROR_NET.rawValue), error.detail)
        return -1
    }

    func checkWatch() throws(GitError) {
        if let stop = watch.stop(waitingSince: nil) { throw GitError(stop, operation) }
    }

    func noteReceived(total: Int) throws(GitError) {
        try checkSpace(for: max(0, total - received))
        received = max(received, total)
    }

    /// libgit2 grows a pack and then writes it through a memory map: a disk that fills in between kills the process
    /// (SIGBUS) instead of giving an error. So there is room to spare before bytes are handed on.
    func checkSpace(for bytes: Int) throws(GitError) {
        if bytes < spaceChecked {
            spaceChecked -= bytes
            return
        }
        guard let free = Files.freeBytes(at: folder) else { return }
        let usable = free - Self.reservedBytes
        guard usable > 2 * bytes else {
            throw GitError(
                code: .diskFull, operation: operation,
                detail:
                    "only \(free >> 20) MiB are free in \(folder); make room, \(Self.reservedBytes >> 20) MiB stay in reserve"
            )
        }
        spaceChecked = min(8 << 20, usable / 2)
    }

    /// Room for an index and for what others write meanwhile.
    private static let reservedBytes = 16 << 20
}

extension GitError {
    init(_ stop: TransferWatch.Stop, _ operation: String) {
        switch stop {
        case .cancelled: self.init(code: .cancelled, operation: operation, detail: "stopped by the caller")
        case .idle(let time):
            self.init(code: .timedOut, operation: operation, detail: "the server sent nothing for \(time)")
        case .total(let time): self.init(code: .timedOut, operation: operation, detail: "it took longer than \(time)")
        }
    }
}
