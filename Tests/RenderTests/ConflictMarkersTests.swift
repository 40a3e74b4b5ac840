// SPDX-License-Identifier: Apache-2.0

import Domain
import Render
import Testing

@Suite("Conflict markers that were committed")
struct ConflictMarkersTests {
    private static let record = """
        service: cart
        <<<<<<< HEAD
        version: "1.0"
        image: cart:1.0
        =======
        version: "1.1"
        image: cart:1.1
        >>>>>>> dev

        """

    @Test("are what people are told about, not the YAML that they are not", arguments: [false, true])
    func record(isWindows: Bool) {
        let text = isWindows ? Self.record.split(separator: "\n").joined(separator: "\r\n") : Self.record
        let problems = Renderer.release(Array(text.utf8), path: "environments/releases/cart.yaml").diagnostics
        #expect(problems.map(\.code) == ["KN2011"])
        #expect(problems.first?.location.description == "environments/releases/cart.yaml:2:1")
        #expect(problems.first?.message.hasSuffix("(HEAD and dev): the markers stand in lines 2 to 8") == true)
    }

    @Test("a text that only looks like markers is read as it is")
    func looksLike() {
        let text = "service: cart\nversion: \"1\"\nimage: cart:1\nnote: |\n  <<<<<<< HEAD\n  =======\n  >>>>>>> dev\n"
        #expect(Renderer.release(Array(text.utf8), path: "releases/cart.yaml").diagnostics.isEmpty)
        let broken = "service: [\n=======\n"
        #expect(Renderer.release(Array(broken.utf8), path: "releases/cart.yaml").diagnostics.map(\.code) == ["KN2001"])
    }
}
