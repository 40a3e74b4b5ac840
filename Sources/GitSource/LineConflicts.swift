// SPDX-License-Identifier: Apache-2.0

import Domain

/// Where two versions of a text changed the same lines of their common ancestor. Pure.
struct LineConflicts {
    /// Lines of the ancestor and what one side made of them; lines count from 0.
    struct Change: Equatable {
        let base: Range<Int>
        let new: Range<Int>
    }

    /// One side: its lines, and its changes in order.
    struct Side {
        let lines: [String]
        let changes: [Change]
    }

    let ours: Side
    let theirs: Side

    /// In order. Changes that touch each other count as the same place, as git counts them.
    func hunks() -> [FileConflict.Hunk] {
        var (mine, yours) = (Cursor(ours), Cursor(theirs))
        var found: [FileConflict.Hunk] = []
        while let start = [mine.nextStart, yours.nextStart].compactMap({ $0 }).min() {
            var end = start
            var isGrowing = true
            var (didOurs, didTheirs) = (false, false)
            while isGrowing {
                let (grewOurs, grewTheirs) = (mine.take(upTo: &end), yours.take(upTo: &end))
                didOurs = didOurs || grewOurs
                didTheirs = didTheirs || grewTheirs
                isGrowing = grewOurs || grewTheirs
            }
            let (left, right) = (mine.finish(start..<end), yours.finish(start..<end))
            if didOurs, didTheirs, let hunk = Self.hunk(ours.lines, left, theirs.lines, right) { found.append(hunk) }
        }
        return found
    }

    /// Nil when both made the same of it.
    private static func hunk(_ ours: [String], _ left: Range<Int>, _ theirs: [String], _ right: Range<Int>)
        -> FileConflict.Hunk?
    {
        var (mine, yours) = (ours[left], theirs[right])
        while let first = mine.first, first == yours.first {
            mine.removeFirst()
            yours.removeFirst()
        }
        while let last = mine.last, last == yours.last {
            mine.removeLast()
            yours.removeLast()
        }
        if mine.isEmpty, yours.isEmpty { return nil }
        return FileConflict.Hunk(line: mine.startIndex + 1, ours: Array(mine), theirs: Array(yours))
    }

    private struct Cursor {
        private let changes: [Change]
        private var index = 0
        /// How much longer this side is than the ancestor, before and after the present place.
        private var shiftBefore = 0
        private var shift = 0

        init(_ side: Side) { changes = side.changes }

        var nextStart: Int? { index < changes.count ? changes[index].base.lowerBound : nil }

        /// Takes the changes that begin at or before `end`, and moves it behind them.
        mutating func take(upTo end: inout Int) -> Bool {
            let before = index
            while let start = nextStart, start <= end {
                end = max(end, changes[index].base.upperBound)
                shift += changes[index].new.count - changes[index].base.count
                index += 1
            }
            return index != before
        }

        /// Where these lines of the ancestor are on this side.
        mutating func finish(_ base: Range<Int>) -> Range<Int> {
            defer { shiftBefore = shift }
            return base.lowerBound + shiftBefore..<base.upperBound + shift
        }
    }
}
