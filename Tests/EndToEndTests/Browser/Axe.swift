// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Platform
import TestKit

/// axe-core, the accessibility checker; `scripts/setup --test` brings it.
struct Axe {
    private let script: String

    /// - Throws: `CommandFailure` when it is not there.
    init() throws {
        let path = "\(BuiltBinary.packageRoot)/.build/axe/axe.min.js"
        guard let script = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CommandFailure(description: "\(path) is missing: run scripts/setup --test")
        }
        self.script = script
    }

    /// What WCAG 2.2 A and AA and the checker's best practices find wrong: rule, what it means, and the first element.
    func violations(on page: BrowserPage) async throws -> [String] {
        _ = try await page.evaluate("(() => { \(script)\n })()")
        let found = try await page.evaluate(
            """
            axe.run(document, {resultTypes: ["violations"]}).then((result) => result.violations.map(
                (each) => `${each.id}: ${each.help}: ${each.nodes[0].html} ${each.nodes[0].failureSummary}`))
            """)
        return (found.list ?? []).compactMap(\.string)
    }
}

extension BrowserPage {
    /// Presses Tab until something has the focus, as who has no mouse.
    ///
    /// - Throws: `CommandFailure` when it is not reached within a hundred steps.
    func tab(to name: String) async throws {
        var seen: [String] = []
        for _ in 0..<100 {
            try await press("Tab")
            let focused = try await focused()
            if focused == name { return }
            seen.append(focused)
        }
        throw CommandFailure(description: "Tab never reached \"\(name)\", only \(seen.prefix(30))")
    }
}
