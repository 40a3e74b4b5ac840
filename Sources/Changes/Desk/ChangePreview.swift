// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain
import Render

/// What edits of one environment's branch would make of its services: rendered and compared with what is there now.
public struct ChangePreview: Sendable {
    /// Where the branch stood.
    public let base: BranchHead
    /// Objects that are not the same afterwards, in the order of their keys; Secrets masked.
    public let objects: [ObjectDiff]
    /// Errors that the environment does not have now.
    public let problems: [Diagnostic]
    /// SHA-256 over every manifest of the environment that would differ, and what it replaces, 64 hexadecimal digits: two
    /// previews with the same digest promise the same.
    public let digest: String

    /// Pure.
    init(
        _ before: SourceSnapshot, _ after: SourceSnapshot, of environment: Environment, at base: BranchHead,
        renderer: Renderer, mask: SecretMask
    ) {
        self.base = base
        let old = renderer.render(before, for: environment)
        let new = renderer.render(after, for: environment, reusing: old.cache)
        let comparison = ManifestComparison(old.rendering, new.rendering)
        objects = comparison.diffs(named: environment.name, mask: mask)
        let known = Set(old.rendering.allDiagnostics.map(\.description))
        problems = new.rendering.allDiagnostics.filter { $0.severity == .error && !known.contains($0.description) }
        let lines = comparison.pairs.map { "\($0.key) \($0.before?.digest ?? "-") \($0.after?.digest ?? "-")" }
        digest = sha256Hex(Array((["kubernaut change 1"] + lines).joined(separator: "\n").utf8))
    }
}
