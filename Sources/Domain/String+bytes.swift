// SPDX-License-Identifier: Apache-2.0

// Keys and texts are compared as bytes wherever Kubernetes does, and that is done more often than anything else: eight
// bytes at a time instead of one.
extension String {
    /// Equality of the UTF-8 bytes, without Unicode normalization.
    public func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return order(of: other) { Self.order($0, $1) == 0 } ?? utf8.elementsEqual(other.utf8)
    }

    /// Order by UTF-8 bytes, as Kubernetes sorts keys.
    public func precedesInBytes(_ other: String) -> Bool {
        order(of: other) { Self.order($0, $1) < 0 } ?? utf8.lexicographicallyPrecedes(other.utf8)
    }

    /// Nil when the bytes of one of the two are not in one piece, which no text of Swift's own is.
    private func order(
        of other: String, _ compare: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Bool? {
        utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in compare(left, right) }
        } ?? nil
    }

    /// Below zero when `left` comes first, zero when they are equal.
    private static func order(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        let (a, b) = (UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
        let shared = Swift.min(a.count, b.count)
        var offset = 0
        while offset + 8 <= shared {
            let x = a.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let y = b.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            // The first byte counts most.
            if x != y { return x.bigEndian < y.bigEndian ? -1 : 1 }
            offset += 8
        }
        while offset < shared {
            if a[offset] != b[offset] { return a[offset] < b[offset] ? -1 : 1 }
            offset += 1
        }
        return a.count - b.count
    }
}
