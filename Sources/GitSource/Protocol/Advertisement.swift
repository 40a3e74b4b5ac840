// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// What a server of protocol version 0 or 1 says first: its references, one by one, and what it can.
struct Advertisement {
    /// With their values; "" for those without. Of several of one name the last.
    private(set) var capabilities: [String: String] = [:]
    /// Of the references asked for, those that are there: object ids by full names.
    private(set) var references: [String: String] = [:]
    /// The reference that HEAD names; nil when the server does not say.
    private(set) var headTarget: String?

    /// Larger lists are refused: 32 MiB are some 450,000 references.
    static func limitBytes(_ conversation: RemoteConversation) -> Int {
        min(32 << 20, conversation.remote.limits.bytes)
    }

    /// - Parameters:
    ///   - first: The first packet behind the preamble; the others come from `packets`.
    ///   - isWanted: Whether a reference is kept; the others only pass by.
    /// - Throws: `.notFound`, `.unauthorized` or `.refused` for what the server says instead.
    init(
        _ first: PacketReader.Packet?, _ packets: PacketReader, _ conversation: RemoteConversation,
        keeping isWanted: (String) -> Bool
    ) throws(GitError) {
        guard first != nil else {
            throw GitError(
                code: .unreachable, operation: conversation.operation, detail: "the server says nothing about itself")
        }
        var next = first
        var isFirst = true
        while case .data(let bytes)? = next {
            let line = PacketText.line(bytes)
            try PacketText.throwRemoteError(line, conversation)
            take(line, isFirst: isFirst, isWanted)
            isFirst = false
            next = try packets.next()
        }
        guard next != nil else {
            throw GitError(
                code: .unreachable, operation: conversation.operation, detail: "the server's list breaks off")
        }
    }

    private mutating func take(_ line: String, isFirst: Bool, _ isWanted: (String) -> Bool) {
        let parts = line.split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false)
        if isFirst, parts.count == 2 {
            for word in parts[1].split(separator: " ") {
                let pair = word.split(separator: "=", maxSplits: 1)
                let value = pair.count > 1 ? String(pair[1]) : ""
                capabilities[String(pair[0])] = value
                if pair[0] == "symref", value.hasPrefix("HEAD:") { headTarget = String(value.dropFirst("HEAD:".count)) }
            }
        }
        let words = parts[0].split(separator: " ", maxSplits: 1)
        // `capabilities^{}` stands for no reference at all, and `refs/tags/v1^{}` for what the tag before it names.
        guard words.count == 2, words[0].utf8.count == 40, !words[1].hasSuffix("^{}") else { return }
        let name = String(words[1])
        if isWanted(name) { references[name] = String(words[0]) }
    }
}
