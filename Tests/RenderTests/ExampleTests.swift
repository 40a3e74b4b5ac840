// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Render
import Testing
import YAML

/// Where the example's rendered form is kept. To renew it after a wanted change, delete the file and run the test.
private func goldenPath(_ environment: Name) -> String {
    "\(projectFolder)/Tests/RenderTests/Golden/\(environment).yaml"
}

@Suite struct ExampleTests {
    @Test("the example names three environments, each with a namespace of its own")
    func pipeline() throws {
        let reading = Renderer.pipeline(in: try exampleSnapshot())
        #expect(reading.diagnostics.isEmpty)
        #expect(reading.content?.environments.map(\.name.text) == ["dev", "staging", "production"])
        #expect(reading.content?.environments.map(\.branch) == ["dev", "staging", "production"])
        #expect(
            reading.content?.environments.map(\.namespace) == ["shop-dev", "shop-staging", "shop-production"])
    }

    @Test("the example renders in every environment without a word", arguments: ["dev", "staging", "production"])
    func renders(name: String) throws {
        let snapshot = try exampleSnapshot()
        let pipeline = try #require(Renderer.pipeline(in: snapshot).content)
        let environment = try #require(pipeline.environments.first { $0.name.text == name })
        let rendering = Renderer().render(snapshot, for: environment).rendering
        #expect(rendering.allDiagnostics.map(\.description) == [])
        #expect(rendering.services.map(\.name.text) == ["cart", "catalog", "checkout", "mail", "web"])
        let text = yamlStream(rendering.services.flatMap(\.manifests).map(\.object))
        let path = goldenPath(environment.name)
        if !FileManager.default.fileExists(atPath: path) {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            Issue.record("there was no \(path); it is written now: read it, then commit it")
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
}
