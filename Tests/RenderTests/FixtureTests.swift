// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Render
import Testing
import YAML

private let fixtures = "\(projectFolder)/Tests/RenderTests/Fixtures"

/// Each folder is a config repository for the environment `dev`; its name says what must come out, and its file
/// `expected` holds it: first what is said, then the manifests. To renew one after a wanted change, delete
/// `expected` and run the test.
@Suite struct FixtureTests {
    @Test(
        "a fixture comes out as its name says",
        arguments: try FileManager.default.contentsOfDirectory(atPath: fixtures).sorted())
    func fixture(name: String) throws {
        let folder = "\(fixtures)/\(name)"
        let files = try snapshot(folder: folder, root: "config")
        let rendering = Renderer().render(files, for: try environment("dev", namespace: "shop")).rendering
        let text = describe(rendering)
        let path = "\(folder)/expected"
        if !FileManager.default.fileExists(atPath: path) {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            Issue.record("there was no \(path); it is written now: read it, then commit it")
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
}

private func describe(_ rendering: Rendering) -> String {
    var lines = rendering.diagnostics.map { "# \($0)" }
    for service in rendering.services {
        let state = service.isFailed ? "failed" : "rendered"
        let hold = service.hold.map { ", held: \($0.reason)" } ?? ""
        lines.append("# service \(service.name): \(state)\(hold)")
        lines += service.diagnostics.map { "#   \($0)" }
    }
    let manifests = rendering.services.flatMap(\.manifests)
    let documents = manifests.map { "# \($0.location)\n\($0.object.yaml())" }
    return lines.map { $0 + "\n" }.joined() + documents.joined(separator: "---\n")
}
