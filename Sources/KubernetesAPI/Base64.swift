// SPDX-License-Identifier: Apache-2.0

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// RFC 4648, section 4, with padding.
func base64(_ bytes: some Sequence<UInt8>) -> String {
    var output: [UInt8] = []
    var group: [UInt8] = []
    func flush() {
        let word = (0..<3).reduce(UInt32(0)) { $0 << 8 | UInt32($1 < group.count ? group[$1] : 0) }
        for index in 0..<4 {
            output.append(
                index <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
        }
        group = []
    }
    for byte in bytes {
        group.append(byte)
        if group.count == 3 { flush() }
    }
    if !group.isEmpty { flush() }
    return String(decoding: output, as: UTF8.self)
}

/// The bytes of base64 text; white space is skipped, as kubeconfigs written by hand contain it. Nil for anything else.
package func decodedBase64(_ text: String) -> [UInt8]? {
    let values = Dictionary(uniqueKeysWithValues: zip(alphabet, UInt32(0)...))
    var symbols = text.utf8.filter { !($0 == 0x20 || (0x09...0x0D).contains($0)) }
    guard symbols.count.isMultiple(of: 4) else { return nil }
    var padding = 0
    while padding < 2, symbols.last == UInt8(ascii: "=") {
        symbols.removeLast()
        padding += 1
    }
    var output: [UInt8] = []
    var word: UInt32 = 0
    var bits = 0
    for symbol in symbols {
        guard let value = values[symbol] else { return nil }
        word = word << 6 | value
        bits += 6
        if bits >= 8 {
            bits -= 8
            output.append(UInt8(word >> UInt32(bits) & 255))
        }
    }
    return output
}
