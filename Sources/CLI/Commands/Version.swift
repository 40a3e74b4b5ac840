// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

/// The version of this program. Releases follow semantic versioning.
package let kubernautVersion = "0.1.0"

extension Command {
    static let version = Command(
        "version", .help, "print the version",
        flags: [SharedFlag.output(["text", "json"])],
        examples: [Example("kubernaut version -o json", "for scripts")]
    ) { invocation in
        if invocation.output == "json" {
            let answer: Value = ["version": .string(kubernautVersion), "swift": .string(swiftVersion)]
            try invocation.console.put(String(decoding: answer.prettyJSON(), as: UTF8.self))
        } else {
            try invocation.console.put("kubernaut \(kubernautVersion)\n")
        }
        return .done
    }
}

private var swiftVersion: String {
    #if swift(>=6.3)
        "6.3"
    #else
        "6.2"
    #endif
}
