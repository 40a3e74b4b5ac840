// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain
import Glibc
import Lifecycle
import Platform

extension GitRepository {
    /// Brings all branches and tags of a remote here, and makes ours equal to them. Blocks.
    ///
    /// The references move only after everything they name has arrived: a fetch that fails changes nothing.
    func fetch(from remote: GitRemote, flag: CancellationFlag) throws(GitError) -> RemoteState {
        let conversation = FetchConversation(remote, folder: path, flag: flag)
        let state = try exchange(conversation)
        for (name, id) in state.references where Self.branch(ofReference: name) != nil {
            let object = try storedObject(id, GIT_OBJECT_ANY, "checking what \(conversation.operation) brought")
            guard git_object_type(object.handle) == GIT_OBJECT_COMMIT else {
                throw GitError(
                    code: .refused, operation: conversation.operation,
                    detail: "\(name) names something that is no commit; correct the branch on the server")
            }
            _ = try tree(of: object)
        }
        try takeOver(state)
        return state
    }

    private func exchange(_ conversation: FetchConversation) throws(GitError) -> RemoteState {
        var raw: OpaquePointer?
        var creation = git_remote_create_options()
        git_remote_create_options_init(&creation, UInt32(GIT_REMOTE_CREATE_OPTIONS_VERSION))
        creation.repository = handle
        // Not only because no `insteadOf` may apply: looking for one leaks 50 KB per call in libgit2 1.5.1
        // (match data of its regular expressions), which a poll every few seconds turns into gigabytes.
        creation.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF.rawValue | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC.rawValue
        try check(
            git_remote_create_with_opts(&raw, conversation.remote.url.address, &creation), conversation.operation)
        defer { git_remote_free(raw) }
        guard let raw else { preconditionFailure("git_remote_create_anonymous: success without a remote") }

        // Safe: libgit2 calls back only during the calls below, while `conversation` is alive on this very thread;
        // disconnecting and freeing the remote come before this function returns.
        let payload = Unmanaged.passUnretained(conversation).toOpaque()
        var options = git_remote_connect_options()
        git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
        options.callbacks = Self.callbacks(payload)
        defer { git_remote_disconnect(raw) }
        try conversation.check(git_remote_connect_ext(raw, GIT_DIRECTION_FETCH, &options))

        let state = try advertised(by: raw, conversation)
        guard state.references.values.contains(where: { !hasObject($0) }) else { return state }
        try download(from: raw, payload: payload, conversation)
        return state
    }

    private func download(
        from raw: OpaquePointer, payload: UnsafeMutableRawPointer, _ conversation: FetchConversation
    ) throws(GitError) {
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        options.callbacks = Self.callbacks(payload)
        // Tags come by their own reference specification; following them would ask twice.
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.update_fetchhead = 0
        try conversation.checkSpace(for: 0)
        let status = Self.withStrings(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]) { specifications in
            git_remote_download(raw, specifications, &options)
        }
        try conversation.check(status)
    }

    private func advertised(by raw: OpaquePointer, _ conversation: FetchConversation) throws(GitError) -> RemoteState {
        var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        try conversation.check(git_remote_ls(&heads, &count, raw))
        var state = RemoteState()
        var head: git_oid?
        for index in 0..<count {
            guard let entry = heads?[index]?.pointee, let name = String(validatingCString: entry.name) else { continue }
            if name == "HEAD" {
                head = entry.oid
                state.defaultBranch = entry.symref_target.map { String(cString: $0) }
                    .flatMap { Self.isValid($0) ? Self.branch(ofReference: $0) : nil }
            }
            // `refs/tags/v1^{}` is not a reference but what the tag before it names.
            guard Self.isMirrored(name), !name.hasSuffix("^{}") else { continue }
            guard Self.isValid(name) else {
                throw GitError(
                    code: .refused, operation: conversation.operation,
                    detail: "the remote offers a reference with an invalid name: \(name.debugDescription)")
            }
            state.references[name] = entry.oid
        }
        if state.defaultBranch == nil, let head {
            // A server that does not say what HEAD names: the first branch with the same commit, as git clone does.
            state.defaultBranch =
                state.references.filter { $0.value.isEqual(to: head) }.keys.sorted()
                .compactMap(Self.branch(ofReference:)).first
        }
        return state
    }

    private static func isValid(_ name: String) -> Bool {
        var isValid: Int32 = 0
        return git_reference_name_is_valid(&isValid, name) == 0 && isValid == 1
    }

    private static func callbacks(_ payload: UnsafeMutableRawPointer) -> git_remote_callbacks {
        var callbacks = git_remote_callbacks()
        git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
        callbacks.transport = makeTransport
        callbacks.transfer_progress = noteTransferProgress
        callbacks.sideband_progress = noteSideband
        callbacks.payload = payload
        return callbacks
    }

    private static func withStrings<Result>(
        _ texts: [String], _ body: (UnsafePointer<git_strarray>) -> Result
    ) -> Result {
        var copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return copies.withUnsafeMutableBufferPointer { buffer in
            var array = git_strarray(strings: buffer.baseAddress, count: buffer.count)
            return body(&array)
        }
    }
}

/// What the callbacks of one fetch share. Used by one thread.
final class FetchConversation {
    let remote: GitRemote
    let watch: TransferWatch
    let operation: String
    private let folder: String
    /// The first thing that went wrong inside a callback; libgit2 itself only passes on a number.
    var failure: GitError?
    /// Bytes that may arrive before the free space is looked at again.
    private var spaceChecked = 0
    private var received = 0

    init(_ remote: GitRemote, folder: String, flag: CancellationFlag) {
        self.remote = remote
        self.folder = folder
        watch = TransferWatch(remote.limits, flag: flag)
        operation = "fetching \(remote.url)"
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

// Callbacks are free functions: a closure could inherit an isolation that the calling thread does not have.

private func noteTransferProgress(
    _ progress: UnsafePointer<git_indexer_progress>?, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let payload, let progress else { return -1 }
    let conversation = Unmanaged<FetchConversation>.fromOpaque(payload).takeUnretainedValue()
    do throws(GitError) {
        try conversation.checkWatch()
        try conversation.noteReceived(total: progress.pointee.received_bytes)
        return 0
    } catch {
        return conversation.note(error)
    }
}

private func noteSideband(_: UnsafePointer<CChar>?, _: Int32, _ payload: UnsafeMutableRawPointer?) -> Int32 {
    guard let payload else { return -1 }
    let conversation = Unmanaged<FetchConversation>.fromOpaque(payload).takeUnretainedValue()
    do throws(GitError) {
        try conversation.checkWatch()
        return 0
    } catch {
        return conversation.note(error)
    }
}
