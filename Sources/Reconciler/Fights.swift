// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Notices when somebody undoes our healing again and again. Safe from any thread.
final class Fights: Sendable {
    private struct Bout {
        /// When the object was healed, within the last minute.
        var healed: [Duration] = []
        var pausedUntil: Duration?
    }

    enum Ruling: Sendable {
        case heal
        /// This is one time too many: leave it alone from now on.
        case pause
        case paused(until: Duration)
    }

    private let bouts = Lock<[ResourceKey: Bout]>([:])
    private let threshold: Int
    private let pause: Duration
    private static let window = Duration.seconds(60)

    init(threshold: Int, pause: Duration) {
        self.threshold = threshold
        self.pause = pause
    }

    func ruling(on key: ResourceKey, at now: Duration) -> Ruling {
        bouts.withLock { bouts in
            guard var bout = bouts[key] else { return .heal }
            if let until = bout.pausedUntil, now < until { return .paused(until: until) }
            bout.healed.removeAll { now - $0 >= Self.window }
            let isTooMany = bout.healed.count >= threshold
            bout.pausedUntil = isTooMany ? now + pause : nil
            if isTooMany { bout.healed = [] }
            bouts[key] = isTooMany || !bout.healed.isEmpty ? bout : nil
            return isTooMany ? .pause : .heal
        }
    }

    func noteHealing(_ key: ResourceKey, at now: Duration) {
        bouts.withLock { $0[key, default: Bout()].healed.append(now) }
    }
}
