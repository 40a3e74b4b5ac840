// SPDX-License-Identifier: Apache-2.0

/// The texts of `Warning` header values: `299 - "v1 Foo is deprecated"` (RFC 7234, section 5.5). Pure.
///
/// What cannot be read as the RFC writes it is given whole: a warning is for people.
func warningTexts(_ values: [String]) -> [String] {
    values.flatMap { value in
        var texts: [String] = []
        var bytes = Array(value.utf8)[...]
        while let quote = bytes.firstIndex(of: UInt8(ascii: "\"")) {
            bytes = bytes[(quote + 1)...]
            var text: [UInt8] = []
            while let byte = bytes.popFirst(), byte != UInt8(ascii: "\"") {
                if byte == UInt8(ascii: "\\"), let escaped = bytes.popFirst() {
                    text.append(escaped)
                } else {
                    text.append(byte)
                }
            }
            texts.append(String(decoding: text, as: UTF8.self))
            // A date in quotes may follow; it belongs to the text before.
            guard let comma = bytes.firstIndex(of: UInt8(ascii: ",")) else { break }
            bytes = bytes[(comma + 1)...]
        }
        return texts.isEmpty && !value.isEmpty ? [value] : texts
    }
}
