// SPDX-License-Identifier: Apache-2.0

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// Base64 (RFC 4648, section 4) with padding, without line breaks.
public func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for place in 0..<4 {
            text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// The bytes behind base64 with padding; nil for anything else, white space and bits that mean nothing included.
public func bytes(fromBase64 text: some Collection<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var (bits, count, padding) = (0, 0, 0)
    for byte in text {
        if byte == UInt8(ascii: "=") {
            padding += 1
        } else {
            guard padding == 0, let digit = digit(byte) else { return nil }
            bits = bits << 6 | digit
        }
        count += 1
        guard count % 4 == 0 else { continue }
        guard padding <= 2, bits << (6 * padding) & ((1 << (8 * padding)) - 1) == 0 else { return nil }
        let group = bits << (6 * padding)
        for place in 0..<(3 - padding) { bytes.append(UInt8(group >> (16 - 8 * place) & 255)) }
        bits = 0
        if padding > 0, count != text.count { return nil }
    }
    return bytes
}

private func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}
