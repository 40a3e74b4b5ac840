// SPDX-License-Identifier: Apache-2.0

import Lifecycle
import Testing

@Suite("Watching a transfer")
struct TransferWatchTests {
    private func limits(idle: Duration = .seconds(60), total: Duration = .seconds(60)) -> TransferLimits {
        TransferLimits(idle: idle, total: total)
    }

    @Test("goes on while nothing is wrong, and is not idle while it does not wait")
    func goesOn() {
        let watch = TransferWatch(limits(idle: .zero), flag: CancellationFlag())
        #expect(watch.stop(waitingSince: nil) == nil)
        #expect(watch.stop(waitingSince: .now) == .idle(.zero))
    }

    @Test("a set flag comes before every limit")
    func cancelled() {
        let flag = CancellationFlag()
        flag.set()
        let watch = TransferWatch(limits(idle: .zero, total: .zero), flag: flag)
        #expect(watch.stop(waitingSince: .now) == .cancelled)
    }

    @Test("the total limit counts from the beginning, waiting or not")
    func total() {
        let watch = TransferWatch(limits(total: .zero), flag: CancellationFlag())
        #expect(watch.stop(waitingSince: nil) == .total(.zero))
    }
}
