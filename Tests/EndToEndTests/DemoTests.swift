// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing

@Suite(.timeLimit(.minutes(3)), .serialized) struct DemoTests {
    @Test("demo --once plays the whole story and ends with 0")
    func story() throws {
        let output = try runCommand(
            [BuiltBinary.path(), "demo", "--once"], folder: BuiltBinary.packageRoot)
        #expect(output.contains("The story came out right"))
        #expect(output.split(separator: "\n").count { $0.hasPrefix("✔") } == 7)
    }

    @Test("demo without a config root says what to do, and exits with 64")
    func noTemplate() throws {
        let error = #expect(throws: CommandFailure.self) {
            try runCommand([BuiltBinary.path(), "demo", "--once"], folder: "/tmp")
        }
        #expect(error?.description.contains("exit status 64") == true)
        #expect(error?.description.contains("--template") == true)
    }
}
