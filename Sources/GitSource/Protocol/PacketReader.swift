// SPDX-License-Identifier: Apache-2.0

/// Takes packet lines off a stream (gitprotocol-common(5)), never more of them than its limit.
final class PacketReader {
    enum Packet: Equatable {
        case data([UInt8])
        case flush
        case delimiter
        case responseEnd
    }

    private static let chunkBytes = 65_536

    private let stream: any GitStream
    private let conversation: RemoteConversation
    private var buffer: [UInt8] = []
    private var start = 0
    /// Bytes that may still come.
    private var allowance: Int
    private let limit: Int

    /// - Parameter limit: Bytes; more than that is refused, so that no server can fill the memory.
    init(_ stream: any GitStream, _ conversation: RemoteConversation, limit: Int) {
        self.stream = stream
        self.conversation = conversation
        allowance = limit
        self.limit = limit
    }

    /// The first packet behind what smart HTTP puts in front; nil where nothing comes.
    func first() throws(GitError) -> Packet? {
        var packet = try next()
        if case .data(let bytes)? = packet, bytes.starts(with: "# service=".utf8) {
            packet = try next()
            if packet == .flush { packet = try next() }
        }
        if case .data(let bytes)? = packet, PacketText.line(bytes) == "version 1" { packet = try next() }
        return packet
    }

    /// The next packet; nil where the stream ends between two.
    ///
    /// - Throws: `.unreachable` when it ends inside one, `.other` for what is no packet line, `.refused` above the limit.
    func next() throws(GitError) -> Packet? {
        guard try has(4) else {
            if start == buffer.count { return nil }
            throw cut
        }
        guard let length = Self.length(buffer[start..<start + 4]) else {
            throw failure(.other, "the server sends something that is not git's protocol")
        }
        start += 4
        switch length {
        case 0: return .flush
        case 1: return .delimiter
        case 2: return .responseEnd
        case 4...: break
        default: throw failure(.other, "the server sends a packet of impossible length")
        }
        let count = length - 4
        guard try has(count) else { throw cut }
        defer { start += count }
        return .data(Array(buffer[start..<start + count]))
    }

    /// Whether `count` bytes are in the buffer, read now if need be.
    private func has(_ count: Int) throws(GitError) -> Bool {
        while buffer.count - start < count {
            if start > Self.chunkBytes {
                buffer.removeFirst(start)
                start = 0
            }
            var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
            let read: Result<Int, GitError> = chunk.withUnsafeMutableBytes { space in
                do throws(GitError) {
                    return .success(try stream.read(into: space))
                } catch {
                    return .failure(error)
                }
            }
            let received = try read.get()
            if received == 0 { return false }
            allowance -= received
            if allowance < 0 {
                throw failure(.refused, "the server sends more than \(limit >> 20) MiB; the conversation was ended")
            }
            try conversation.checkWatch()
            buffer += chunk[..<received]
        }
        return true
    }

    /// Four hexadecimal digits; nil when they are none. Pure.
    static func length(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard let part = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            value = value << 4 | part
        }
        return value
    }

    private var cut: GitError { failure(.unreachable, "the server's answer breaks off") }

    private func failure(_ code: GitError.Code, _ detail: String) -> GitError {
        GitError(code: code, operation: conversation.operation, detail: detail)
    }
}

/// Builds a request from packet lines.
struct PacketWriter {
    private(set) var bytes: [UInt8] = []

    /// - Parameter text: At most 65,516 bytes.
    mutating func add(_ text: String) {
        precondition(text.utf8.count <= 65_516, "a packet line has at most 65,520 bytes")
        let digits = String(text.utf8.count + 4, radix: 16)
        bytes += Array(String(repeating: "0", count: 4 - digits.utf8.count).utf8) + Array(digits.utf8)
        bytes += Array(text.utf8)
    }

    mutating func flush() { bytes += Array("0000".utf8) }
    mutating func delimiter() { bytes += Array("0001".utf8) }
    mutating func add(raw more: [UInt8]) { bytes += more }
}

/// Text inside packets. Pure.
enum PacketText {
    /// Without the line break at the end.
    static func line(_ bytes: [UInt8]) -> String {
        let end = bytes.last == UInt8(ascii: "\n") ? bytes.count - 1 : bytes.count
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// A server that cannot go on says `ERR` and why.
    static func throwRemoteError(_ line: String, _ conversation: RemoteConversation) throws(GitError) {
        guard line.hasPrefix("ERR ") else { return }
        let words = shown(String(line.dropFirst(4)))
        let (code, hint) = SSHComplaint.meaning(of: words)
        throw GitError(
            code: code == .unreachable ? .refused : code, operation: conversation.operation,
            detail: hint.isEmpty ? "the remote says: \(words)" : "the remote says: \(words); \(hint)")
    }

    /// Safe on a terminal and in a log line: what could move a cursor or begin a line is a space.
    static func shown(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            let isInvisible = (0x200b...0x200f).contains(scalar.value) || (0x202a...0x202e).contains(scalar.value)
            scalars.append(isControl || isInvisible ? " " : scalar)
        }
        var end = scalars[...]
        while end.last == " " { end.removeLast() }
        return String(String.UnicodeScalarView(end))
    }
}
