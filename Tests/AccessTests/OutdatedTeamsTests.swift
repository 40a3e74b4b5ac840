// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import Access

@Suite struct OutdatedTeamsTests {
    private func person(_ id: Int64, readAt seconds: Int64) -> Person {
        Person(id: id, login: "p\(id)", name: nil, teams: [], teamsReadAt: Instant(seconds: seconds))
    }

    @Test("news about one person concerns them until their teams were read again, and nobody else")
    func one() {
        let outdated = OutdatedTeams()
        outdated.note(7, at: Instant(seconds: 100))
        #expect(outdated.concerns(person(7, readAt: 99)))
        #expect(outdated.concerns(person(7, readAt: 100)))
        #expect(!outdated.concerns(person(7, readAt: 101)))
        #expect(!outdated.concerns(person(8, readAt: 1)))
    }

    @Test("news about everybody concern everybody, and so do more names than are kept")
    func everybody() {
        let outdated = OutdatedTeams()
        for id in 0...1000 { outdated.note(Int64(id), at: Instant(seconds: 100)) }
        #expect(outdated.concerns(person(5000, readAt: 99)))
        #expect(!outdated.concerns(person(5000, readAt: 101)))
    }
}
