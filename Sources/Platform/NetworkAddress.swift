// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An IPv4 or IPv6 address as its bytes: 4 or 16.
public struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// Nil unless `text` is a numeric address, without brackets and zone.
    public init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: v4) { Array($0) }
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            bytes = withUnsafeBytes(of: v6) { Array($0) }
        } else {
            return nil
        }
    }

    /// - Parameter bytes: 4 or 16, in network order.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// The IPv4 address that this one stands for: mapped (RFC 4291), NAT64 (RFC 6052) and 6to4 (RFC 3056) lead there.
    private var embedded: NetworkAddress? {
        guard bytes.count == 16 else { return nil }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        let translated: [UInt8] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]
        if bytes.starts(with: mapped) || bytes.starts(with: translated) {
            return NetworkAddress(bytes: Array(bytes[12...]))
        }
        return bytes.starts(with: [0x20, 0x02]) ? NetworkAddress(bytes: Array(bytes[2..<6])) : nil
    }

    /// Networks of IANA's special-purpose registries that are not the public internet. The metadata services of clouds live in
    /// 169.254.0.0/16 and fd00:ec2::/32, which these hold.
    private static let specialV4: [(prefix: [UInt8], bits: Int)] = [
        ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12), ([192, 0, 0], 24),
        ([192, 0, 2], 24), ([192, 88, 99], 24), ([192, 168], 16), ([198, 18], 15), ([198, 51, 100], 24),
        ([203, 0, 113], 24), ([224], 4), ([240], 4),
    ]

    /// Whether it is an address of the public internet, and leads to none that is not.
    public var isPublic: Bool {
        if let embedded { return embedded.isPublic }
        if bytes.count == 4 { return !Self.specialV4.contains { isIn($0.prefix, $0.bits) } }
        // Global unicast is 2000::/3; in it Teredo, ORCHID, benchmarking and documentation are not.
        let special: [([UInt8], Int)] = [([0x20, 0x01, 0], 23), ([0x20, 0x01, 0x0d, 0xb8], 32), ([0x3f, 0xff], 20)]
        return isIn([0x20], 3) && !special.contains { isIn($0.0, $0.1) }
    }

    /// The same address without a mapping of IPv4 into IPv6, as sockets show it that listen on both.
    public var plain: NetworkAddress {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        return bytes.count == 16 && bytes.starts(with: mapped) ? NetworkAddress(bytes: Array(bytes[12...])) : self
    }

    /// - Parameters:
    ///   - prefix: Bytes that follow count as 0.
    ///   - bits: How many of the first bits must be equal; at most 8 for each byte of the address.
    fileprivate func isIn(_ prefix: [UInt8], _ bits: Int) -> Bool {
        for index in 0..<(bits + 7) / 8 {
            let mask = UInt8(truncatingIfNeeded: 0xff00 >> min(8, bits - index * 8))
            let wanted = index < prefix.count ? prefix[index] : 0
            if bytes[index] & mask != wanted & mask { return false }
        }
        return true
    }

    public var description: String {
        var text = [CChar](repeating: 0, count: 64)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        _ = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// A range of addresses, as people write it: `10.0.0.0/8`, `2001:db8::/32`, or one address.
public struct NetworkRange: Sendable, Hashable, CustomStringConvertible {
    private let first: NetworkAddress
    private let bits: Int

    /// Nil for anything else, also when bits after the prefix are set: that is usually a slip.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = NetworkAddress(String(parts[0])) else { return nil }
        let size = address.bytes.count * 8
        let digits = parts.count == 2 ? parts[1] : "\(size)"
        guard digits.utf8.count <= 3, digits.utf8.allSatisfy({ (48...57).contains($0) }), let bits = Int(digits),
            bits <= size
        else { return nil }
        let isClean = address.bytes.enumerated().allSatisfy { index, byte in
            let kept = max(0, min(8, bits - index * 8))
            return byte & UInt8(truncatingIfNeeded: 0xff >> kept) == 0
        }
        guard isClean else { return nil }
        first = address
        self.bits = bits
    }

    public func contains(_ address: NetworkAddress) -> Bool {
        let plain = address.plain
        return plain.bytes.count == first.bytes.count && plain.isIn(first.bytes, bits)
    }

    public var description: String { "\(first)/\(bits)" }
}
