// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Platform

/// The `git` of this machine, asked for people's configuration. Everything works without it, with fewer answers.
/// Blocks, a few seconds at most.
struct GitProgram: Sendable {
    let environment: [String: String]
    let folder: String

    init(_ console: Console) {
        environment = console.environment
        folder = console.folder
    }

    /// `user.name` and the like; nil when nobody set it.
    func setting(_ name: String) -> String? { output(["config", "--get", name]) }

    private func output(_ arguments: [String]) -> String? {
        let watch = TransferWatch(
            TransferLimits(idle: .seconds(10), total: .seconds(10)), flag: CancellationFlag())
        // No git, or nothing to say: both mean that nobody set it.
        let outcome = try? ChildProcess.run(
            ["git"] + arguments, environment: environment, folder: folder, watch: watch)
        guard let outcome, outcome.status.isSuccess else { return nil }
        var text = outcome.outputText
        while text.last?.isNewline == true { text.removeLast() }
        return text.isEmpty ? nil : text
    }
}
