// SPDX-License-Identifier: Apache-2.0

import CLibgit2

// libgit2's own HTTP and SSH transports cannot be interrupted and lack TLS 1.3 and modern RSA signatures; ours stand
// in through `git_remote_callbacks.transport`. A file path keeps libgit2's.

/// Gives libgit2 the transport for a remote; `payload` is the conversation.
func makeTransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?, _ owner: OpaquePointer?,
    _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let payload else { return -1 }
    let conversation = Unmanaged<RemoteConversation>.fromOpaque(payload).takeUnretainedValue()
    // The definition is read during `git_transport_smart` only.
    var definition = git_smart_subtransport_definition(callback: makeSubtransport, rpc: 0, param: payload)
    switch conversation.remote.url.transport {
    case .local: return git_transport_local(out, owner, nil)
    case .http: definition.rpc = 1
    case .ssh: definition.rpc = 0
    }
    return git_transport_smart(out, owner, &definition)
}

/// One subtransport: opens streams, and for SSH keeps the one stream that serves both services.
private final class SubtransportState {
    let conversation: RemoteConversation
    let http: HTTPConnection?
    var sshStream: UnsafeMutablePointer<git_smart_subtransport_stream>?

    init(_ conversation: RemoteConversation) {
        self.conversation = conversation
        http = conversation.remote.url.transport == .http ? HTTPConnection(conversation) : nil
    }
}

private final class StreamState {
    let stream: any GitStream
    let owner: SubtransportState

    init(_ stream: any GitStream, owner: SubtransportState) {
        self.stream = stream
        self.owner = owner
    }
}

private func makeSubtransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport>?>?,
    _: UnsafeMutablePointer<git_transport>?,
    _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let payload else { return -1 }
    let conversation = Unmanaged<RemoteConversation>.fromOpaque(payload).takeUnretainedValue()
    let box = UnsafeMutablePointer<kn_git_subtransport>.allocate(capacity: 1)
    // Safe: released exactly once, in `freeSubtransport`, which libgit2 calls when it frees the transport.
    let state = Unmanaged.passRetained(SubtransportState(conversation)).toOpaque()
    let base = git_smart_subtransport(action: openStream, close: closeSubtransport, free: freeSubtransport)
    box.initialize(to: kn_git_subtransport(base: base, context: state))
    out?.pointee = UnsafeMutableRawPointer(box).assumingMemoryBound(to: git_smart_subtransport.self)
    return 0
}

private func closeSubtransport(_: UnsafeMutablePointer<git_smart_subtransport>?) -> Int32 { 0 }

private func freeSubtransport(_ subtransport: UnsafeMutablePointer<git_smart_subtransport>?) {
    guard let subtransport else { return }
    let box = UnsafeMutableRawPointer(subtransport).assumingMemoryBound(to: kn_git_subtransport.self)
    Unmanaged<SubtransportState>.fromOpaque(box.pointee.context).release()
    box.deallocate()
}

private func openStream(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>?,
    _ subtransport: UnsafeMutablePointer<git_smart_subtransport>?, _: UnsafePointer<CChar>?,
    _ action: git_smart_service_t
) -> Int32 {
    guard let subtransport else { return -1 }
    let box = UnsafeMutableRawPointer(subtransport).assumingMemoryBound(to: kn_git_subtransport.self)
    let state = Unmanaged<SubtransportState>.fromOpaque(box.pointee.context).takeUnretainedValue()
    if let stream = state.sshStream {
        // libgit2 lists and fetches over one SSH conversation, and asks for the same stream twice.
        out?.pointee = stream
        return 0
    }
    do throws(GitError) {
        let request: GitRequest = action == GIT_SERVICE_UPLOADPACK_LS ? .list : .exchange
        let stream: any GitStream =
            if let http = state.http { http.stream(request) } else { try ProgramStream(state.conversation) }
        let wrapped = wrap(stream, state, subtransport)
        if state.http == nil { state.sshStream = wrapped }
        out?.pointee = wrapped
        return 0
    } catch {
        return state.conversation.note(error)
    }
}

private func wrap(
    _ stream: any GitStream, _ state: SubtransportState, _ subtransport: UnsafeMutablePointer<git_smart_subtransport>
) -> UnsafeMutablePointer<git_smart_subtransport_stream> {
    let box = UnsafeMutablePointer<kn_git_stream>.allocate(capacity: 1)
    // Safe: released exactly once, in `freeStream`, which libgit2 calls for every stream it got.
    let context = Unmanaged.passRetained(StreamState(stream, owner: state)).toOpaque()
    let base = git_smart_subtransport_stream(
        subtransport: subtransport, read: readStream, write: writeStream, free: freeStream)
    box.initialize(to: kn_git_stream(base: base, context: context))
    return UnsafeMutableRawPointer(box).assumingMemoryBound(to: git_smart_subtransport_stream.self)
}

private func state(of stream: UnsafeMutablePointer<git_smart_subtransport_stream>) -> StreamState {
    let box = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: kn_git_stream.self)
    return Unmanaged<StreamState>.fromOpaque(box.pointee.context).takeUnretainedValue()
}

private func readStream(
    _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ buffer: UnsafeMutablePointer<CChar>?,
    _ capacity: Int, _ count: UnsafeMutablePointer<Int>?
) -> Int32 {
    guard let stream, let buffer, let count else { return -1 }
    let state = state(of: stream)
    do throws(GitError) {
        let read = try state.stream.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: capacity))
        try state.owner.conversation.checkSpace(for: read)
        count.pointee = read
        return 0
    } catch {
        return state.owner.conversation.note(error)
    }
}

private func writeStream(
    _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ bytes: UnsafePointer<CChar>?, _ count: Int
) -> Int32 {
    guard let stream else { return -1 }
    let state = state(of: stream)
    do throws(GitError) {
        try state.stream.write(UnsafeRawBufferPointer(start: bytes, count: count))
        return 0
    } catch {
        return state.owner.conversation.note(error)
    }
}

private func freeStream(_ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?) {
    guard let stream else { return }
    let state = state(of: stream)
    state.stream.close()
    if state.owner.sshStream == stream { state.owner.sshStream = nil }
    let box = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: kn_git_stream.self)
    Unmanaged<StreamState>.fromOpaque(box.pointee.context).release()
    box.deallocate()
}
