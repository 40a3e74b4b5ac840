// SPDX-License-Identifier: Apache-2.0

import Domain

/// What git leaves in a file that it could not merge, when somebody commits it as it is.
struct ConflictMarkers: Sendable, Hashable {
    /// Of `<<<<<<<`, from 1.
    let first: Int
    /// Of `>>>>>>>`.
    let last: Int
    /// The names behind the markers: `HEAD` and the branch that was merged. Empty where there are none.
    let ours: String
    let theirs: String

    /// Nil when no three markers follow each other, each at the start of its line.
    init?(in bytes: [UInt8]) {
        var (start, ours, hasMiddle) = (0, "", false)
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            guard let kind = line.first, line.count >= 7 else { continue }
            switch kind {
            case UInt8(ascii: "<"):
                guard let label = Self.label(line, kind) else { continue }
                (start, ours, hasMiddle) = (number, label, false)
            case UInt8(ascii: "="):
                if start > 0, Self.label(line, kind) != nil { hasMiddle = true }
            case UInt8(ascii: ">"):
                guard hasMiddle, let label = Self.label(line, kind) else { continue }
                (first, last, self.ours, theirs) = (start, number, ours, label)
                return
            default: continue
            }
        }
        return nil
    }

    /// What stands behind seven markers; nil for any other line.
    private static func label(_ line: ArraySlice<UInt8>, _ mark: UInt8) -> String? {
        guard line.prefix(7).allSatisfy({ $0 == mark }) else { return nil }
        var rest = line.dropFirst(7)
        if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
        guard rest.isEmpty || rest.first == UInt8(ascii: " ") else { return nil }
        return String(decoding: rest.dropFirst(), as: UTF8.self)
    }

    var message: String {
        let names = ours.isEmpty || theirs.isEmpty ? "" : " (\(ours) and \(theirs))"
        return
            "a merge was committed with its conflict unsolved\(names): the markers stand in lines \(first) to \(last)"
    }

    static let hint = "write what the file should say, without the lines <<<<<<<, ======= and >>>>>>>, and commit it"
}
