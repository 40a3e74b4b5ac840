// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain
import Lifecycle

/// One conversation with a remote's `git-upload-pack`, in protocol version 2 where the server knows it, else in 0
/// (gitprotocol-v2(5), gitprotocol-pack(5)).
///
/// Spoken here rather than by libgit2, which in 1.5.1 can neither fetch a single commit without its history nor leave
/// out the files nobody asked for (docs/decisions/0007).
final class FetchSession {
    /// What to bring.
    struct Request {
        /// Object ids: of commits that were offered, and in version 2 of any object.
        var wants: [String]
        /// Commits of which everything is here already.
        var haves: [String] = []
        /// Of those, the ones whose parents are not here.
        var shallow: [String] = []
        /// Only the wanted commits, without their history. Ignored by a server that cannot.
        var isShallow = false
        /// Without the files' contents. Ignored by a server that cannot.
        var leavesOutBlobs = false
    }

    private enum Version {
        case two(fetch: Set<String>, hasObjectFormat: Bool)
        case zero(Advertisement)
    }

    let conversation: RemoteConversation
    private let channel: GitChannel
    private let version: Version
    /// Version 0 over a lasting connection serves one request.
    private(set) var isUsedUp = false

    /// Connects and reads what the server says about itself.
    ///
    /// - Parameter isWanted: The references that may be asked for.
    init(_ conversation: RemoteConversation, keeping isWanted: (String) -> Bool) throws(GitError) {
        conversation.asksForVersion2 = true
        self.conversation = conversation
        channel = GitChannel(conversation)
        let packets = PacketReader(try channel.open(), conversation, limit: Advertisement.limitBytes(conversation))
        let first = try packets.first()
        guard case .data(let line)? = first, PacketText.line(line) == "version 2" else {
            version = .zero(try Advertisement(first, packets, conversation, keeping: isWanted))
            return
        }
        var abilities: [String: String] = [:]
        while case .data(let line)? = try packets.next() {
            let parts = PacketText.line(line).split(separator: "=", maxSplits: 1)
            if let name = parts.first { abilities[String(name)] = parts.count > 1 ? String(parts[1]) : "" }
        }
        let fetch = Set((abilities["fetch"] ?? "").split(separator: " ").map(String.init))
        version = .two(fetch: fetch, hasObjectFormat: abilities["object-format"] != nil)
        if let format = abilities["object-format"], format != "sha1" {
            throw failure(.refused, "the repository's object ids are \(format), which kubernaut cannot read")
        }
    }

    /// Whether single files can be asked for by their ids.
    var givesAnyObject: Bool {
        if case .two(let fetch, _) = version { return fetch.contains("filter") }
        return false
    }

    // MARK: References

    /// The references below these prefixes, and HEAD.
    func references(below prefixes: [String]) throws(GitError) -> RemoteReferences {
        switch version {
        case .zero(let offer):
            var found = RemoteReferences(ids: offer.references)
            found.head = found.ids.removeValue(forKey: "HEAD")
            found.defaultReference = offer.headTarget
            return found
        case .two(_, let hasObjectFormat):
            var request = Self.command("ls-refs", hasObjectFormat)
            request.add("symrefs\n")
            for prefix in ["HEAD"] + prefixes { request.add("ref-prefix \(prefix)\n") }
            request.flush()
            let answer = PacketReader(
                try channel.send(request.bytes), conversation, limit: Advertisement.limitBytes(conversation))
            var found = RemoteReferences()
            while case .data(let bytes)? = try answer.next() {
                let line = PacketText.line(bytes)
                try PacketText.throwRemoteError(line, conversation)
                found.add(line)
            }
            return found
        }
    }

    // MARK: Objects

