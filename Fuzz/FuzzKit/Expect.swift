// SPDX-License-Identifier: Apache-2.0

import Domain

/// The bytes that libFuzzer lends for one call.
public func input(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: bytes, count: count))
}

/// Ends the process, which is how libFuzzer hears of a finding.
func expect(_ truth: Bool, _ property: @autoclosure () -> String) {
    if !truth { fatalError("finding: \(property())") }
}

/// Where a text has its lines; for asking whether a reported place is inside of it.
struct Extent {
    /// What ends a line: to Mustache a line feed, to YAML more.
    enum Lines {
        case yaml
        case template
    }

    private let widths: [Int]
    private let isWide: Bool
    private let count: Int

    init(_ bytes: [UInt8], _ lines: Lines = .yaml) {
        // libyaml also reads UTF-16, whose lines cannot be counted here.
        isWide = bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE])
        count = bytes.count
        var widths: [Int] = []
        var width = 0
        var index = 0
        while index < bytes.count {
            let (length, breaks) = Self.character(bytes, index)
            index += length
            width += 1
            if lines == .yaml ? breaks : bytes[index - 1] == 0x0A {
                widths.append(width)
                width = 0
            }
        }
        self.widths = widths + [width]
    }

    /// How many bytes the character at `index` has, and whether it ends the line.
    private static func character(_ bytes: [UInt8], _ index: Int) -> (length: Int, breaks: Bool) {
        func byte(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
        switch byte(0) {
        case 0x0A: return (1, true)
        case 0x0D: return byte(1) == 0x0A ? (2, true) : (1, true)
        case 0xC2 where byte(1) == 0x85: return (2, true)
        case 0xE2 where byte(1) == 0x80 && byte(2) & 0xFE == 0xA8: return (3, true)
        default:
            var length = 1
            while index + length < bytes.count, bytes[index + length] & 0xC0 == 0x80 { length += 1 }
            return (length, false)
        }
    }

    /// Whether a place can be shown: a line of the text, and a column on it or right behind it. 0 stands for the text
    /// or the line as a whole.
    func contains(line: Int, column: Int) -> Bool {
        if isWide { return (0...count + 1).contains(line) && (0...count + 2).contains(column) }
        guard line > 0 else { return line == 0 && column == 0 }
        guard line <= widths.count else { return false }
        return (0...widths[line - 1] + 1).contains(column)
    }
}

/// Checks that every problem says something, in a known file, at a place inside of it.
func expectPlaces(of diagnostics: [Diagnostic], in files: [String: Extent]) {
    for diagnostic in diagnostics {
        expect(!diagnostic.message.isEmpty, "\(diagnostic.code) says nothing")
        let place = diagnostic.location
        guard let extent = files[place.file] else {
            // A file that should be there is named as a whole.
            expect(place.line == 0, "\(diagnostic) is in a file that does not exist")
            continue
        }
        expect(extent.contains(line: place.line, column: place.column), "\(diagnostic) is outside of its file")
    }
}

extension Value {
    /// Bytes of text and one for each piece; counting stops beyond `limit`.
    func weight(upTo limit: Int, _ sum: Int = 0) -> Int {
        var sum = sum + 1
        guard sum <= limit else { return sum }
        switch self {
        case .null, .bool, .integer: break
        case .decimal(let text), .string(let text): sum += text.utf8.count
        case .list(let items): for item in items { sum = item.weight(upTo: limit, sum) }
        case .map(let map): for entry in map { sum = entry.value.weight(upTo: limit, sum + entry.key.utf8.count) }
        }
        return sum
    }
}
