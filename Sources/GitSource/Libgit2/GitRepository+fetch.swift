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
        let conversation = RemoteConversation(
            remote, .uploadPack, operation: "fetching \(remote.url)", folder: path, flag: flag)
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

    private func exchange(_ conversation: RemoteConversation) throws(GitError) -> RemoteState {
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
        from raw: OpaquePointer, payload: UnsafeMutableRawPointer, _ conversation: RemoteConversation
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

    private func advertised(by raw: OpaquePointer, _ conversation: RemoteConversation) throws(GitError) -> RemoteState {
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

    static func isValid(_ name: String) -> Bool {
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

// Callbacks are free functions: a closure could inherit an isolation that the calling thread does not have.

private func noteTransferProgress(
    _ progress: UnsafePointer<git_indexer_progress>?, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let payload, let progress else { return -1 }
    let conversation = Unmanaged<RemoteConversation>.fromOpaque(payload).takeUnretainedValue()
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
    let conversation = Unmanaged<RemoteConversation>.fromOpaque(payload).takeUnretainedValue()
    do throws(GitError) {
        try conversation.checkWatch()
        return 0
    } catch {
        return conversation.note(error)
    }
}
