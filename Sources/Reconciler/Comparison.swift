// SPDX-License-Identifier: Apache-2.0

import Domain

/// Compares what git wants with what a cluster has. Pure.
enum Comparison {
    /// Whether the live object holds everything that `desired` says, letter by letter.
    ///
    /// True proves that nothing needs to be written. False proves nothing: the server may write the same thing
    /// differently (`1000m` and `1`), and then only its dry run can tell.
    static func covers(_ live: Value, _ desired: Value) -> Bool {
        switch (live, desired) {
        case (.map(let live), .map(let desired)):
            desired.allSatisfy { entry in
                guard let value = live[entry.key] else { return isAbsence(entry.value) }
                return covers(value, entry.value)
            }
        case (.list(let live), .list(let desired)):
            live.count == desired.count && zip(live, desired).allSatisfy { covers($0, $1) }
        default: live == desired
        }
    }

    /// Server-side apply treats null as "not there", and servers drop empty lists.
    private static func isAbsence(_ value: Value) -> Bool { value.isNull || value.list?.isEmpty == true }

    /// Whether a dry run's answer changes nothing that matters: status and the server's own bookkeeping aside.
    static func isSame(_ live: Value, _ answer: Value, ignoring ignored: IgnoredFields = IgnoredFields()) -> Bool {
        ignored.removed(from: withoutBookkeeping(live)) == ignored.removed(from: withoutBookkeeping(answer))
    }

    private static func withoutBookkeeping(_ object: Value) -> Value {
        var object = object
        object["status"] = nil
        guard var metadata = object["metadata"] else { return object }
        for field in ["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"] {
            metadata[field] = nil
        }
        object["metadata"] = metadata
        return object
    }
}
