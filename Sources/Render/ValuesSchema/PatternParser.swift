// SPDX-License-Identifier: Apache-2.0

/// A pattern as it was written.
indirect enum PatternNode {
    case empty
    case step(PatternStep)
    case sequence([PatternNode])
    case choice([PatternNode])
    /// `max` is nil for any number of times.
    case repetition(PatternNode, min: Int, max: Int?)
}

/// Reads the text of a pattern; lives only inside `parse`.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    static func parse(_ source: String) throws(PatternError) -> PatternNode {
        var parser = PatternParser(scalars: Array(source.unicodeScalars))
        let node = try parser.choice()
        guard parser.position == parser.scalars.count else { throw PatternError(reason: "a ) closes nothing") }
        return node
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    private mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek else { return nil }
        position += 1
        return scalar
    }

    // MARK: Structure

    private mutating func choice() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 100 else { throw PatternError(reason: "groups nest deeper than 100") }
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            let atom = try atom()
            nodes.append(try repeated(atom))
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        switch next() {
        case "^": return .step(.start)
        case "$": return .step(.end)
        case ".": return .step(.set(.dot))
        case "(": return try group()
        case "[": return .step(.set(try set()))
        case "\\": return .step(try escape())
        case "*", "+", "?": throw PatternError(reason: "there is nothing to repeat")
        case "{":
            position -= 1
            guard try bounds() == nil else { throw PatternError(reason: "there is nothing to repeat") }
            position += 1
            return .step(.character("{"))
        case let scalar?: return .step(.character(scalar))
        case nil: return .empty
        }
    }

    private mutating func group() throws(PatternError) -> PatternNode {
        if take("?") {
            if take("=") || take("!") || take("<=") || take("<!") {
                throw PatternError(reason: "look-ahead and look-behind are not supported; use allOf with two patterns")
            }
            if take("<") {
                while let scalar = next(), scalar != ">" {}
            } else if !take(":") {
                throw PatternError(reason: "a group begins with ( or (?:")
            }
        }
        let node = try choice()
        guard take(")") else { throw PatternError(reason: "a ( is never closed") }
        return node
    }

    private mutating func repeated(_ atom: PatternNode) throws(PatternError) -> PatternNode {
        let min: Int
        let max: Int?
        switch peek {
        case "*": (min, max) = (0, nil)
        case "+": (min, max) = (1, nil)
        case "?": (min, max) = (0, 1)
        case "{":
            guard let bounds = try bounds() else { return atom }
            _ = take("?")
            return .repetition(atom, min: bounds.min, max: bounds.max)
        default: return atom
        }
        position += 1
        // Whether a repetition is greedy makes no difference to whether there is a match.
        _ = take("?")
        return .repetition(atom, min: min, max: max)
    }

    /// `{3}`, `{3,}`, `{3,5}`; nil, and nothing is read, for any other brace.
    private mutating func bounds() throws(PatternError) -> (min: Int, max: Int?)? {
        let start = position
        guard take("{"), let min = number() else {
            position = start
            return nil
        }
        var max: Int? = min
        if take(",") { max = number() }
        guard take("}") else {
            position = start
            return nil
        }
        if let max, max < min { throw PatternError(reason: "{\(min),\(max)} has its numbers the wrong way round") }
        guard min <= 1000, (max ?? 0) <= 1000 else { throw PatternError(reason: "a repetition ends at 1000") }
        return (min, max)
    }

    private mutating func number() -> Int? {
        var number: Int?
        while let digit = peek.flatMap({ Int(String($0)) }), (0...9).contains(digit) {
            number = Swift.min((number ?? 0) * 10 + digit, 1_000_000)
            position += 1
        }
        return number
    }

    // MARK: Characters

    private mutating func escape() throws(PatternError) -> PatternStep {
        switch peek {
        case "b":
            position += 1
            return .wordBorder(isNegated: false)
        case "B":
            position += 1
            return .wordBorder(isNegated: true)
        case "1", "2", "3", "4", "5", "6", "7", "8", "9", "k":
            throw PatternError(reason: "back-references are not supported")
        default: break
        }
        let member = try escapedMember()
        if case .range(let range) = member, range.count == 1, let scalar = Unicode.Scalar(range.lowerBound) {
            return .character(scalar)
        }
        return .set(PatternSet(members: [member]))
    }

    /// What stands behind a `\`, inside and outside of `[]`.
    private mutating func escapedMember() throws(PatternError) -> PatternSet.Member {
        guard let scalar = next() else { throw PatternError(reason: "a \\ stands at the end") }
        func one(_ value: UInt32) -> PatternSet.Member { .range(value...value) }
        switch scalar {
        case "d": return .digit
        case "D": return .not(.digit)
        case "w": return .word
        case "W": return .not(.word)
        case "s": return .space
        case "S": return .not(.space)
        case "p": return .property(try property())
        case "P": return .not(.property(try property()))
        case "t": return one(0x09)
        case "n": return one(0x0A)
        case "v": return one(0x0B)
        case "f": return one(0x0C)
        case "r": return one(0x0D)
        case "0": return one(0)
        case "c":
            guard let letter = next(), letter.isASCII, letter.properties.isAlphabetic else {
                throw PatternError(reason: "\\c needs a letter")
            }
            return one(letter.value & 0x1F)
        case "x": return one(try hexadecimal(2))
        case "u": return one(try unicode())
        case let scalar
        where scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil):
            throw PatternError(reason: "\\\(scalar) means nothing")
        default: return one(scalar.value)
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(PatternError) -> UInt32 {
        let digits = scalars[position...].prefix(count)
        var text = ""
        text.unicodeScalars.append(contentsOf: digits)
        guard digits.count == count, let value = UInt32(text, radix: 16) else {
            throw PatternError(reason: "\\\(count == 2 ? "x" : "u") needs \(count) hexadecimal digits")
        }
        position += count
        return value
    }

    /// `u0041`, `u{1F600}`, or a pair of surrogates; the `u` is read.
    private mutating func unicode() throws(PatternError) -> UInt32 {
        if take("{") {
            var text = ""
            while let scalar = next(), scalar != "}" { text.unicodeScalars.append(scalar) }
            guard let value = UInt32(text, radix: 16), value <= 0x10FFFF else {
                throw PatternError(reason: "\\u{\(text)} names no character")
            }
            return value
        }
        let high = try hexadecimal(4)
        let start = position
        if (0xD800..<0xDC00).contains(high), take("\\u") {
            let low = try hexadecimal(4)
            if (0xDC00..<0xE000).contains(low) { return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00) }
            position = start
        }
        return high
    }

    private mutating func property() throws(PatternError) -> PatternProperty {
        guard take("{") else { throw PatternError(reason: "\\p needs a property in braces: \\p{L}") }
        var name = ""
        while let scalar = next(), scalar != "}" { name.unicodeScalars.append(scalar) }
        guard let property = PatternProperty(name) else {
            throw PatternError(
                reason: "there is no property \"\(name)\": general categories such as L, Lu and Nd are known")
        }
        return property
    }

    // MARK: Sets

    private mutating func set() throws(PatternError) -> PatternSet {
        var set = PatternSet(isNegated: take("^"))
        while let scalar = peek {
            if take("]") { return set }
            let low = try setMember(scalar)
            guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                set.members.append(low)
                continue
            }
            position += 1
            let high = try setMember(scalars[position])
            guard case .range(let from) = low, case .range(let to) = high else {
                throw PatternError(reason: "a range in [] goes from one character to another")
            }
            guard from.lowerBound <= to.lowerBound else {
                throw PatternError(reason: "a range in [] has its ends the wrong way round")
            }
            set.members.append(.range(from.lowerBound...to.lowerBound))
        }
        throw PatternError(reason: "a [ is never closed")
    }

    private mutating func setMember(_ scalar: Unicode.Scalar) throws(PatternError) -> PatternSet.Member {
        position += 1
        guard scalar == "\\" else { return .range(scalar.value...scalar.value) }
        if take("b") { return .range(0x08...0x08) }
        if take("-") { return .range(0x2D...0x2D) }
        return try escapedMember()
    }
}

