// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain
import Glibc

// From a repository on this disk, which libgit2 reads itself: no program is started.

extension GitRepository {
    /// Brings the objects of a local repository here and says what it has.
    func copy(_ conversation: RemoteConversation) throws(GitError) -> RemoteState {
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
            state.references[name] = try offered(name, entry.oid.hex, conversation)
        }
        if state.defaultBranch == nil, let head {
            // A server that does not say what HEAD names: the first branch with the same commit, as git clone does.
            state.defaultBranch =
                state.references.filter { $0.value.isEqual(to: head) }.keys.sorted()
                .compactMap(Self.branch(ofReference:)).first
        }
        return state
    }

    private static func callbacks(_ payload: UnsafeMutableRawPointer) -> git_remote_callbacks {
        var callbacks = git_remote_callbacks()
        git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
        callbacks.transport = makeLocalTransport
        callbacks.transfer_progress = noteTransferProgress
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

/// Otherwise a path with a colon would be taken for an address.
private func makeLocalTransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?, _ owner: OpaquePointer?,
    _: UnsafeMutableRawPointer?
) -> Int32 { git_transport_local(out, owner, nil) }
