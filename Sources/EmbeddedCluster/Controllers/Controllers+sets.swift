// SPDX-License-Identifier: Apache-2.0

import Domain

extension Controllers {
    func statefulSet(_ set: Value) {}
    func daemonSet(_ set: Value) {}
    func job(_ job: Value) {}
}
