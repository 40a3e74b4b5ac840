// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import Reconciler

@Suite struct AnnouncementsTests {
    private static func commit(_ digit: Character) throws -> CommitID {
        try #require(CommitID(String(repeating: digit, count: 40)))
    }

    @Test("a head that does not come is looked for after one, three and nine seconds, then left to the poll")
    func lagging() throws {
        var announcements = Announcements()
        let heads = ["dev": try Self.commit("a")]
        announcements.note(["dev": try Self.commit("b")], heads: heads)
        #expect(announcements.pause == nil)
        var pauses: [Duration?] = []
        for _ in 0..<5 {
            announcements.settle(heads)
            pauses.append(announcements.pause)
        }
        #expect(pauses == [.seconds(1), .seconds(3), .seconds(9), nil, nil])
    }

    @Test("it is over when the head comes, or any other one", arguments: ["b", "c"])
    func arrived(digit: Character) throws {
        var announcements = Announcements()
        announcements.note(["dev": try Self.commit("b")], heads: ["dev": try Self.commit("a")])
        announcements.settle(["dev": try Self.commit("a")])
        #expect(announcements.pause == .seconds(1))
        announcements.settle(["dev": try Self.commit(digit)])
        #expect(announcements.pause == nil)
    }

    @Test("what is there already is not waited for; a new branch is")
    func known() throws {
        var announcements = Announcements()
        announcements.note(["dev": try Self.commit("a")], heads: ["dev": try Self.commit("a")])
        announcements.settle(["dev": try Self.commit("a")])
        #expect(announcements.pause == nil)
        announcements.note(["new": try Self.commit("b")], heads: [:])
        announcements.settle([:])
        #expect(announcements.pause == .seconds(1))
    }
}
