// SPDX-License-Identifier: Apache-2.0

/// A regular expression as JSON Schema uses them: ECMA-262 with Unicode, found anywhere in a text unless it is anchored.
///
/// Matching takes at most pattern × text steps, whatever they are: there is no backtracking. What cannot be matched
/// that way, look-around and back-references, is refused when the pattern is read.
struct Pattern: Sendable {
    let source: String
    private let program: [PatternStep]

    /// - Throws: What is wrong with `source`.
    init(_ source: String) throws(PatternError) {
        self.source = source
        var compiler = PatternCompiler()
        program = try compiler.compile(try PatternParser.parse(source))
    }

    /// Whether some part of `text` matches; nil when that would take more steps than `budget` has left.
    func matches(_ text: String, budget: inout Int) -> Bool? {
        var run = PatternRun(program, Array(text.unicodeScalars))
        return run.find(budget: &budget)
    }
}

struct PatternError: Error {
    /// In one sentence without a full stop.
    let reason: String
}

/// One instruction; numbers are positions of others.
enum PatternStep: Sendable {
    case character(Unicode.Scalar)
    case set(PatternSet)
    /// Goes on in two places.
    case either(Int, Int)
    case jump(Int)
    case start
    case end
    /// Between a word character and something else; or, negated, not there.
    case wordBorder(isNegated: Bool)
    case match
}

/// Which characters may stand in one place.
struct PatternSet: Sendable {
    enum Member: Sendable {
        case range(ClosedRange<UInt32>)
        case digit
        case word
        case space
        case property(PatternProperty)
        indirect case not(Member)
    }

    var members: [Member] = []
    var isNegated = false

    /// Everything but what ends a line.
    static let dot = PatternSet(
        members: [.range(0x0A...0x0A), .range(0x0D...0x0D), .range(0x2028...0x2029)], isNegated: true)

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        members.contains { Self.contains($0, scalar) } != isNegated
    }

    private static func contains(_ member: Member, _ scalar: Unicode.Scalar) -> Bool {
        switch member {
        case .range(let range): range.contains(scalar.value)
        case .digit: ("0"..."9").contains(scalar)
        case .word: isWord(scalar)
        case .space: isSpace(scalar)
        case .property(let property): property.contains(scalar)
        case .not(let inner): !contains(inner, scalar)
        }
    }

    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    /// White space and line ends of ECMA-262.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF: true
        default: false
        }
    }
}

/// Turns a parsed pattern into steps.
struct PatternCompiler {
    private var steps: [PatternStep] = []
    /// Repetitions of nothing make no steps, but take their time.
    private var visits = 0

    /// Bounds what repetitions such as `{1000}` can ask for.
    static let stepLimit = 5000

    mutating func compile(_ node: PatternNode) throws(PatternError) -> [PatternStep] {
        try emit(node)
        try add(.match)
        return steps
    }

    private mutating func add(_ step: PatternStep) throws(PatternError) {
        guard steps.count < Self.stepLimit else { throw Self.tooLarge }
        steps.append(step)
    }

    private static let tooLarge = PatternError(reason: "the repetitions make more than \(stepLimit) steps")

    private mutating func emit(_ node: PatternNode) throws(PatternError) {
        visits += 1
        guard visits <= 10 * Self.stepLimit else { throw Self.tooLarge }
        switch node {
        case .empty: break
        case .step(let step): try add(step)
        case .sequence(let nodes): for node in nodes { try emit(node) }
        case .choice(let nodes): try emitChoice(nodes)
        case .repetition(let inner, let min, let max): try emitRepetition(inner, min, max)
        }
    }

    private mutating func emitChoice(_ nodes: [PatternNode]) throws(PatternError) {
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            guard index < nodes.count - 1 else {
                try emit(node)
                break
            }
            let split = steps.count
            try add(.match)
            try emit(node)
            ends.append(steps.count)
            try add(.match)
            steps[split] = .either(split + 1, steps.count)
        }
        for end in ends { steps[end] = .jump(steps.count) }
    }

    /// - Parameter max: Nil for any number of times.
    private mutating func emitRepetition(_ node: PatternNode, _ min: Int, _ max: Int?) throws(PatternError) {
        for _ in 0..<min { try emit(node) }
        guard let max else {
            let split = steps.count
            try add(.match)
            try emit(node)
            try add(.jump(split))
            steps[split] = .either(split + 1, steps.count)
            return
        }
        var splits: [Int] = []
        for _ in min..<max {
            splits.append(steps.count)
            try add(.match)
            try emit(node)
        }
        for split in splits { steps[split] = .either(split + 1, steps.count) }
    }
}

/// One search: all ways through the pattern are walked at once, character by character.
struct PatternRun {
    private let program: [PatternStep]
    private let text: [Unicode.Scalar]
    /// The steps that wait for the character at hand, and those that wait for the one after it.
    private var lists: [[Int]] = [[], []]
    /// Which of the two is which.
    private var current = 0
    /// For each step the position at which it was last put into a list.
    private var seen: [Int]

    init(_ program: [PatternStep], _ text: [Unicode.Scalar]) {
        self.program = program
        self.text = text
        seen = Array(repeating: -1, count: program.count)
    }

    mutating func find(budget: inout Int) -> Bool? {
        for position in 0...text.count {
            // A match may begin anywhere.
            if follow(0, position, into: current, &budget) { return true }
            guard budget > 0 else { return nil }
            guard position < text.count else { break }
            let scalar = text[position]
            let waiting = lists[current]
            let next = 1 - current
            lists[next].removeAll(keepingCapacity: true)
            budget -= waiting.count
            for step in waiting where takes(step, scalar) {
                if follow(step + 1, position + 1, into: next, &budget) { return true }
            }
            current = next
        }
        return false
    }

    private func takes(_ step: Int, _ scalar: Unicode.Scalar) -> Bool {
        switch program[step] {
        case .character(let wanted): wanted == scalar
        case .set(let set): set.contains(scalar)
        default: false
        }
    }

    /// Adds the steps that take a character and can be reached from `start` without one.
    ///
    /// - Returns: True when the end of the pattern is among them.
    private mutating func follow(_ start: Int, _ position: Int, into list: Int, _ budget: inout Int) -> Bool {
        var waiting = [start]
        while let step = waiting.popLast() {
            guard seen[step] != position else { continue }
            seen[step] = position
            budget -= 1
            switch program[step] {
            case .match: return true
            case .jump(let target): waiting.append(target)
            case .either(let first, let second): waiting += [second, first]
            case .start: if position == 0 { waiting.append(step + 1) }
            case .end: if position == text.count { waiting.append(step + 1) }
            case .wordBorder(let isNegated): if isWordBorder(position) != isNegated { waiting.append(step + 1) }
            case .character, .set: lists[list].append(step)
            }
        }
        return false
    }

    private func isWordBorder(_ position: Int) -> Bool {
        let before = position > 0 && PatternSet.isWord(text[position - 1])
        let after = position < text.count && PatternSet.isWord(text[position])
        return before != after
    }
}
