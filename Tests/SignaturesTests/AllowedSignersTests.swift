// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Platform
import TestKit
import Testing

@testable import Signatures

@Suite("Allowed signers", .timeLimit(.minutes(1)))
struct AllowedSignersTests {
    private static let one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEIYQd2ZDrpKvB9kRn9UbwyxSf1Ni1z4kUfjLvQXSjKB"
    private let key: SSHPublicKey

    init() throws { key = try SSHPublicKey(line: Self.one) }

    private func answer(_ text: String, at time: Int64 = 1_770_000_000, namespace: String = "git") throws -> String {
        switch try AllowedSigners(text).signer(key, namespace: namespace, at: time) {
        case .success(let name): name
        case .failure(let problem): "no: \(problem)"
        }
    }

    @Test("a key is found by itself, with comments, quotes and options around it")
    func found() throws {
        let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
        #expect(try answer("# people\n\n  kim@acme.io,kim@x \(Self.one) a comment\n") == "kim@acme.io,kim@x")
        #expect(try answer("ann \(other)\n\"kim of\tacme\" namespaces=\"git\" \(Self.one)") == "kim of\tacme")
        #expect(try answer("kim namespaces=\"file,git\",valid-after=\"20200101Z\" \(Self.one)") == "kim")
        #expect(try answer("kim namespaces=\"g*\" \(Self.one)") == "kim")
        #expect(try answer("ann \(other)").hasPrefix("no: is in no line"))
        #expect(try answer("").hasPrefix("no: is in no line"))
        #expect(try answer("kim namespaces=\"file\" \(Self.one)").hasPrefix("no: may not sign for \"git\""))
        #expect(try answer("kim namespaces=\"*,!git\" \(Self.one)").hasPrefix("no: may not sign"))
        // A second line with the same key may allow what the first does not.
        #expect(try answer("kim namespaces=\"file\" \(Self.one)\nkim2 \(Self.one)") == "kim2")
    }

    @Test("a key counts between its dates, both ends included")
    func dates() throws {
        let line = "kim valid-after=\"20260101Z\",valid-before=\"202602011200Z\" \(Self.one)"
        let start: Int64 = 1_767_225_600
        let end: Int64 = 1_769_947_200
        #expect(try answer(line, at: start) == "kim")
        #expect(try answer(line, at: end) == "kim")
        #expect(try answer(line, at: start - 1).hasPrefix("no: did not count on 2025-12-31T23:59:59Z"))
        #expect(try answer(line, at: end + 1).hasPrefix("no: did not count"))
    }

    static let wrong = [
        "kim", "kim ssh-ed25519", "kim \(one.dropLast(4))", "kim cert-authority \(one)", "kim color=\"red\" \(one)",
        "kim valid-after=\"yesterday\" \(one)", "kim valid-after=\"20261301Z\" \(one)", "kim namespaces=\"git \(one)",
        "kim valid-after=\"20270101Z\",valid-before=\"20260101Z\" \(one)", "kim sk-ssh-ed25519@openssh.com AAAA",
    ]

    @Test("a line that is not understood makes the whole list unusable, and says which", arguments: wrong)
    func refused(line: String) throws {
        do throws(AllowedSigners.Problem) {
            _ = try AllowedSigners("# first\n\(Self.one.replacing("ssh-", with: "x ssh-"))\n\(line)\n")
            Issue.record("it was read")
        } catch {
            #expect("\(error)".hasPrefix("line 3: "))
        }
    }

    @Test("patterns match as OpenSSH's do, and no pattern takes long")
    func patterns() {
        #expect(matches("git", patterns: "git"))
        #expect(matches("git", patterns: "?i?"))
        #expect(matches("git", patterns: "file,*t"))
        #expect(!matches("git", patterns: "gi"))
        #expect(!matches("git", patterns: "*,!g*"))
        #expect(!matches("git", patterns: ""))
        let text = String(repeating: "a", count: 4000)
        #expect(!matches(text, patterns: String(repeating: "*a", count: 2000) + "*b"))
    }
}