/// `\p{…}`: a general category, or a few properties of single characters.
struct PatternProperty: Sendable {
    private let test: @Sendable (Unicode.Scalar) -> Bool

    func contains(_ scalar: Unicode.Scalar) -> Bool { test(scalar) }

    init?(_ name: String) {
        var name = name[...]
        for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) { name = name.dropFirst(prefix.count) }
        switch name {
        case "Any": test = { _ in true }
        case "ASCII": test = { $0.isASCII }
        case "Alphabetic", "Alpha": test = { $0.properties.isAlphabetic }
        case "Uppercase", "Upper": test = { $0.properties.isUppercase }
        case "Lowercase", "Lower": test = { $0.properties.isLowercase }
        case "White_Space", "space": test = { $0.properties.isWhitespace }
        default:
            guard let categories = Self.categories(String(name)) else { return nil }
            test = { categories.contains($0.properties.generalCategory) }
        }
    }

    private static func categories(_ name: String) -> Set<Unicode.GeneralCategory>? {
        let names = single.filter { $0.short == name || $0.long == name }.map(\.category)
        if !names.isEmpty { return Set(names) }
        guard let letter = groups[name] else { return nil }
        return Set(single.filter { $0.short.hasPrefix(letter) }.map(\.category))
    }

    private static let groups = [
        "L": "L", "Letter": "L", "M": "M", "Mark": "M", "Combining_Mark": "M", "N": "N", "Number": "N", "P": "P",
        "Punctuation": "P", "punct": "P", "S": "S", "Symbol": "S", "Z": "Z", "Separator": "Z", "C": "C", "Other": "C",
    ]

    private static let single: [(short: String, long: String, category: Unicode.GeneralCategory)] = [
        ("Lu", "Uppercase_Letter", .uppercaseLetter), ("Ll", "Lowercase_Letter", .lowercaseLetter),
        ("Lt", "Titlecase_Letter", .titlecaseLetter), ("Lm", "Modifier_Letter", .modifierLetter),
        ("Lo", "Other_Letter", .otherLetter), ("Mn", "Nonspacing_Mark", .nonspacingMark),
        ("Mc", "Spacing_Mark", .spacingMark), ("Me", "Enclosing_Mark", .enclosingMark),
        ("Nd", "Decimal_Number", .decimalNumber), ("Nd", "digit", .decimalNumber),
        ("Nl", "Letter_Number", .letterNumber), ("No", "Other_Number", .otherNumber),
        ("Pc", "Connector_Punctuation", .connectorPunctuation), ("Pd", "Dash_Punctuation", .dashPunctuation),
        ("Ps", "Open_Punctuation", .openPunctuation), ("Pe", "Close_Punctuation", .closePunctuation),
        ("Pi", "Initial_Punctuation", .initialPunctuation), ("Pf", "Final_Punctuation", .finalPunctuation),
        ("Po", "Other_Punctuation", .otherPunctuation), ("Sm", "Math_Symbol", .mathSymbol),
        ("Sc", "Currency_Symbol", .currencySymbol), ("Sk", "Modifier_Symbol", .modifierSymbol),
        ("So", "Other_Symbol", .otherSymbol), ("Zs", "Space_Separator", .spaceSeparator),
        ("Zl", "Line_Separator", .lineSeparator), ("Zp", "Paragraph_Separator", .paragraphSeparator),
        ("Cc", "Control", .control), ("Cf", "Format", .format), ("Cs", "Surrogate", .surrogate),
        ("Co", "Private_Use", .privateUse), ("Cn", "Unassigned", .unassigned),
    ]
}
