// SPDX-License-Identifier: Apache-2.0

import Domain

/// A commit taken apart into its signature and what was signed.
struct SignedCommit {
    enum Signature: Hashable {
        case none
        case ssh([UInt8])
        case openPGP([UInt8])
        /// X.509, several at once, or what nobody knows.
        case unsupported(String)
    }

    let signature: Signature
    /// The commit without its signature: what the signer saw.
    let payload: [UInt8]
    /// For messages; empty when the commit names nobody.
    let author: String
    /// The committer's clock, seconds since 1970; nil when it cannot be read.
    let time: Int64?

    /// Reads as git does (`parse_signed_commit` in commit.c), but takes no commit with more than one signature.
    init(_ bytes: [UInt8]) {
        var payload: [UInt8] = []
        payload.reserveCapacity(bytes.count)
        var signatures: [[UInt8]] = []
        var author = ""
        var time: Int64?
        var isInSignature = false
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0a).map { $0 + 1 } ?? rest.endIndex
            let line = rest[..<end]
            rest = rest[end...]
            if isInSignature, line.first == 0x20 {
                signatures[signatures.count - 1] += line.dropFirst()
                continue
            }
            isInSignature = line.starts(with: "gpgsig ".utf8) || line.starts(with: "gpgsig-sha256 ".utf8)
            if isInSignature {
                signatures.append(Array(line.drop { $0 != 0x20 }.dropFirst()))
                continue
            }
            payload += line
            if line.starts(with: "author ".utf8) { author = Self.name(line.dropFirst(7)) }
            if line.starts(with: "committer ".utf8) { time = Self.time(line) }
            // After the empty line comes the message, which may say what it likes.
            if line.elementsEqual([0x0a]) {
                payload += rest
                break
            }
        }
        self.payload = payload
        self.author = author
        self.time = time
        signature =
            signatures.count > 1 ? .unsupported("it has more than one signature") : Self.kind(of: signatures.first)
    }

    private static func kind(of text: [UInt8]?) -> Signature {
        guard let text else { return .none }
        if text.starts(with: "-----BEGIN SSH SIGNATURE-----".utf8) { return .ssh(text) }
        if text.starts(with: "-----BEGIN PGP SIGNATURE-----".utf8) { return .openPGP(text) }
        if text.starts(with: "-----BEGIN SIGNED MESSAGE-----".utf8) {
            return .unsupported("its signature is made with X.509, which is not supported; use SSH or OpenPGP")
        }
        return .unsupported("its signature is of an unknown kind")
    }

    /// What stands before the address, on one line and no longer than 60 characters.
    private static func name(_ line: ArraySlice<UInt8>) -> String {
        let name = String(decoding: line.prefix { $0 != UInt8(ascii: "<") }, as: UTF8.self)
        return String(name.unicodeScalars.prefix(60).map { $0.properties.isPrintable ? Character($0) : "·" })
            .trimmingSpaces
    }

    private static func time(_ line: ArraySlice<UInt8>) -> Int64? {
        guard let close = line.lastIndex(of: UInt8(ascii: ">")) else { return nil }
        let digits = line[(close + 1)...].drop { $0 == 0x20 }.prefix { (0x30...0x39).contains($0) }
        return Int64(String(decoding: digits, as: UTF8.self))
    }
}

extension Unicode.Scalar.Properties {
    /// Nothing that a terminal or a page obeys.
    var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}

extension String {
    var trimmingSpaces: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
