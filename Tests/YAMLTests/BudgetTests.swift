// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing
import YAML

@Suite struct BudgetTests {
    private static let laughs: String = {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let item = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: item, count: 10).joined(separator: ", "))]\n"
        }
        return text
    }()

    private static let merges: String = {
        var text = "a0: &a0 {k: v}\n"
        for level in 1...40 { text += "a\(level): &a\(level) {l: *a\(level - 1), r: *a\(level - 1)}\n" }
        return text
    }()

    enum Bomb: String, CaseIterable {
        case laughs, merges, brackets, braces, dashes, questions, documents, items, keys, bytes, texts

        var text: String {
            switch self {
            case .laughs: BudgetTests.laughs
            case .merges: BudgetTests.merges
            case .brackets: String(repeating: "[", count: 100_000)
            case .braces: String(repeating: "{a: ", count: 100_000)
            case .dashes: String(repeating: "- ", count: 100_000)
            case .questions: String(repeating: "? ", count: 100_000)
            case .documents: String(repeating: "---\n", count: 1_000_000)
            case .items: String(repeating: "- a\n", count: 1_000_000)
            case .keys: (0..<300_000).map { "k\($0): 1\n" }.joined()
            case .bytes: String(repeating: "a", count: 5 << 20)
            case .texts: "- &a " + String(repeating: "a", count: 1 << 20) + String(repeating: "\n- *a", count: 90_000)
            }
        }
    }

    @Test("a bomb is an error at once", arguments: Bomb.allCases)
    func bomb(_ bomb: Bomb) {
        let bytes = Array(bomb.text.utf8)
        let clock = ContinuousClock()
        let start = clock.now
        let error = #expect(throws: YAMLError.self) { try parseYAML(bytes) }
        #expect(error?.code == .limit)
        // A release build takes 100 ms at most; a debug build on a busy machine is given a hundred times as long.
        #expect(clock.now - start < .seconds(10))
    }

    @Test("limits can be set, and what they allow is read")
    func limits() throws {
        var limits = FileLimits(bytes: 100, depth: 3, documents: 2, nodes: 12)
        #expect(try parseYAML(Array("[[[1]]]\n---\na: 1".utf8), limits: limits).count == 2)
        for text in ["[[[[1]]]]", "---\n---\n---\n", "[1,2,3,4,5,6,7,8,9,10,11,12]"] {
            #expect(throws: YAMLError.self) { try parseYAML(Array(text.utf8), limits: limits) }
        }
        limits.bytes = 5
        #expect(throws: YAMLError.self) { try parseYAML(Array("a: 1234".utf8), limits: limits) }
    }

    @Test("an alias counts with all it stands for, in nodes and in depth")
    func aliases() throws {
        let limits = FileLimits(bytes: 1000, depth: 4, documents: 1, nodes: 14)
        #expect(try parseYAML(Array("a: &x [[1]]\nb: [*x]".utf8), limits: limits).count == 1)
        #expect(throws: YAMLError.self) { try parseYAML(Array("a: &x [[1]]\nb: [[*x]]".utf8), limits: limits) }
        #expect(throws: YAMLError.self) { try parseYAML(Array("a: &x [1,2,3]\nb: [*x,*x]".utf8), limits: limits) }
    }
}
