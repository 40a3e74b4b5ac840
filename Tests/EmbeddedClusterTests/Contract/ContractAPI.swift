// SPDX-License-Identifier: Apache-2.0

import Domain
import EmbeddedCluster
import Foundation
import HTTPClient
import HTTPServer
import JSON
import TestKit
import Testing

/// Whose behaviour a contract test looks at. The real one is right.
enum Implementation: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case embedded
    /// kube-apiserver, when `KUBEBUILDER_ASSETS` names a folder with it.
    case real

    static var available: [Implementation] { allCases.filter { $0 == .embedded || ControlPlane.isAvailable } }
    var testDescription: String { rawValue }
}

/// An API server under test, with a namespace of its own.
struct ContractAPI: Sendable {
    let url: String
    let namespace: String
    private let client: HTTPClient
    private let token: Secret?

    /// What came back.
    struct Answer: Sendable {
        let status: Int
        let body: Value
        let warnings: [String]

        var reason: String? { body["reason"]?.string }
        var message: String { body["message"]?.string ?? "" }
        /// Field and reason of each cause.
        var causes: [String] {
            (body[at: "details", "causes"]?.list ?? []).map {
                "\($0["field"]?.string ?? "") \($0["reason"]?.string ?? "")"
            }
        }
        var revision: String { body[at: "metadata", "resourceVersion"]?.string ?? "" }

        /// The fields that a manager owns, as JSON; nil when it owns none.
        func fields(of manager: String, _ operation: String = "Apply", subresource: String? = nil) -> Value? {
            (body[at: "metadata", "managedFields"]?.list ?? []).first {
                $0["manager"]?.string == manager && $0["operation"]?.string == operation
                    && $0["subresource"]?.string == subresource
            }?["fieldsV1"]
        }
    }

    init(_ implementation: Implementation) async throws {
        switch implementation {
        case .embedded:
            url = try Self.embedded()
            token = nil
            client = HTTPClient(.init(proxy: .none, userAgent: "contract/1"))
        case .real:
            let plane = try await ControlPlane.shared()
            url = plane.url
            token = Secret("Bearer \(plane.token)")
            client = HTTPClient(
                .init(tls: .init(authorities: Array(plane.authorities.utf8)), proxy: .none, userAgent: "contract/1"))
        }
        namespace = "contract-\(UInt32.random(in: 0...UInt32.max))"
        let answer = try await send("POST", "/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
        try #require(answer.status == 201)
    }

    /// One embedded cluster for the whole test process; it ends with it.
    private static func embedded() throws -> String { try running.get() }
    private static let running: Result<String, any Error> = Result {
        let cluster = EmbeddedCluster()
        let server = WebServer(name: "contract", handler: cluster.handler)
        let port = try server.start()
        // Never cancelled: every test needs it.
        Task { try await cluster.run() }
        return "http://127.0.0.1:\(port)"
    }

    /// - Parameter path: `NS` stands for the test's namespace.
    func send(
        _ method: String, _ path: String, _ body: Value? = nil, type: String = "application/json",
        accept: String = "application/json"
    ) async throws -> Answer {
        try await send(method, path, raw: body?.json() ?? [], type: type, accept: accept)
    }

    func send(
        _ method: String, _ path: String, raw: [UInt8], type: String = "application/json",
        accept: String = "application/json"
    ) async throws -> Answer {
        let response = try await client.send(request(method, path, raw, type, accept))
        let body = (try? parseJSON(response.body)) ?? .string(String(decoding: response.body, as: UTF8.self))
        return Answer(status: response.status, body: body, warnings: response.headers.all("Warning"))
    }

    private func request(
        _ method: String, _ path: String, _ body: [UInt8], _ type: String, _ accept: String
    ) -> HTTPClientRequest {
        HTTPClientRequest(
            method, url + path.replacing("NS", with: namespace),
            headers: ["Content-Type": type, "Accept": accept], authorization: token, body: body)
    }

    /// Server-side apply; name, kind and version are those of the body.
    func apply(_ path: String, _ config: Value, as manager: String, force: Bool = false) async throws -> Answer {
        try await send(
            "PATCH", "\(path)?fieldManager=\(manager)&force=\(force)", config, type: "application/apply-patch+yaml")
    }

    func merge(_ path: String, _ patch: Value) async throws -> Answer {
        try await send("PATCH", path, patch, type: "application/merge-patch+json")
    }

    /// The first `count` events of a watch: type and object.
    ///
    /// - Parameter body: Runs once the watch is open.
    func watch(
        _ path: String, count: Int, accept: String = "application/json", while body: () async throws -> Void = {}
    ) async throws -> [(type: String, object: Value)] {
        let stream = try await client.stream(request("GET", path, [], "", accept))
        try #require(stream.head.status == 200)
        try await body()
        var events: [(type: String, object: Value)] = []
        var buffer: [UInt8] = []
        for try await piece in stream.body {
            buffer += piece
            while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let event = try parseJSON(buffer[..<end])
                buffer.removeSubrange(...end)
                events.append((event["type"]?.string ?? "", event["object"] ?? .null))
                if events.count == count { return events }
            }
        }
        return events
    }

    /// Asks again until `isDone`; the suite's time limit ends what never comes.
    func wait(_ path: String, until isDone: (Answer) -> Bool) async throws -> Answer {
        while true {
            let answer = try await send("GET", path)
            if isDone(answer) { return answer }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// Objects that contract tests write.
enum Sample {
    static let configMaps = "/api/v1/namespaces/NS/configmaps"
    static let deployments = "/apis/apps/v1/namespaces/NS/deployments"
    static let services = "/api/v1/namespaces/NS/services"

    static func configMap(_ name: String, _ data: Value? = nil, labels: Value? = nil) -> Value {
        var map: Value = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)]]
        map["data"] = data
        if let labels { map["metadata"] = ["name": .string(name), "labels": labels] }
        return map
    }

    /// Without pods, so that no controller has anything to do.
    static func deployment(_ name: String) -> Value {
        [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name)],
            "spec": [
                "replicas": 0, "selector": ["matchLabels": ["app": .string(name)]],
                "template": [
                    "metadata": ["labels": ["app": .string(name)]],
                    "spec": [
                        "containers": [
                            [
                                "name": "web", "image": "nginx:1", "ports": [["containerPort": 80]],
                                "env": [["name": "A", "value": "1"]], "resources": ["requests": ["cpu": "1000m"]],
                            ]
                        ]
                    ],
                ],
            ],
        ]
    }
}
