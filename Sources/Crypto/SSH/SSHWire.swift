// SPDX-License-Identifier: Apache-2.0

/// Reads the data types of SSH (RFC 4251, section 5). Every function gives nil when the bytes end too early.
struct SSHReader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { self.bytes = ArraySlice(bytes) }

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, count <= bytes.count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    mutating func uint32() -> UInt32? { take(4)?.reduce(0) { $0 << 8 | UInt32($1) } }

    mutating func string() -> [UInt8]? { uint32().flatMap { take(Int($0)) } }

    mutating func text() -> String? { string().flatMap { String(validating: $0, as: UTF8.self) } }

    /// A number of zero or more: its bytes without leading zeros. Nil for a negative one, too.
    mutating func number() -> [UInt8]? {
        guard let bytes = string() else { return nil }
        if let first = bytes.first, first >= 0x80 { return nil }
        return Array(bytes.drop { $0 == 0 })
    }
}

/// Writes the data types of SSH.
struct SSHWriter {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ more: some Sequence<UInt8>) { bytes += more }

    mutating func uint32(_ number: UInt32) {
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(number >> shift & 255)) }
    }

    mutating func string(_ more: [UInt8]) {
        uint32(UInt32(more.count))
        bytes += more
    }

    mutating func string(_ text: String) { string(Array(text.utf8)) }

    /// A number of zero or more, big-endian.
    mutating func number(_ number: [UInt8]) {
        let digits = Array(number.drop { $0 == 0 })
        string(digits.first.map { $0 >= 0x80 } == true ? [0] + digits : digits)
    }
}
