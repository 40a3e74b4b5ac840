// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// A switch between a test and a proxy.
final class Gate: Sendable {
    private let state = Lock(true)

    var isOpen: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
