// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Render
import Testing
import YAML

private let golden = "\(projectFolder)/Tests/RenderTests/Golden"

/// Where an environment's rendered form is kept, one file for each service. The name of the folder begins with the
/// environment's and says what the environment shows. To renew a file after a wanted change, delete it and run the
/// test.
private func goldenFolder(_ environment: Name) throws -> String {
    let folders = try FileManager.default.contentsOfDirectory(atPath: golden)
    return "\(golden)/\(try #require(folders.first { $0.hasPrefix("\(environment)-") }))"
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
        let folder = try goldenFolder(environment.name)
        for service in rendering.services {
            let text = yamlStream(service.manifests.map(\.object))
            let path = "\(folder)/\(service.name).yaml"
            if !FileManager.default.fileExists(atPath: path) {
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                Issue.record("there was no \(path); it is written now: read it, then commit it")
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files == rendering.services.map { "\($0.name).yaml" })
    }
}
