// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Glibc

/// Whose SSH keys count: a file as `ssh-keygen(1)` describes it under ALLOWED SIGNERS, and as git reads it from
/// `gpg.ssh.allowedSignersFile`.
///
///     kim@acme.io,kim@old.acme.io namespaces="git" ssh-ed25519 AAAA…
///     jenkins valid-after="20260101Z",valid-before="20270101Z" ssh-ed25519 AAAA…
struct AllowedSigners: Sendable {
    struct Line: Sendable {
        /// As written.
        let principals: String
        let key: SSHPublicKey
        /// Patterns; nil for every namespace.
        var namespaces: String?
        /// Seconds since 1970.
        var validAfter: Int64?
        var validBefore: Int64?
    }

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    let lines: [Line]

    /// - Throws: `Problem` naming the line: a list that is half understood must not decide.
    init(_ text: String) throws(Problem) {
        var lines: [Line] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var words = WordReader(line)
            guard let first = words.peek, first != "#" else { continue }
            do throws(Problem) {
                lines.append(try Self.line(&words))
            } catch {
                throw Problem(description: "line \(index + 1): \(error)")
            }
        }
        self.lines = lines
    }

    private static func line(_ words: inout WordReader) throws(Problem) -> Line {
        guard let principals = words.next(), !principals.isEmpty else { throw Problem(description: "no principals") }
        guard let second = words.nextRaw() else { throw Problem(description: "a principal without a key") }
        // What is no kind of key is a list of options.
        let isKey = ["ssh-", "ecdsa-", "sk-"].contains { second.hasPrefix($0) }
        guard let type = isKey ? second : words.nextRaw(), let base64 = words.nextRaw() else {
            throw Problem(description: "no key")
        }
        var line: Line
        do throws(SSHError) {
            line = Line(principals: principals, key: try SSHPublicKey(line: "\(type) \(base64)"))
        } catch {
            throw Problem(description: "\(error)")
        }
        if !isKey { try apply(second, to: &line) }
        return line
    }

    private static func apply(_ options: String, to line: inout Line) throws(Problem) {
        for option in try split(options) {
            let equals = option.firstIndex(of: "=")
            let name = option[..<(equals ?? option.endIndex)].lowercased()
            let value = equals.map { unquoted(option[option.index(after: $0)...]) }
            switch (name, value) {
            case ("cert-authority", nil):
                throw Problem(description: "cert-authority is not supported; list the keys themselves")
            case ("namespaces", let value?): line.namespaces = value
            case ("valid-after", let value?): line.validAfter = try time(value)
            case ("valid-before", let value?): line.validBefore = try time(value)
            default: throw Problem(description: "unknown option \(name.prefix(40))")
            }
        }
        if let after = line.validAfter, let before = line.validBefore, after >= before {
            throw Problem(description: "valid-before is not later than valid-after")
        }
    }

    /// At commas outside quotes.
    private static func split(_ options: String) throws(Problem) -> [Substring] {
        var parts: [Substring] = []
        var start = options.startIndex
        var isQuoted = false
        for index in options.indices {
            if options[index] == "\"" { isQuoted.toggle() }
            if options[index] == ",", !isQuoted {
                parts.append(options[start..<index])
                start = options.index(after: index)
            }
        }
        if isQuoted { throw Problem(description: "a quote is not closed") }
        return parts + [options[start...]]
    }

    private static func unquoted(_ text: Substring) -> String {
        text.count >= 2 && text.first == "\"" && text.last == "\"" ? String(text.dropFirst().dropLast()) : String(text)
    }

    /// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`; with `Z` in UTC, without in this machine's time zone.
    static func time(_ text: String) throws(Problem) -> Int64 {
        let isUTC = text.hasSuffix("Z")
        let digits = Array((isUTC ? text.dropLast() : text[...]).utf8)
        guard [8, 12, 14].contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Problem(description: "\"\(text.prefix(40))\" is no time; write YYYYMMDD[HHMM[SS]][Z]")
        }
        func number(_ start: Int, _ count: Int) -> Int32 {
            guard start < digits.count else { return 0 }
            return digits[start..<start + count].reduce(0) { $0 * 10 + Int32($1 - 0x30) }
        }
        var parts = tm()
        parts.tm_year = number(0, 4) - 1900
        parts.tm_mon = number(4, 2) - 1
        parts.tm_mday = number(6, 2)
        parts.tm_hour = number(8, 2)
        parts.tm_min = number(10, 2)
        parts.tm_sec = number(12, 2)
        parts.tm_isdst = -1
        guard (0...11).contains(parts.tm_mon), (1...31).contains(parts.tm_mday), parts.tm_hour < 24, parts.tm_min < 60,
            parts.tm_sec < 61
        else { throw Problem(description: "\"\(text.prefix(40))\" is no time") }
        return Int64(isUTC ? timegm(&parts) : mktime(&parts))
    }

    // MARK: Asking

    /// Who may sign with this key.
    ///
    /// - Parameter time: When it was signed, seconds since 1970.
    /// - Returns: The principals, or one sentence on why the key does not count, without a subject.
    func signer(_ key: SSHPublicKey, namespace: String, at time: Int64) -> Result<String, Problem> {
        let own = lines.filter { $0.key == key }
        guard !own.isEmpty else { return .failure(Problem(description: "is in no line of the allowed signers")) }
        let allowed = own.filter { $0.namespaces.map { matches(namespace, patterns: $0) } ?? true }
        guard !allowed.isEmpty else {
            return .failure(Problem(description: "may not sign for \"\(namespace)\" by the allowed signers"))
        }
        for line in allowed
        where time >= line.validAfter ?? .min && time <= line.validBefore ?? .max { return .success(line.principals) }
        let when = Instant(seconds: time)
        return .failure(Problem(description: "did not count on \(when) by the allowed signers"))
    }
}

/// Words of a line, apart by white space. Quotes around a word may hold white space; quotes inside a word do, too.
private struct WordReader {
    private var rest: Substring

    init(_ line: Substring) { rest = line }

    var peek: Character? {
        mutating get {
            rest = rest.drop { $0.isWhitespace }
            return rest.first
        }
    }

    /// Without the quotes around it.
    mutating func next() -> String? {
        guard let word = nextRaw() else { return nil }
        return word.count >= 2 && word.hasPrefix("\"") && word.hasSuffix("\"")
            ? String(word.dropFirst().dropLast()) : word
    }

    mutating func nextRaw() -> String? {
        guard peek != nil else { return nil }
        var isQuoted = false
        let word = rest.prefix { character in
            if character == "\"" { isQuoted.toggle() }
            return isQuoted || !character.isWhitespace
        }
        rest = rest.dropFirst(word.count)
        return String(word)
    }
}

/// OpenSSH's pattern list: patterns with `*` and `?` between commas; `!` before one forbids what it matches.
func matches(_ text: String, patterns: String) -> Bool {
    let text = Array(text.utf8)
    func matches(_ pattern: Substring) -> Bool {
        Glob.matches(text, Array(pattern.utf8), run: UInt8(ascii: "*"), one: UInt8(ascii: "?"))
    }
    var isMatch = false
    for pattern in patterns.split(separator: ",") {
        if pattern.hasPrefix("!") {
            if matches(pattern.dropFirst()) { return false }
        } else if matches(pattern) {
            isMatch = true
        }
    }
    return isMatch
}
