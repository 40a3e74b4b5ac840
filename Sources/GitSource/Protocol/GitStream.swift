// SPDX-License-Identifier: Apache-2.0

/// Where git's smart protocol reads and writes. Both functions block.
protocol GitStream: AnyObject {
    /// - Returns: The number of bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(GitError) -> Int
    func write(_ bytes: UnsafeRawBufferPointer) throws(GitError)
    /// Lets go of connection or process; called once, last.
    func close()
}

/// The program at the other end, under the name it has in URLs and on the remote's command line.
enum GitService: String {
    case uploadPack = "git-upload-pack"
    case receivePack = "git-receive-pack"
}

/// What a stream is opened for.
enum GitRequest {
    /// What the remote has and can.
    case list
    /// Objects.
    case exchange
}

/// One conversation with a remote that we speak ourselves: first its advertisement, then requests and answers.
final class GitChannel {
    let conversation: RemoteConversation
    private let http: HTTPConnection?
    private var stream: (any GitStream)?

    init(_ conversation: RemoteConversation) {
        self.conversation = conversation
        http = conversation.remote.url.transport == .http ? HTTPConnection(conversation) : nil
    }

    deinit { stream?.close() }

    /// Opens the conversation and gives the stream to read the advertisement from.
    func open() throws(GitError) -> any GitStream {
        let stream: any GitStream =
            if let http { http.stream(.list) } else { try ProgramStream(conversation) }
        self.stream = stream
        return stream
    }

    /// Sends a request and gives the stream to read its answer from.
    func send(_ bytes: [UInt8]) throws(GitError) -> any GitStream {
        if let http {
            self.stream?.close()
            self.stream = http.stream(.exchange)
        }
        guard let stream else { preconditionFailure("a request before the advertisement") }
        try stream.write(all: bytes)
        return stream
    }
}

extension GitStream {
    func write(all bytes: [UInt8]) throws(GitError) {
        let result: Result<Void, GitError> = bytes.withUnsafeBytes { buffer in
            do throws(GitError) {
                return .success(try write(buffer))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
