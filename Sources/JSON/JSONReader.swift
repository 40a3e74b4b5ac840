// SPDX-License-Identifier: Apache-2.0

import CSimdjson
public import Domain

/// Why bytes are not one JSON document.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public let reason: String
    /// Where, from 1. Columns count bytes.
    public let line: Int
    public let column: Int

    public var description: String { "\(line):\(column): \(reason)" }
}

/// Reads one JSON document. Numbers keep their exact text unless they are an `Int64`; of a repeated key the
/// last one stays, as in Go.
///
/// - Parameter depth: How deep lists and maps may nest, 1 or more.
/// - Throws: `JSONError`, also for text after the document and for invalid UTF-8.
public func parseJSON(_ bytes: some Collection<UInt8>, depth: Int = 200) throws(JSONError) -> Value {
    var error: UnsafePointer<CChar>?
    var offset = 0
    let contiguous = bytes.withContiguousStorageIfAvailable {
        kn_json_parse($0.baseAddress, $0.count, depth, &error, &offset)
    }
    let parsed =
        contiguous
        ?? Array(bytes).withUnsafeBytes {
            kn_json_parse($0.baseAddress, $0.count, depth, &error, &offset)
        }
    guard let document = parsed else {
        let reason = error.map { String(cString: $0) } ?? "unreadable"
        throw JSONError(at: offset, in: bytes, reason: reason)
    }
    defer { kn_json_free(document) }
    var count = 0
    var reader = TokenReader(tokens: UnsafeBufferPointer(start: kn_json_tokens(document, &count), count: count))
    return reader.next()
}

extension JSONError {
    fileprivate init(at offset: Int, in bytes: some Collection<UInt8>, reason: String) {
        let before = bytes.prefix(offset)
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
        self.init(reason: reason, line: line, column: column)
    }
}

/// Builds the tree from the flat token list; lives only inside `parseJSON`.
private struct TokenReader {
    let tokens: UnsafeBufferPointer<kn_json_token>
    var index = 0

    mutating func next() -> Value {
        let token = tokens[index]
        index += 1
        switch Int(token.kind) {
        case kn_json_false: return .bool(false)
        case kn_json_true: return .bool(true)
        case kn_json_number:
            let text = Self.text(token)
            return Int64(text).map { text == "-0" ? .decimal(text) : .integer($0) } ?? .decimal(text)
        case kn_json_string: return .string(Self.text(token))
        case kn_json_array: return .list((0..<token.count).map { _ in next() })
        case kn_json_object:
            return .map(
                Map(
                    (0..<token.count).map { _ in
                        let key = Self.text(tokens[index])
                        index += 1
                        return Map.Entry(key: key, value: next())
                    }))
        default: return .null
        }
    }

    private static func text(_ token: kn_json_token) -> String {
        // simdjson has checked the UTF-8 of the whole document.
        String(
            decoding: UnsafeRawBufferPointer(start: token.bytes, count: token.count), as: UTF8.self)
    }
}
