// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPServer
import Testing
import WebUI

/// Serves the made-up shop for looking at: `KUBERNAUT_PAGES_PORT=8090 swift test --filter ServedFixture`, until the
/// file named by `KUBERNAUT_PAGES_UNTIL` is gone.
@Suite("Served fixture", .enabled(if: ProcessInfo.processInfo.environment["KUBERNAUT_PAGES_PORT"] != nil))
struct ServedFixture {
    @Test("pages can be looked at in a browser")
    func serve() async throws {
        let environment = ProcessInfo.processInfo.environment
        let file = try #require(environment["KUBERNAUT_PAGES_UNTIL"])
        var configuration = WebServer.Configuration()
        configuration.port = Int(environment["KUBERNAUT_PAGES_PORT"] ?? "") ?? 0
        let server = WebServer(configuration: configuration, handler: Fixture.pages().handler)
        try server.start()
        while FileManager.default.fileExists(atPath: file) { try await Task.sleep(for: .milliseconds(200)) }
        server.stop(grace: .zero)
        try await server.run()
    }
}
