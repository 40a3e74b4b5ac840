// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Testing

@Suite("Ids in the order of time")
struct TimeOrderedIDsTests {
    @Test("sort as they were made, within one millisecond and after the clock was set back")
    func order() {
        let ids = TimeOrderedIDs()
        let times: [Int64] = [5000, 5000, 6000, 2000, 2001, 7000]
        let made = times.map { ids.next(at: Instant(milliseconds: $0)) }
        #expect(made == made.sorted())
        #expect(Set(made).count == made.count)
        #expect(made.allSatisfy { $0.utf8.count == 32 })
        #expect(made[0].hasPrefix("000000001388"))
    }
}
