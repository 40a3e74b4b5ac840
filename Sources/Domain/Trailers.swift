// SPDX-License-Identifier: Apache-2.0

/// The trailers of every change that kubernaut makes.
public enum TrailerKey {
    public static let action = "Kubernaut-Action"
    public static let service = "Kubernaut-Service"
    public static let version = "Kubernaut-Version"
    public static let environment = "Kubernaut-Environment"
    public static let from = "Kubernaut-From"
    public static let to = "Kubernaut-To"
    public static let reason = "Kubernaut-Reason"
    public static let actor = "Kubernaut-Actor"
}

/// The trailers of a commit message, as `git interpret-trailers` finds them: lines `Key: value` that make up the whole
/// last paragraph, which is not the subject. A line that begins with white space continues the value above it. Pure.
public func trailers(of message: some StringProtocol) -> [CommitDraft.Trailer] {
    var paragraphs: [[Substring]] = [[]]
    for line in message.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
        let line = Substring(line)
        if !line.allSatisfy(\.isWhitespace) {
            paragraphs[paragraphs.count - 1].append(line)
        } else if paragraphs.last?.isEmpty == false {
            paragraphs.append([])
        }
    }
    if paragraphs.last?.isEmpty == true { paragraphs.removeLast() }
    guard paragraphs.count > 1, let last = paragraphs.last else { return [] }
    var found: [CommitDraft.Trailer] = []
    for line in last {
        if let first = line.first, first == " " || first == "\t" {
            guard let above = found.popLast() else { return [] }
            found.append(CommitDraft.Trailer(above.key, above.value + " " + line.trimmed))
        } else if let trailer = trailer(line) {
            found.append(trailer)
        } else {
            return []
        }
    }
    return found
}

private func trailer(_ line: Substring) -> CommitDraft.Trailer? {
    guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return nil }
    let key = line[..<colon]
    guard key.utf8.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") }) else { return nil }
    return CommitDraft.Trailer(String(key), line[line.index(after: colon)...].trimmed)
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

extension Substring {
    fileprivate var trimmed: String {
        var rest = self
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
