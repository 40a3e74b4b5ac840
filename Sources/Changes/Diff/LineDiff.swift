// SPDX-License-Identifier: Apache-2.0

/// One line of a comparison.
public struct DiffLine: Sendable, Hashable {
    public enum Mark: Character, Sendable {
        case same = " "
        case removed = "-"
        case added = "+"
    }

    public let mark: Mark
    public let text: String
}

/// The shortest way from `old` to `new`, removals before additions (Myers, "An O(ND) Difference Algorithm", 1986).
///
/// Pure. Beyond 2,000 differences the rest is shown as removed and added, to bound time and memory.
public func lineDiff(_ old: [String], _ new: [String]) -> [DiffLine] {
    let head = zip(old, new).prefix { $0 == $1 }.count
    let tail = zip(old.dropFirst(head).reversed(), new.dropFirst(head).reversed()).prefix { $0 == $1 }.count
    let oldMiddle = Array(old[head..<(old.count - tail)])
    let newMiddle = Array(new[head..<(new.count - tail)])
    let middle = myers(oldMiddle, newMiddle) ?? replaced(oldMiddle, newMiddle)
    return old[..<head].map { DiffLine(mark: .same, text: $0) } + middle
        + old[(old.count - tail)...].map { DiffLine(mark: .same, text: $0) }
}

private func replaced(_ old: [String], _ new: [String]) -> [DiffLine] {
    old.map { DiffLine(mark: .removed, text: $0) } + new.map { DiffLine(mark: .added, text: $0) }
}

private let differenceLimit = 2000

/// Nil when there are more differences than the limit.
private func myers(_ old: [String], _ new: [String]) -> [DiffLine]? {
    let limit = min(old.count + new.count, differenceLimit)
    // `reach[k]` is how far into `old` diagonal k (old index − new index) got; `trail` keeps it for every step.
    var reach = [Int](repeating: 0, count: 2 * limit + 3)
    let center = limit + 1
    var trail: [[Int]] = []
    for step in 0...limit {
        trail.append(reach)
        for diagonal in stride(from: -step, through: step, by: 2) {
            let goesDown =
                diagonal == -step
                || (diagonal != step && reach[center + diagonal - 1] < reach[center + diagonal + 1])
            var x = goesDown ? reach[center + diagonal + 1] : reach[center + diagonal - 1] + 1
            var y = x - diagonal
            while x < old.count, y < new.count, old[x] == new[y] {
                x += 1
                y += 1
            }
            reach[center + diagonal] = x
            if x >= old.count, y >= new.count { return walkBack(trail, center, old, new) }
        }
    }
    return nil
}

private func walkBack(_ trail: [[Int]], _ center: Int, _ old: [String], _ new: [String]) -> [DiffLine] {
    var lines: [DiffLine] = []
    var (x, y) = (old.count, new.count)
    for step in stride(from: trail.count - 1, through: 0, by: -1) {
        let reach = trail[step]
        let diagonal = x - y
        let goesDown =
            diagonal == -step || (diagonal != step && reach[center + diagonal - 1] < reach[center + diagonal + 1])
        let previous = goesDown ? diagonal + 1 : diagonal - 1
        let startX = reach[center + previous]
        let startY = startX - previous
        while x > max(startX, 0), y > max(startY, 0), x > 0, y > 0, old[x - 1] == new[y - 1] {
            lines.append(DiffLine(mark: .same, text: old[x - 1]))
            x -= 1
            y -= 1
        }
        guard step > 0 else { break }
        if goesDown {
            lines.append(DiffLine(mark: .added, text: new[y - 1]))
            y -= 1
        } else {
            lines.append(DiffLine(mark: .removed, text: old[x - 1]))
            x -= 1
        }
    }
    return lines.reversed()
}

/// The unified form of `diff -u`: hunks with three lines of context. Empty when nothing differs.
public func unifiedDiff(_ old: [String], _ new: [String], from oldName: String, to newName: String) -> [String] {
    let lines = lineDiff(old, new)
    let changes = lines.indices.filter { lines[$0].mark != .same }
    guard !changes.isEmpty else { return [] }
    var output = ["--- \(oldName)", "+++ \(newName)"]
    var (oldLine, newLine, done) = (0, 0, 0)
    for hunk in hunks(around: changes, count: lines.count) {
        for line in lines[done..<hunk.lowerBound] where line.mark == .same {
            _ = line
            oldLine += 1
            newLine += 1
        }
        let oldCount = lines[hunk].count { $0.mark != .added }
        let newCount = lines[hunk].count { $0.mark != .removed }
        output.append("@@ -\(span(oldLine, oldCount)) +\(span(newLine, newCount)) @@")
        output += lines[hunk].map { "\($0.mark.rawValue)\($0.text)" }
        oldLine += oldCount
        newLine += newCount
        done = hunk.upperBound
    }
    return output
}

/// Ranges of lines to show: each change with its context, near ones together.
private func hunks(around changes: [Int], count: Int) -> [Range<Int>] {
    let context = 3
    var ranges: [Range<Int>] = []
    for change in changes {
        let range = max(0, change - context)..<min(count, change + context + 1)
        if let last = ranges.last, last.upperBound >= range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
        } else {
            ranges.append(range)
        }
    }
    return ranges
}

/// `12,3` as `diff -u` writes it: the first line from 1, or the line before an empty span.
private func span(_ before: Int, _ count: Int) -> String {
    count == 1 ? "\(before + 1)" : "\(count == 0 ? before : before + 1),\(count)"
}
