// SPDX-License-Identifier: Apache-2.0

import Domain
import EmbeddedCluster
import HTTPServer
import JSON
import Testing

@Suite("The embedded cluster's handler", .timeLimit(.minutes(1)))
struct HandlerTests {
    private func ask(
        _ cluster: EmbeddedCluster, _ method: String, _ path: String, _ body: Value? = nil
    ) async throws -> (status: Int, body: Value) {
        let request = HTTPRequest(method: method, rawPath: path, body: body?.json() ?? [])
        let answer = await cluster.handler(request)
        guard case .bytes(let bytes) = answer.body else { return (answer.status, .null) }
        return (answer.status, try parseJSON(bytes))
    }

    @Test("an object is created, read, and refused a second time")
    func createsOnce() async throws {
        let cluster = EmbeddedCluster()
        let map: Value = ["metadata": ["name": "a"], "data": ["k": "v"]]
        let path = "/api/v1/namespaces/default/configmaps"
        #expect(try await ask(cluster, "POST", path, map).status == 201)
        let found = try await ask(cluster, "GET", "\(path)/a")
        #expect(found.status == 200)
        #expect(found.body[at: "data", "k"] == "v")
        let again = try await ask(cluster, "POST", path, map)
        #expect(again.status == 409)
        #expect(again.body["reason"] == "AlreadyExists")
    }

    @Test("the kubeconfig names the server it is written for")
    func writesKubeconfig() {
        #expect(EmbeddedCluster().kubeconfig(server: "http://127.0.0.1:9").contains("server: http://127.0.0.1:9\n"))
    }
}
