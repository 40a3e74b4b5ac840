// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@Suite struct GlobCoverTests {
    static let pairs: [(wide: String, narrow: String, covers: Bool)] = [
        ("*", "*", true), ("*", "cart", true), ("*", "c?r*", true), ("cart", "cart", true), ("cart*", "cart-*", true),
        ("cart*", "cart", true), ("*-api", "cart-*-api", true), ("c?rt", "c?rt", true), ("c?rt", "cart", true),
        ("c*", "c?", true), ("cart-*", "cart*", false), ("cart", "*", false), ("c?rt", "c*rt", false),
        ("?", "*", false),
        ("cart", "c?rt", false), ("a*b", "a*", false), ("*a", "a*", false), ("", "*", false),
    ]

    @Test("a pattern covers another when it matches all that the other could", arguments: pairs)
    func covers(wide: String, narrow: String, covers: Bool) {
        #expect(Glob(wide).covers(Glob(narrow)) == covers)
    }

    @Test("a pattern that covers another matches every text that the other matches")
    func never() {
        func words(_ letters: [Character], upTo length: Int) -> [String] {
            var all = [""]
            var last = [""]
            for _ in 0..<length {
                last = last.flatMap { word in letters.map { word + String($0) } }
                all += last
            }
            return all
        }
        let patterns = words(["a", "*", "?"], upTo: 3).map { Glob($0) }
        let texts = words(["a", "b"], upTo: 4)
        var covered = 0
        for wide in patterns {
            for narrow in patterns where wide.covers(narrow) {
                covered += 1
                let missed = texts.first { narrow.matches($0) && !wide.matches($0) }
                #expect(missed == nil, "\(wide) does not match \(missed ?? "") of \(narrow)")
            }
        }
        #expect(covered > 100)
    }
}
