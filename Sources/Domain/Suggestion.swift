// SPDX-License-Identifier: Apache-2.0

/// The words of `candidates` that a person who wrote `word` most likely meant, best first, at most three.
public func nearestWords(to word: String, in candidates: some Sequence<String>) -> [String] {
    let wanted = Array(word.lowercased().utf8)
    // A long text is no slip of the fingers, and its distances would cost time.
    guard (1...64).contains(wanted.count) else { return [] }
    let allowed = max(1, min(3, wanted.count / 3))
    var found: [(distance: Int, word: String)] = []
    for candidate in Set(candidates) where candidate.utf8.count <= 64 {
        let other = Array(candidate.lowercased().utf8)
        guard abs(other.count - wanted.count) <= allowed else { continue }
        let distance = editDistance(wanted, other)
        if distance <= allowed { found.append((distance, candidate)) }
    }
    return found.sorted { ($0.distance, $0.word) < ($1.distance, $1.word) }.prefix(3).map(\.word)
}

/// `did you mean "tag"?`, or nil when no candidate is near.
public func didYouMean(_ word: String, in candidates: some Sequence<String>) -> String? {
    let near = nearestWords(to: word, in: candidates)
    return near.isEmpty ? nil : "did you mean \(near.map { "\"\($0)\"" }.joined(separator: " or "))?"
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, byte) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            var best = min(last[column] + (byte == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                best = min(best, beforeLast[column - 1] + 1)
            }
            current.append(best)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
