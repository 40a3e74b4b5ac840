// SPDX-License-Identifier: Apache-2.0

import Domain

/// Grammars of the formats: RFC 3339, ISO 8601, RFC 5321, RFC 1123, RFC 2673, RFC 4291, RFC 3986, RFC 4122.
enum FormatText {
    typealias Bytes = ArraySlice<UInt8>

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    private static func isHex(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }

    private static func number(_ bytes: Bytes) -> Int? {
        guard !bytes.isEmpty, bytes.count <= 9, bytes.allSatisfy(isDigit) else { return nil }
        return bytes.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    // MARK: Times

    static func isDateTime(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 11, bytes[10] | 0x20 == UInt8(ascii: "t") else { return false }
        return isDate(bytes[..<10]) && isTime(bytes[11...])
    }

    static func isDate(_ bytes: Bytes) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2,
            let year = number(parts[0]), let month = number(parts[1]), let day = number(parts[2]),
            (1...12).contains(month)
        else { return false }
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...lengths[month - 1]).contains(day)
    }

    static func isTime(_ bytes: Bytes) -> Bool {
        guard let zone = bytes.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "z") || "+-".utf8.contains($0) }),
            let offset = zoneOffset(bytes[zone...])
        else { return false }
        let clock = bytes[..<zone].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let first = clock.first, let (hour, minute, second) = clockTime(first) else { return false }
        if clock.count > 1, clock.count != 2 || clock[1].isEmpty || !clock[1].allSatisfy(isDigit) { return false }
        guard second == 60 else { return second < 60 }
        // A leap second is the last one of a day in UTC.
        let minutes = (hour * 60 + minute - offset + 2 * 1440) % 1440
        return minutes == 1439
    }

    private static func clockTime(_ bytes: Bytes) -> (Int, Int, Int)? {
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.count == 2 }), let hour = number(parts[0]),
            let minute = number(parts[1]), let second = number(parts[2]), hour < 24, minute < 60
        else { return nil }
        return (hour, minute, second)
    }

    /// In minutes; nil when `bytes` is neither `Z` nor `+01:00`.
    private static func zoneOffset(_ bytes: Bytes) -> Int? {
        guard let first = bytes.first else { return nil }
        if first | 0x20 == UInt8(ascii: "z") { return bytes.count == 1 ? 0 : nil }
        let parts = bytes.dropFirst().split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 2, parts[1].count == 2, let hours = number(parts[0]),
            let minutes = number(parts[1]), hours < 24, minutes < 60
        else { return nil }
        return (first == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }

    /// `P1Y2M3DT4H5M6S` or `P7W`.
    static func isDuration(_ bytes: Bytes) -> Bool {
        guard bytes.first == UInt8(ascii: "P") else { return false }
        let halves = bytes.dropFirst().split(
            separator: UInt8(ascii: "T"), maxSplits: 1, omittingEmptySubsequences: false)
        let days = units(halves[0])
        guard halves.count == 2 else {
            return days.map { $0 == "W" || !$0.isEmpty && isRun($0, of: "YMD") } ?? false
        }
        guard let days, let times = units(halves[1]) else { return false }
        return isRun(days, of: "YMD") && !times.isEmpty && isRun(times, of: "HMS")
    }

    /// The letters of `1Y2M`; nil when they and numbers do not take turns.
    private static func units(_ bytes: Bytes) -> String? {
        var units = ""
        var digits = 0
        for byte in bytes {
            if isDigit(byte) {
                digits += 1
            } else {
                guard digits > 0 else { return nil }
                units.unicodeScalars.append(Unicode.Scalar(byte))
                digits = 0
            }
        }
        return digits == 0 ? units : nil
    }

    /// Whether `part` is a piece of `whole` without gaps.
    private static func isRun(_ part: String, of whole: String) -> Bool { part.isEmpty || whole.contains(part) }

    // MARK: Hosts and addresses

    static func isHostname(_ bytes: Bytes) -> Bool {
        guard (1...253).contains(bytes.count) else { return false }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isHostLabel)
    }

    private static func isHostLabel(_ label: Bytes) -> Bool {
        guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-"),
            label.allSatisfy({ isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") })
        else { return false }
        // Two hyphens in the third and fourth place are for encoded names alone.
        let third = label.dropFirst(2).prefix(2)
        guard third.count == 2, third.allSatisfy({ $0 == UInt8(ascii: "-") }) else { return true }
        return label.prefix(2).map { $0 | 0x20 } == Array("xn".utf8) && label.count > 4
    }

    static func isIPv4(_ bytes: Bytes) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard let value = number(part) else { return false }
                return value < 256 && (part.count == 1 || part.first != UInt8(ascii: "0"))
            }
    }

    static func isIPv6(_ bytes: Bytes) -> Bool {
        var groups = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var count = 0
        if let last = groups.last, last.contains(UInt8(ascii: ".")) {
            guard groups.count > 1, isIPv4(last) else { return false }
            groups.removeLast()
            count = 2
        }
        let hasTail = count > 0
        guard groups.count >= 2 || hasTail else { return false }
        // A double colon leaves one empty group inside, or two at an end.
        let start = groups.prefix { $0.isEmpty }.count
        var gaps = 0
        for (index, group) in groups.enumerated() {
            if group.isEmpty {
                let isBorder = index == 0 || index == groups.count - 1 && !hasTail
                if !isBorder { gaps += 1 }
            } else {
                guard group.count <= 4, group.allSatisfy(isHex) else { return false }
                count += 1
            }
        }
        if start == 1, groups.count > 1, !groups[1].isEmpty { return false }
        if !hasTail, groups.last?.isEmpty == true, groups.dropLast().last?.isEmpty != true { return false }
        if hasTail, groups == [[]] { return false }
        if bytes.elementsEqual("::".utf8) { return true }
        return gaps == 0 ? count == 8 : gaps == 1 && count < 8
    }

    static func isEmail(_ bytes: Bytes) -> Bool {
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")), isLocalPart(bytes[..<at]) else { return false }
        let domain = bytes[(at + 1)...]
        guard domain.first == UInt8(ascii: "["), domain.last == UInt8(ascii: "]") else { return isHostname(domain) }
        let literal = domain.dropFirst().dropLast()
        return literal.starts(with: "IPv6:".utf8) ? isIPv6(literal.dropFirst(5)) : isIPv4(literal)
    }

    private static func isLocalPart(_ bytes: Bytes) -> Bool {
        guard (1...64).contains(bytes.count) else { return false }
        if bytes.count > 1, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") {
            return bytes.allSatisfy { (0x20...0x7E).contains($0) }
                && !bytes.dropFirst().dropLast().contains(UInt8(ascii: "\""))
        }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { isLetter($0) || isDigit($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
        }
    }

    static func isUUID(_ bytes: [UInt8]) -> Bool {
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : isHex(byte)
        }
    }

    static func isRelativePointer(_ text: String) -> Bool {
        let digits = text.utf8.prefix(while: isDigit)
        guard !digits.isEmpty, digits.count == 1 || digits.first != UInt8(ascii: "0") else { return false }
        let rest = String(text.dropFirst(digits.count))
        return rest.isEmpty || rest == "#" || JSONPointer(rest) != nil
    }

    // MARK: URIs

    static func isURI(_ bytes: [UInt8], needsScheme: Bool) -> Bool {
        guard hasURICharacters(bytes) else { return false }
        var rest = bytes[...]
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        if let colon = rest[..<end].firstIndex(of: UInt8(ascii: ":")) {
            let scheme = rest[..<colon]
            let isScheme =
                scheme.first.map(isLetter) ?? false
                && scheme.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
            // The first part of a relative path has no colon.
            guard isScheme else { return false }
            rest = rest[(colon + 1)...]
        } else if needsScheme {
            return false
        }
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
            guard !rest[(hash + 1)...].contains(where: { "#[]".utf8.contains($0) }) else { return false }
            rest = rest[..<hash]
        }
        guard rest.starts(with: "//".utf8) else { return !rest.contains { "[]".utf8.contains($0) } }
        let authority = rest.dropFirst(2).prefix { !"/?".utf8.contains($0) }
        let path = rest.dropFirst(2 + authority.count)
        return isAuthority(authority) && !path.contains { "[]".utf8.contains($0) }
    }

    private static func hasURICharacters(_ bytes: [UInt8]) -> Bool {
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, isHex(bytes[index + 1]), isHex(bytes[index + 2]) else { return false }
            } else if !isLetter(byte), !isDigit(byte), !"-._~:/?#[]@!$&'()*+,;=".utf8.contains(byte) {
                return false
            }
        }
        return true
    }

    private static func isAuthority(_ bytes: Bytes) -> Bool {
        var host = bytes
        if let at = host.lastIndex(of: UInt8(ascii: "@")) {
            guard !host[..<at].contains(where: { "[]@".utf8.contains($0) }) else { return false }
            host = host[(at + 1)...]
        }
        if host.first == UInt8(ascii: "[") {
            guard let close = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = host[(host.startIndex + 1)..<close]
            guard isIPv6(address) || address.first.map({ $0 | 0x20 == UInt8(ascii: "v") }) ?? false else {
                return false
            }
            host = host[(close + 1)...]
            return host.isEmpty || host.first == UInt8(ascii: ":") && host.dropFirst().allSatisfy(isDigit)
        }
        let parts = host.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard !parts[0].contains(where: { "[]".utf8.contains($0) }) else { return false }
        return parts.count == 1 || parts[1].allSatisfy(isDigit)
    }
}
