// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import Lifecycle
import Testing

@Suite("Parts of the login")
struct AccessPartsTests {
    @Test(
        "send a browser back to this site alone",
        arguments: [
            "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "javascript:alert(1)", "",
            "/%2f/evil.example", "/%5cevil.example", "/%09/evil.example", "/%252fevil.example", "/ok\nSet-Cookie: a=b",
            "/%0d%0aSet-Cookie:a", "evil.example", "/a\u{0}b", "/%25252f/evil.example", " /", "/\u{7f}",
            "/" + String(repeating: "a", count: 1024),
        ])
    func foreignTargets(text: String) {
        #expect(ReturnTarget(text).text == "/")
    }

    @Test("send a browser back to where it was", arguments: ["/", "/envs/dev", "/?q=a%20b&x=1", "/services/cart?at=1"])
    func ownTargets(text: String) {
        // A space may stand in a query, encoded; it is refused all the same where a browser may decode it.
        #expect(ReturnTarget(text).text == (text.contains("%20") ? "/" : text))
    }

    @Test("take neither of two cookies with one name")
    func cookies() {
        let cookies = Cookies(["a=1; __Host-kn_session=x; b=2", "__Host-kn_session=y"])
        #expect(cookies["a"] == "1" && cookies["b"] == "2")
        #expect(cookies["__Host-kn_session"] == nil && cookies["c"] == nil)
    }

    @Test("mask a form's secret anew each time, and know it again")
    func formTokens() {
        let secret = [UInt8](repeating: 9, count: 32)
        let (one, two) = (FormToken.make(from: secret), FormToken.make(from: secret))
        #expect(one != two)
        #expect(FormToken.isGood(one, for: secret) && FormToken.isGood(two, for: secret))
        #expect(!FormToken.isGood(one, for: [UInt8](repeating: 8, count: 32)))
        #expect(!FormToken.isGood("", for: secret) && !FormToken.isGood(String(one.dropLast(4)), for: secret))
    }

    @Test("read back the key they made, and no other text")
    func keys() throws {
        let made = APIKeyText()
        let text = made.text.withUnsafeValue { $0 }
        #expect(text.hasPrefix("kn_\(made.id)_"))
        let read = try #require(APIKeyText(text))
        #expect(read.digest == made.digest)
        for index in text.indices.dropFirst(3) {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(APIKeyText(changed) == nil)
        }
        #expect(APIKeyText("kn_") == nil && APIKeyText("") == nil && APIKeyText(text + "A") == nil)
    }

    @Test("count a network of 64 bits as one address, and IPv4 inside of IPv6 as IPv4")
    func networks() {
        let start = Instant(seconds: 1_800_000_000)
        let limiter = AttemptLimiter(failures: 1)
        limiter.noteFailure(of: "2001:db8:1:2::1", at: start)
        #expect(limiter.wait(for: "2001:db8:1:2:ffff:ffff:ffff:ffff", at: start) != nil)
        #expect(limiter.wait(for: "2001:db8:1:3::1", at: start) == nil)
        limiter.noteFailure(of: "::ffff:192.0.2.1", at: start)
        #expect(limiter.wait(for: "192.0.2.1", at: start) != nil)
        #expect(
            limiter.wait(for: "192.0.2.2", at: start) == nil && limiter.wait(for: "::ffff:192.0.2.2", at: start) == nil)
        limiter.noteFailure(of: "fe80::1%eth0", at: start)
        #expect(limiter.wait(for: "fe80::2", at: start) != nil)
    }

    @Test("slow guessing down, and remember no more addresses than they may")
    func limiter() {
        let limiter = AttemptLimiter(failures: 3, window: .seconds(60), addresses: 2)
        let start = Instant(seconds: 100)
        for _ in 0..<3 { limiter.noteFailure(of: "a", at: start) }
        #expect(limiter.wait(for: "a", at: start) == .seconds(60))
        #expect(limiter.wait(for: "b", at: start) == nil)
        #expect(limiter.wait(for: "a", at: start.adding(.seconds(60))) == nil)
        limiter.noteFailure(of: "b", at: start)
        // There is no room for more: every further address shares one place, which fills up.
        for number in 0..<3 { limiter.noteFailure(of: "x\(number)", at: start) }
        #expect(limiter.wait(for: "y", at: start) != nil)
        #expect(limiter.wait(for: "a", at: start) == .seconds(60))
        #expect(limiter.wait(for: "b", at: start) == nil)
    }
}
