// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain

extension FileConflict {
    var json: Value {
        [
            "file": .string(path), "removedInTarget": .bool(isRemovedByOurs),
            "removedInSource": .bool(isRemovedByTheirs),
            "hunks": .list(
                hunks.map { hunk in
                    [
                        "line": Value(hunk.line), "target": .list(hunk.ours.map(Value.string)),
                        "source": .list(hunk.theirs.map(Value.string)),
                    ]
                }),
        ]
    }
}

extension PromotionMoved.Branch {
    var json: Value {
        [
            "environment": Value(environment), "expected": .string(expected), "now": now.json,
            "since": since.map { .list($0.prefix(50).map(\.json)) } ?? .null,
        ]
    }
}
