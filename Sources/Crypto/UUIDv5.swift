// SPDX-License-Identifier: Apache-2.0

/// A name-based UUID, version 5 (RFC 9562, section 5.5): equal namespace and name give an equal id.
///
/// - Parameter namespace: 16 bytes.
/// - Returns: The usual form with hyphens, lower case.
public func uuidV5(namespace: [UInt8], name: String) -> String {
    precondition(namespace.count == 16, "a UUID has 16 bytes")
    var bytes = Array(sha1(namespace + Array(name.utf8)).prefix(16))
    bytes[6] = bytes[6] & 0x0f | 0x50
    bytes[8] = bytes[8] & 0x3f | 0x80
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for (index, digit) in hex(bytes).utf8.enumerated() {
        if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
        text.append(digit)
    }
    return String(decoding: text, as: UTF8.self)
}