    /// Brings objects into a repository.
    func fetch(_ request: Request, into repository: GitRepository) throws(GitError) {
        guard !request.wants.isEmpty else { return }
        try conversation.checkSpace(for: 0)
        let bytes: [UInt8]
        switch version {
        case .two(let abilities, let hasObjectFormat):
            bytes = Self.text(of: request, abilities, Self.command("fetch", hasObjectFormat))
        case .zero(let offer):
            guard offer.capabilities["side-band-64k"] != nil else {
                throw failure(.refused, "the server's git is too old (no side-band-64k); update it")
            }
            bytes = Self.text(of: request, offer.capabilities)
            isUsedUp = true
        }
        let packets = PacketReader(
            try channel.send(bytes), conversation, limit: conversation.remote.limits.bytes)
        let pack = SidebandReader(packets, conversation)
        let writer = try PackWriter(repository, conversation)
        while let part = try pack.nextPackData() { try writer.append(part) }
        try writer.finish()
    }

    private static func command(_ name: String, _ hasObjectFormat: Bool) -> PacketWriter {
        var request = PacketWriter()
        request.add("command=\(name)\n")
        request.add("agent=kubernaut\n")
        if hasObjectFormat { request.add("object-format=sha1\n") }
        request.delimiter()
        return request
    }

    private static func text(of request: Request, _ abilities: Set<String>, _ head: PacketWriter) -> [UInt8] {
        var text = head
        var options = ["no-progress", "ofs-delta"]
        // A thin pack leaves out what we have said we have.
        if !request.haves.isEmpty { options.append("thin-pack") }
        for option in options { text.add("\(option)\n") }
        for id in request.shallow { text.add("shallow \(id)\n") }
        if request.isShallow, abilities.contains("shallow") { text.add("deepen 1\n") }
        if request.leavesOutBlobs, abilities.contains("filter") { text.add("filter blob:none\n") }
        for id in request.wants { text.add("want \(id)\n") }
        for id in request.haves { text.add("have \(id)\n") }
        text.add("done\n")
        text.flush()
        return text.bytes
    }

    private static func text(of request: Request, _ capabilities: [String: String]) -> [UInt8] {
        let canShallow = capabilities["shallow"] != nil
        var options = ["side-band-64k", "ofs-delta", "no-progress"]
        if request.isShallow || !request.shallow.isEmpty { options.append("shallow") }
        if !request.haves.isEmpty { options.append("thin-pack") }
        let asked = options.filter { capabilities[$0] != nil }
        var text = PacketWriter()
        for (index, id) in request.wants.enumerated() {
            text.add("want \(id)\(index == 0 ? " \(asked.joined(separator: " ")) agent=kubernaut" : "")\n")
        }
        if canShallow {
            for id in request.shallow { text.add("shallow \(id)\n") }
            if request.isShallow { text.add("deepen 1\n") }
        }
        text.flush()
        // Without its history a commit is no common ground for a server that does not know it is cut off.
        for id in request.haves where canShallow || request.shallow.isEmpty { text.add("have \(id)\n") }
        text.add("done\n")
        return text.bytes
    }

    private func failure(_ code: GitError.Code, _ detail: String) -> GitError {
        GitError(code: code, operation: conversation.operation, detail: detail)
    }
}

/// What a remote offers, as far as it was asked for.
struct RemoteReferences {
    /// Object ids by full names.
    var ids: [String: String] = [:]
    /// The commit that HEAD names; nil when there is none.
    var head: String?
    /// The reference that HEAD names; nil when the server does not say.
    var defaultReference: String?

    init(ids: [String: String] = [:]) { self.ids = ids }

    /// Takes in a line of `ls-refs`: id, name, attributes.
    mutating func add(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count >= 2, words[0].utf8.count == 40 else { return }
        guard words[1] == "HEAD" else {
            ids[String(words[1])] = String(words[0])
            return
        }
        head = String(words[0])
        for word in words.dropFirst(2) where word.hasPrefix("symref-target:") {
            defaultReference = String(word.dropFirst("symref-target:".count))
        }
    }

    /// The branch that HEAD names; where the server does not say, the first with the same commit, as `git clone` does.
    var defaultBranch: String? {
        if let defaultReference { return GitRepository.branch(ofReference: defaultReference) }
        guard let head else { return nil }
        return ids.filter { $0.value == head }.keys.sorted().compactMap(GitRepository.branch(ofReference:)).first
    }
}
