// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Lifecycle

/// Stores a pack that arrives in parts; nothing of it can be read before `finish`.
final class PackWriter {
    private let conversation: RemoteConversation
    private let writer: UnsafeMutablePointer<git_odb_writepack>
    private let database: OpaquePointer
    private var progress = git_indexer_progress()
    private var isEmpty = true
    private var inspection = PackGuard()

    init(_ repository: GitRepository, _ conversation: RemoteConversation) throws(GitError) {
        self.conversation = conversation
        var raw: OpaquePointer?
        try check(git_repository_odb(&raw, repository.handle), conversation.operation)
        guard let raw else { preconditionFailure("git_repository_odb: success without a database") }
        var writer: UnsafeMutablePointer<git_odb_writepack>?
        // Safe: libgit2 calls back only during `append` and `commit`, while this object keeps the conversation alive.
        let status = git_odb_write_pack(
            &writer, raw, lookAtWatch, Unmanaged.passUnretained(conversation).toOpaque())
        guard status == 0, let writer else {
            let error = GitError(libgit2: status, conversation.operation)
            git_odb_free(raw)
            throw error
        }
        database = raw
        self.writer = writer
    }

    deinit {
        writer.pointee.free(writer)
        git_odb_free(database)
    }

    func append(_ bytes: [UInt8]) throws(GitError) {
        guard !bytes.isEmpty else { return }
        isEmpty = false
        try conversation.checkWatch()
        try conversation.checkSpace(for: bytes.count)
        if let objection = inspection.objection(to: bytes) {
            throw GitError(code: .refused, operation: conversation.operation, detail: objection)
        }
        try checkPack(writer.pointee.append(writer, bytes, bytes.count, &progress))
    }

    func finish() throws(GitError) {
        guard !isEmpty else {
            throw GitError(
                code: .unreachable, operation: conversation.operation, detail: "the server's answer holds no objects")
        }
        try checkPack(writer.pointee.commit(writer, &progress))
    }

    /// What does not fit together here was damaged on its way or made to be: the repository itself is sound.
    private func checkPack(_ status: Int32) throws(GitError) {
        guard status < 0 else { return }
        let error = GitError(libgit2: status, conversation.operation)
        try conversation.checkWatch()
        guard error.code == .corrupt || error.code == .other else { throw error }
        throw GitError(
            code: .unreachable, operation: error.operation, detail: "the server's pack is damaged: \(error.detail)")
    }
}

/// Putting a large pack together takes long after its last byte.
private func lookAtWatch(_: UnsafePointer<git_indexer_progress>?, _ payload: UnsafeMutableRawPointer?) -> Int32 {
    guard let payload else { return -1 }
    let conversation = Unmanaged<RemoteConversation>.fromOpaque(payload).takeUnretainedValue()
    return conversation.watch.stop(waitingSince: nil) == nil ? 0 : -1
}
