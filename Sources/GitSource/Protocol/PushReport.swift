// SPDX-License-Identifier: Apache-2.0

/// What a server says became of a push. Pure.
struct PushReport {
    let reference: String
    /// Nil until the server has said it.
    private(set) var unpacked: String?
    private(set) var isAccepted = false
    private(set) var refusal: String?
    /// What hooks and the server's git said meanwhile.
    var remarks: [UInt8] = []

    init(reference: String) { self.reference = reference }

    /// Takes in one line of `report-status`: `unpack ok`, `ok REF`, `ng REF REASON`.
    mutating func read(_ bytes: [UInt8]) {
        let line = PacketText.line(bytes)
        if line.hasPrefix("unpack ") {
            unpacked = String(line.dropFirst("unpack ".count))
        } else if line == "ok \(reference)" {
            isAccepted = true
        } else if line.hasPrefix("ng \(reference)") {
            refusal = PacketText.shown(String(line.dropFirst("ng \(reference) ".count)))
        }
    }

    /// - Throws: `.moved` when another push came first; `.refused` with the remote's own words when it will never be
    ///   accepted like this; `.unreachable` when the server had trouble of its own, or said nothing.
    func check(_ operation: String, branch: String) throws(GitError) {
        if isAccepted, refusal == nil, unpacked == "ok" { return }
        let said = Self.lines(remarks)
        let reason: String
        if let unpacked, unpacked != "ok" {
            reason = "unpack: \(PacketText.shown(unpacked))"
        } else if let refusal {
            reason = refusal.isEmpty ? "no reason given" : refusal
        } else {
            throw GitError(
                code: .unreachable, operation: operation,
                detail: (["the server did not say what became of the push; look at \(branch) before trying again"]
                    + said).joined(separator: "\n"))
        }
        let (code, advice) = Self.meaning(of: reason, said: said)
        let words = ["the remote refused it: \(reason)"] + said + (advice.isEmpty ? [] : ["try: \(advice)"])
        throw GitError(code: code, operation: operation, detail: words.joined(separator: "\n"))
    }

    /// The remarks as git shows them, without progress figures.
    static func lines(_ remarks: [UInt8]) -> [String] {
        remarks.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.prefix(40)
            .map { PacketText.shown(String(decoding: $0, as: UTF8.self)) }.filter { !$0.isEmpty }
            .map { "remote: \($0)" }
    }

    // MARK: Meaning

    /// Another push was faster, in the words of git, GitHub, GitLab, Gitea and Bitbucket.
    private static let races = [
        "non-fast-forward", "fetch first", "stale info", "cannot lock ref", "failed to lock", "incorrect old value",
        "failed to update ref", "reference already exists", "reference conflict", "but expected",
    ]
    /// Said with "failed to update ref", too, when the server's own disk or rights are the matter.
    private static let troubles = [
        "no space left", "permission denied", "read-only file system", "insufficient permission", "quota exceeded",
    ]
    private static let rules: [(words: String, advice: String)] = [
        (
            "protected branch",
            "let this key's owner push to the branch (the server's branch protection), or use a branch that may be "
                + "pushed to"
        ),
        ("hook declined", "a rule of the server forbids it, its words are above; change the commit or the rule"),
        ("deletion prohibited", "the server allows no removal of branches"),
        ("currently checked out", "push to a bare repository, or check out another branch in that clone"),
        ("denied", "ask the repository's owner to let this key push"),
        ("not allowed", "ask the repository's owner what is allowed"),
    ]

    static func meaning(of reason: String, said: [String]) -> (code: GitError.Code, advice: String) {
        let reason = reason.lowercased()
        let all = ([reason] + said.map { $0.lowercased() }).joined(separator: "\n")
        // A hook may print anything: only the reason itself tells that one declined.
        for rule in rules where reason.contains(rule.words) { return (.refused, rule.advice) }
        if let trouble = troubles.first(where: all.contains) {
            let isPermission = trouble.contains("permission") || trouble.contains("read-only")
            return isPermission
                ? (.refused, "the server may not write its own repository; tell who keeps it")
                : (.unreachable, "the server has no room; tell who keeps it")
        }
        if races.contains(where: all.contains) { return (.moved, "") }
        return (.refused, "")
    }
}
