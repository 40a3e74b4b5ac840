// SPDX-License-Identifier: Apache-2.0

public import Domain

/// How two commits of an application stand to each other, as far as a clone that both are in can say.
public enum Ancestry: Sendable, Hashable {
    case same
    /// The candidate's commit comes after the recorded one.
    case newer
    case older
    /// Both are known, and neither comes before the other.
    case unrelated
    /// Not both are known here.
    case unknown
}

/// Whether a release is newer than the recorded one, and why that can be said. Pure.
public struct ReleaseOrder: Sendable, Hashable {
    public enum Verdict: Sendable, Hashable {
        case newer
        case notNewer
        /// Nothing says so, or two things contradict.
        case unknown
    }

    public let verdict: Verdict
    /// What decided, for people: `build 812 of cart/main comes after 811`.
    public let reason: String

    /// By the ancestry of the source commits if it is known, else by the build numbers of the same job, else by
    /// semantic version.
    public init(of candidate: ReleaseRecord, after recorded: ReleaseRecord, ancestry: Ancestry) {
        let all = [
            Self.byAncestry(candidate, recorded, ancestry), Self.byBuild(candidate, recorded),
            Self.byVersion(candidate, recorded),
        ]
        self =
            all.lazy.compactMap { $0 }.first
            ?? ReleaseOrder(
                .unknown,
                "neither source commits that a clone here knows, nor builds of one job, nor versions that compare "
                    + "(\(recorded.version), \(candidate.version)) say which is newer")
    }

    private init(_ verdict: Verdict, _ reason: String) {
        self.verdict = verdict
        self.reason = reason
    }

    private static func byAncestry(
        _ candidate: ReleaseRecord, _ recorded: ReleaseRecord, _ ancestry: Ancestry
    ) -> ReleaseOrder? {
        let old = short(recorded.source?.commit)
        let new = short(candidate.source?.commit)
        switch ancestry {
        case .newer: return ReleaseOrder(.newer, "its source commit \(new) comes after \(old)")
        case .older: return ReleaseOrder(.notNewer, "its source commit \(new) comes before \(old)")
        // The same source built twice, or two branches: something else must say.
        case .same, .unrelated, .unknown: return nil
        }
    }

    private static func byBuild(_ candidate: ReleaseRecord, _ recorded: ReleaseRecord) -> ReleaseOrder? {
        guard let job = candidate.build?.job, job == recorded.build?.job, let new = candidate.build?.number,
            let old = recorded.build?.number, new != old
        else { return nil }
        return new > old
            ? ReleaseOrder(.newer, "build \(new) of \(job) comes after \(old)")
            : ReleaseOrder(.notNewer, "build \(new) of \(job) comes before \(old)")
    }

    private static func byVersion(_ candidate: ReleaseRecord, _ recorded: ReleaseRecord) -> ReleaseOrder? {
        guard let new = VersionNumber(candidate.version), let old = VersionNumber(recorded.version) else { return nil }
        if old < new {
            return ReleaseOrder(.newer, "\(candidate.version) is a higher version than \(recorded.version)")
        }
        if new < old {
            return ReleaseOrder(.notNewer, "\(candidate.version) is a lower version than \(recorded.version)")
        }
        return ReleaseOrder(.notNewer, "\(candidate.version) has the same precedence as \(recorded.version)")
    }

    private static func short(_ commit: String?) -> String { String((commit ?? "").prefix(7)) }
}

/// A version that can be put in order: semantic versioning 2.0.0, and a little more that people use: a leading `v`, any
/// count of numbers (`1.43`, `812`, `2026.08.22`), leading zeros.
public struct VersionNumber: Sendable, Hashable, Comparable {
    /// Digits without leading zeros, so that no number is too long.
    private let numbers: [String]
    private let prerelease: [String]

    /// Nil for everything else, such as a commit's id.
    public init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        if rest.first == "v" || rest.first == "V" { rest.removeFirst() }
        // Build metadata says nothing about precedence (semver.org, 10).
        if let plus = rest.firstIndex(of: "+") {
            guard Self.identifiers(rest[rest.index(after: plus)...]) != nil else { return nil }
            rest = rest[..<plus]
        }
        var prerelease: [String] = []
        if let hyphen = rest.firstIndex(of: "-") {
            guard let identifiers = Self.identifiers(rest[rest.index(after: hyphen)...]) else { return nil }
            prerelease = identifiers
            rest = rest[..<hyphen]
        }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty && Self.isNumber($0) }) else { return nil }
        var numbers = parts.map(Self.withoutZeros)
        // 1.43 is 1.43.0.
        while numbers.count > 1, numbers.last == "0" { numbers.removeLast() }
        self.numbers = numbers
        self.prerelease = prerelease
    }

    public static func < (left: VersionNumber, right: VersionNumber) -> Bool {
        for index in 0..<max(left.numbers.count, right.numbers.count) {
            let a = left.numbers.indices.contains(index) ? left.numbers[index] : "0"
            let b = right.numbers.indices.contains(index) ? right.numbers[index] : "0"
            if a != b { return isLess(a, b) }
        }
        // Without a pre-release it is the later one (semver.org, 11.3).
        if left.prerelease.isEmpty || right.prerelease.isEmpty {
            return !left.prerelease.isEmpty && right.prerelease.isEmpty
        }
        for (a, b) in zip(left.prerelease, right.prerelease) where a != b {
            switch (isNumber(a[...]), isNumber(b[...])) {
            case (true, true): return isLess(withoutZeros(a[...]), withoutZeros(b[...]))
            case (true, false): return true
            case (false, true): return false
            case (false, false): return a.utf8.lexicographicallyPrecedes(b.utf8)
            }
        }
        return left.prerelease.count < right.prerelease.count
    }

    private static func isLess(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count ? left < right : left.utf8.count < right.utf8.count
    }

    private static func isNumber(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func withoutZeros(_ text: Substring) -> String {
        let rest = text.drop { $0 == "0" }
        return rest.isEmpty ? "0" : String(rest)
    }

    /// Between dots; nil when one is empty or holds something else than letters, digits and hyphens.
    private static func identifiers(_ text: Substring) -> [String]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        func isIdentifier(_ part: Substring) -> Bool {
            !part.isEmpty && part.utf8.allSatisfy { $0 < 0x80 && ($0 == UInt8(ascii: "-") || isWord($0)) }
        }
        return parts.allSatisfy(isIdentifier) ? parts.map(String.init) : nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
