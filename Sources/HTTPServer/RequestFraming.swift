// SPDX-License-Identifier: Apache-2.0

/// Follows the bytes of one connection and refuses every request that two parsers could read differently.
///
/// Bytes go in as they arrive, in pieces of any size; out comes where the stream stands, or the status to refuse
/// with. Only one form is let through: CRLF line ends, token names without a space before the colon, no folded
/// lines, one `Host`, one decimal `Content-Length` or exactly `Transfer-Encoding: chunked`, never both, chunk sizes
/// of hexadecimal digits alone, no trailers (RFC 9112, sections 2.2, 3, 5, 6 and 11.2). Pure.
struct RequestFraming: Sendable {
    struct Limits: Sendable {
        var headBytes = 16 * 1024
        var bodyBytes = 1 << 20
        var fields = 100
        /// Nil when every request has the same limit.
        var large: LargeBodies.Desk?
    }

    enum Phase: Sendable, Equatable {
        case idle
        case head
        case body
    }

    private enum State: Sendable {
        case requestLine
        case fields
        /// Content-Length bytes left.
        case fixed(Int)
        case chunkSize
        case chunk(Int)
        /// The CR LF after a chunk's bytes, or after the last chunk; `seenCR` is its middle.
        case chunkEnd(seenCR: Bool, isLast: Bool)
        case refused
    }

    private let limits: Limits
    private var state = State.requestLine
    private var line: [UInt8] = []
    private var endsInCR = false
    private var head = RequestHead()
    private var headSize = 0
    private var bodySize = 0
    /// Whether the body in hand has one of the places for long ones.
    private(set) var holdsPlace = false
    /// Requests that were complete so far.
    private(set) var completed = 0
    /// Heads that were complete so far.
    private(set) var heads = 0

    init(limits: Limits = Limits()) { self.limits = limits }

    var phase: Phase {
        switch state {
        case .requestLine: line.isEmpty && !endsInCR ? .idle : .head
        case .fields: .head
        case .fixed, .chunkSize, .chunk, .chunkEnd: .body
        case .refused: .idle
        }
    }

    /// Whether a refusal of the request at hand is read by a person.
    var wantsPage: Bool { head.wantsPage }

    /// Takes the next bytes.
    ///
    /// - Returns: Nil while all is well; the HTTP status to refuse with otherwise, and then nothing more is taken.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < bytes.count {
            switch state {
            case .refused: return 400
            case .fixed(let left): index += skip(left, of: bytes.count - index, then: { .fixed($0) })
            case .chunk(let left): index += skip(left, of: bytes.count - index, then: { .chunk($0) })
            case .requestLine, .fields, .chunkSize, .chunkEnd:
                if let status = take(bytes[index]) {
                    state = .refused
                    return status
                }
                index += 1
            }
        }
        return nil
    }

    private mutating func skip(_ left: Int, of available: Int, then rest: (Int) -> State) -> Int {
        let count = min(left, available)
        if count < left {
            state = rest(left - count)
        } else if case .chunk = state {
            state = .chunkEnd(seenCR: false, isLast: false)
        } else {
            complete()
        }
        return count
    }

    private mutating func complete() {
        completed += 1
        releasePlace()
        state = .requestLine
        head = RequestHead()
        headSize = 0
        bodySize = 0
    }

    /// To be called when the connection ends, too.
    mutating func releasePlace() {
        if holdsPlace { limits.large?.giveBack() }
        holdsPlace = false
    }

    /// - Returns: Nil when a body of this size may come; the status to refuse with otherwise.
    private mutating func admit(_ size: Int) -> Int? {
        guard size > limits.bodyBytes, !(holdsPlace && size <= limits.large?.rule.limitBytes ?? 0) else { return nil }
        guard let large = limits.large, size <= large.rule.limitBytes, large.rule.isFor(head.method, head.path)
        else { return 413 }
        holdsPlace = large.take()
        return holdsPlace ? nil : 503
    }

    private mutating func take(_ byte: UInt8) -> Int? {
        if case .chunkEnd(let seenCR, let isLast) = state {
            guard byte == (seenCR ? ASCII.lineFeed : ASCII.carriageReturn) else { return 400 }
            if !seenCR {
                state = .chunkEnd(seenCR: true, isLast: isLast)
            } else if isLast {
                complete()
            } else {
                state = .chunkSize
            }
            return nil
        }
        if endsInCR {
            guard byte == ASCII.lineFeed else { return 400 }
            endsInCR = false
            defer { line.removeAll(keepingCapacity: true) }
            return endOfLine()
        }
        return extendLine(byte)
    }

    private mutating func extendLine(_ byte: UInt8) -> Int? {
        var isInChunks = false
        if case .chunkSize = state { isInChunks = true }
        if !isInChunks {
            headSize += 1
            guard headSize <= limits.headBytes else {
                if case .requestLine = state { return 414 }
                return 431
            }
        }
        if byte == ASCII.carriageReturn {
            endsInCR = true
            return nil
        }
        let isControl = byte < 0x20 && byte != ASCII.tab || byte == 0x7f
        guard !isControl, !isInChunks || line.count < 8 else { return 400 }
        line.append(byte)
        return nil
    }

    private mutating func endOfLine() -> Int? {
        switch state {
        case .requestLine:
            state = .fields
            return head.readRequestLine(line)
        case .fields where line.isEmpty: return endOfHead()
        case .fields:
            return head.fieldCount < limits.fields ? head.readField(line) : 431
        case .chunkSize: return beginChunk()
        case .fixed, .chunk, .chunkEnd, .refused: return 400
        }
    }

    private mutating func endOfHead() -> Int? {
        heads += 1
        switch head.bodyFraming() {
        case .failure(let refusal): return refusal.status
        case .success(.none): complete()
        case .success(.chunked): state = .chunkSize
        case .success(.fixed(let length)):
            if let status = admit(length) { return status }
            state = .fixed(length)
        }
        return nil
    }

    private mutating func beginChunk() -> Int? {
        guard let size = Int(ASCII.text(line), radix: 16), line.allSatisfy(ASCII.isHexDigit) else { return 400 }
        bodySize += min(size, Int.max - bodySize)
        if let status = admit(bodySize) { return status }
        state = size == 0 ? .chunkEnd(seenCR: false, isLast: true) : .chunk(size)
        return nil
    }
}

/// Byte classes of RFC 9110, section 5.6.
enum ASCII {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }

    /// May stand in a method or field name.
    static func isTokenByte(_ byte: UInt8) -> Bool { tokenBytes[Int(byte)] }

    private static let tokenBytes = (0...UInt8.max).map { byte in
        isDigit(byte) || isLetter(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
