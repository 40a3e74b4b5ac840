// SPDX-License-Identifier: Apache-2.0

import Domain
import Health

/// How a live object does, by these rules. Pure.
typealias Judge = @Sendable (Value, HealthRules) -> ObjectHealth

/// The health rules in force in one environment: those that come with kubernaut, and over them those of its revision.
struct RuleBook: Sendable {
    private(set) var current = HealthRules.builtIn
    private(set) var version = 0
    private var files: [String: SourceFile] = [:]
    private var diagnostics: [Diagnostic] = []

    /// - Returns: What is wrong with the revision's rules, the same as long as their files are.
    mutating func adopt(_ snapshot: SourceSnapshot) -> [Diagnostic] {
        let found = snapshot.files.filter { $0.key.hasPrefix("\(HealthRules.folder)/") }
        guard found != files else { return diagnostics }
        files = found
        (current, diagnostics) = HealthRules.builtIn.adding(
            Dictionary(uniqueKeysWithValues: found.map { (snapshot.path(of: $0.key), $0.value) }))
        version += 1
        return diagnostics
    }
}
