// SPDX-License-Identifier: Apache-2.0

import CZlib
import Domain

extension HTTPResponse {
    /// Shorter bodies are not worth it.
    private static let smallest = 1024

    enum Form: Sendable {
        /// Bytes that are never packed.
        case fixed
        /// What would be packed for another client, or were it longer.
        case plain
        case packed
    }

    func form(of body: [UInt8], for request: HTTPRequest) -> Form {
        guard isText, headers["Content-Encoding"] == nil, status != 304 else { return .fixed }
        return body.count > Self.smallest && request.acceptsGzip ? .packed : .plain
    }

    /// What is sent of `body`: compressed when its type is text, the client accepts gzip, and it gets shorter. `Vary` is set for
    /// every text answer, so that no cache gives compressed bytes to a client that cannot read them.
    mutating func pack(_ body: [UInt8], as form: Form) -> SentBytes {
        if form != .fixed { headers.append("Vary", "Accept-Encoding") }
        guard form == .packed, let packed = packed(body), packed.memory.count < body.count else { return sent(body) }
        headers["Content-Encoding"] = "gzip"
        return packed
    }

    private func sent(_ body: [UInt8]) -> SentBytes {
        kept?.bytes(packed: false) { SentBytes(body) } ?? SentBytes(body)
    }

    private func packed(_ body: [UInt8]) -> SentBytes? {
        // Long answers are lists for programs: there speed counts more than the last per cent.
        let level: Int32 = body.count > 256 * 1024 ? 1 : 6
        func make() -> SentBytes? { gzip(body, level: level).map { SentBytes($0) } }
        guard let kept else { return make() }
        return kept.bytes(packed: true, or: make)
    }

    private var isText: Bool {
        let type = (headers["Content-Type"] ?? "").lowercased().prefix { $0 != ";" && $0 != " " }
        return type.hasPrefix("text/") || type.hasSuffix("+json") || type.hasSuffix("+xml")
            || ["application/json", "application/yaml", "application/javascript"].contains(String(type))
    }
}

extension HTTPRequest {
    /// RFC 9110, section 12.5.3: gzip is named, or `*` is, and not with weight 0.
    var acceptsGzip: Bool {
        var accepted: Bool?
        for item in (headers["Accept-Encoding"] ?? "").lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            let isRefused = parts.dropFirst().contains { ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains($0) }
            switch parts.first {
            case "gzip", "x-gzip": return !isRefused
            case "*": accepted = !isRefused
            default: break
            }
        }
        return accepted ?? false
    }
}

/// Packs `bytes` as one gzip member (RFC 1952), without a time stamp, so that equal input gives equal output.
///
/// - Returns: Nil when zlib has no memory.
func gzip(_ bytes: [UInt8], level: Int32) -> [UInt8]? {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    // 15 bits of window, and 16 more for a gzip header instead of zlib's.
    guard deflateInit2_(&stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    let capacity = output.count
    let status = input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            return deflate(&stream, Z_FINISH)
        }
    }
    guard status == Z_STREAM_END else { return nil }
    output.removeLast(capacity - Int(stream.total_out))
    return output
}
