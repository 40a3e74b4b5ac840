// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import TestKit
import Testing

@Suite("HTTPClient.send", .timeLimit(.minutes(1)))
struct SendTests {
    @Test("method, path, headers and body arrive, and the answer comes back")
    func roundTrip() async throws {
        let server = try ScriptedServer { _ in [.answer(201, "created", headers: ["X-A": "b"])] }
        let client = HTTPClient()
        let answer = try await client.send(
            .init(
                "PATCH", "\(server.url)/a%2Fb?c=d", headers: ["Content-Type": "x/y"],
                authorization: .init("Bearer t"), body: Array("hello".utf8)))
        #expect(answer.status == 201)
        #expect(answer.headers["x-a"] == "b")
        #expect(answer.body == Array("created".utf8))
        let request = try #require(server.requests.first)
        #expect(request.method == "PATCH")
        #expect(request.target == "/a%2Fb?c=d")
        #expect(request.text == "hello")
        #expect(request.headers["authorization"] == "Bearer t")
        #expect(request.headers["content-type"] == "x/y")
        #expect(request.headers["expect"] == nil)
    }
}
