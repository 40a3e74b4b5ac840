// SPDX-License-Identifier: Apache-2.0

/// A piece of a page. Only literals of our own source are markup; every value put into one is escaped, unless it is
/// `HTML` itself. There is no way to turn a text into markup.
///
/// Attribute values always stand in double quotes. The result is also well-formed XML.
struct HTML: Sendable, ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral value: StaticString) { text = value.description }
    init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    struct Interpolation: StringInterpolationProtocol {
        // Static, so that `appendLiteral` cannot be given a text made at run time.
        typealias StringLiteralType = StaticString

        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        mutating func appendLiteral(_ literal: StaticString) { text += literal.description }
        mutating func appendInterpolation(_ html: HTML) { text += html.text }
        mutating func appendInterpolation(_ html: HTML?) { text += html?.text ?? "" }
        mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { text += part.text } }

        // Disfavored: a literal inside an interpolation (`flag ? "<b>" : ""`) is markup of ours, not a text.
        @_disfavoredOverload
        mutating func appendInterpolation(_ value: some CustomStringConvertible) { text += escaped(value.description) }
    }

    static func + (left: HTML, right: HTML) -> HTML { "\(left)\(right)" }
    static func += (left: inout HTML, right: HTML) { left.text += right.text }
}

extension [HTML] {
    func joined(_ separator: HTML) -> HTML {
        var result: HTML = ""
        for (index, part) in enumerated() { result += index == 0 ? part : separator + part }
        return result
    }
}

/// Escapes for element content and for attribute values in double quotes. Control characters, and those that
/// reverse the direction of text (a way to make one name look like another), become U+FFFD.
private func escaped(_ text: String) -> String {
    guard !text.utf8.allSatisfy(isPlain) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result.append(contentsOf: "&amp;".unicodeScalars)
        case "<": result.append(contentsOf: "&lt;".unicodeScalars)
        case ">": result.append(contentsOf: "&gt;".unicodeScalars)
        case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
        case "'": result.append(contentsOf: "&#39;".unicodeScalars)
        case "\n", "\t": result.append(scalar)
        case "\0"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{200e}", "\u{200f}", "\u{202a}"..."\u{202e}",
            "\u{2066}"..."\u{2069}", "\u{fffe}", "\u{ffff}":
            result.append("\u{fffd}")
        default: result.append(scalar)
        }
    }
    return String(result)
}

/// Whether a byte of a text stands for itself, whatever comes before and after it.
private func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): false
    default: (0x20...0x7e).contains(byte)
    }
}

/// A link to somewhere else: only `http` and `https` become one, everything else (`javascript:` above all) stays
/// text.
func externalLink(_ url: String?, _ text: HTML) -> HTML {
    guard let url, isWebAddress(url) else { return text }
    return "<a href=\"\(url)\" rel=\"noopener noreferrer\">\(text)</a>"
}

private func isWebAddress(_ url: String) -> Bool {
    let start = url.lowercased()
    return (start.hasPrefix("https://") || start.hasPrefix("http://"))
        && url.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f && $0 != "\\" }
}
