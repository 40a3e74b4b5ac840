// SPDX-License-Identifier: Apache-2.0

import Domain

/// Moves one branch of a remote, by git's own push protocol (gitprotocol-pack(5), "Pushing Data To a Server").
///
/// Spoken here rather than by libgit2, because the old id that a server compares with must be the one *our change was
/// made on*; libgit2 sends whatever the server advertised a moment ago (docs/decisions/0007).
struct PushExchange {
    let branch: String
    /// Nil when the branch must not exist yet.
    let expected: CommitID?
    let new: CommitID

    private static let zero = String(repeating: "0", count: 40)
    /// A report is a few lines; hooks may talk more.
    private static let answerLimitBytes = 4 << 20

    private var reference: String { GitRepository.branchPrefix + branch }

    /// - Parameter pack: Makes the pack of all objects that the remote lacks; called when the branch stands as expected.
    func run(_ conversation: RemoteConversation, pack: () throws(GitError) -> [UInt8]) throws(GitError) {
        let channel = GitChannel(conversation)
        let list = PacketReader(try channel.open(), conversation, limit: Advertisement.limitBytes(conversation))
        let offer = try Advertisement(try list.first(), list, conversation) { $0 == reference }
        let present = offer.references[reference]
        guard present == expected?.hex else {
            try? endPolitely(channel)
            throw moved(present, conversation)
        }
        guard expected != new else { return try endPolitely(channel) }
        guard offer.capabilities["report-status"] != nil else {
            throw GitError(
                code: .refused, operation: conversation.operation,
                detail: "the server does not report what becomes of a push; update its git (1.1 or newer)")
        }
        let asked = ["report-status", "side-band-64k", "quiet"].filter { offer.capabilities[$0] != nil }
        var request = PacketWriter()
        let ids = "\(expected?.hex ?? Self.zero) \(new.hex)"
        request.add("\(ids) \(reference)\0 \(asked.joined(separator: " ")) agent=kubernaut\n")
        request.flush()
        request.add(raw: try pack())
        let answer = try channel.send(request.bytes)
        try report(from: answer, isMultiplexed: asked.contains("side-band-64k"), conversation)
            .check(conversation.operation, branch: branch)
    }

    private func moved(_ present: String?, _ conversation: RemoteConversation) -> GitError {
        let stands = present.flatMap { CommitID($0) }.map { "\(branch) stands at \($0.short)" }
        let detail =
            switch (stands, expected) {
            case (let stands?, let expected?): "\(stands), not at \(expected.short) any more"
            case (let stands?, nil): "\(stands), though it should not exist yet"
            case (nil, _): "there is no branch \(branch) any more"
            }
        return GitError(code: .moved, operation: conversation.operation, detail: detail)
    }

    /// Nothing to send: over a lasting connection that is a flush, over HTTP the next request is simply not made.
    private func endPolitely(_ channel: GitChannel) throws(GitError) {
        guard channel.conversation.remote.url.transport != .http else { return }
        _ = try channel.send(Array("0000".utf8))
    }

    private func report(
        from stream: any GitStream, isMultiplexed: Bool, _ conversation: RemoteConversation
    ) throws(GitError) -> PushReport {
        let packets = PacketReader(stream, conversation, limit: Self.answerLimitBytes)
        var report = PushReport(reference: reference)
        do throws(GitError) {
            if isMultiplexed {
                let inner = SidebandReader(packets, conversation)
                while let line = try inner.nextLine() { report.read(line) }
                report.remarks = inner.remarks
            } else {
                while case .data(let line)? = try packets.next() { report.read(line) }
            }
        } catch {
            guard error.code == .unreachable || error.code == .timedOut || error.code == .other else { throw error }
            throw GitError(
                code: error.code, operation: error.operation,
                detail: "\(error.detail); the push may have arrived: look at \(branch) before trying again")
        }
        return report
    }
}

/// Takes apart the three channels of `side-band-64k`: packet lines inside channel 1, remarks in 2, the end in 3.
final class SidebandReader {
    private let packets: PacketReader
    private let conversation: RemoteConversation
    private var inner: [UInt8] = []
    private(set) var remarks: [UInt8] = []
    private var hasData = false
    private static let remarkLimitBytes = 16_384

    init(_ packets: PacketReader, _ conversation: RemoteConversation) {
        self.packets = packets
        self.conversation = conversation
    }

    /// The next packet line inside channel 1; nil at the end.
    func nextLine() throws(GitError) -> [UInt8]? {
        while true {
            if inner.count >= 4 {
                guard let length = PacketReader.length(inner[..<4]), length == 0 || length >= 4 else {
                    throw GitError(
                        code: .other, operation: conversation.operation, detail: "the server's report is unreadable")
                }
                if length == 0 { return nil }
                if inner.count >= length {
                    defer { inner.removeFirst(length) }
                    return Array(inner[4..<length])
                }
            }
            guard let more = try nextData() else { return nil }
            inner += more
        }
    }

    /// The next bytes of channel 1; nil at the end.
    ///
    /// - Throws: `.refused` with the server's words when it ends the conversation.
    func nextData() throws(GitError) -> [UInt8]? {
        while case .data(let packet)? = try packets.next() {
            guard let channel = packet.first else { continue }
            if let data = try take(channel, packet.dropFirst()) { return data }
        }
        return nil
    }

    /// The next part of a pack; nil at its end. Acknowledgements, and where history is cut off, are passed over.
    func nextPackData() throws(GitError) -> [UInt8]? {
        while let packet = try packets.next() {
            guard case .data(let bytes) = packet, let channel = bytes.first else {
                if hasData, packet == .flush { return nil }
                continue
            }
            guard channel <= 3 else {
                try PacketText.throwRemoteError(PacketText.line(bytes), conversation)
                continue
            }
            if let data = try take(channel, bytes.dropFirst()) { return data }
        }
        return nil
    }

    private func take(_ channel: UInt8, _ content: ArraySlice<UInt8>) throws(GitError) -> [UInt8]? {
        switch channel {
        case 1:
            hasData = true
            return Array(content)
        case 2:
            remarks += content.prefix(max(0, Self.remarkLimitBytes - remarks.count))
            return nil
        default:
            let words = PacketText.shown(String(decoding: content.prefix(4096), as: UTF8.self))
            throw GitError(
                code: .refused, operation: conversation.operation,
                detail: (["the remote says: \(words)"] + PushReport.lines(remarks)).joined(separator: "\n"))
        }
    }
}
