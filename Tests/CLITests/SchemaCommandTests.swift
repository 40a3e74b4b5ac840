// SPDX-License-Identifier: Apache-2.0

import Domain
import EmbeddedCluster
import Foundation
import HTTPServer
import JSON
import KubernetesAPI
import Lifecycle
import Platform
import TestKit
import Testing

@testable import CLI

/// `validate --kubernetes-version`: against a cluster, without it, and from a folder.
@Suite(.timeLimit(.minutes(1))) struct SchemaCommandTests {
    private let folder: TemporaryFolder
    private var kubeconfig: String { "\(folder.path)/kubeconfig" }

    init() throws {
        folder = try TemporaryFolder("schema")
        try FileManager.default.copyItem(
            atPath: "\(BuiltBinary.packageRoot)/environments", toPath: "\(folder.path)/environments")
    }

    private func validate(_ words: String...) async -> CapturedRun {
        await CapturedRun.of(
            ["validate"] + words,
            environment: ["KUBECONFIG": kubeconfig, "XDG_CACHE_HOME": "\(folder.path)/cache"], folder: folder.path)
    }

    private func misspell() throws {
        let path = "\(folder.path)/environments/templates/default.yaml"
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        try Files.write(Array(text.replacing("replicas:", with: "replcas:").utf8), to: path)
    }

    /// What the cluster says instead; nil where it says what it says.
    private typealias Alteration = @Sendable (HTTPRequest, HTTPResponse) -> HTTPResponse?

    private func withCluster(
        altered: @escaping Alteration = { _, _ in nil },
        _ body: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try EmbeddedCluster(EmbeddedCluster.Configuration())
        let whole = cluster.handler
        let server = WebServer(name: "cluster") { request in
            let response = await whole(request)
            return altered(request, response) ?? response
        }
        let url = "http://127.0.0.1:\(try server.start())"
        try Files.write(Array(cluster.kubeconfig(server: url).utf8), to: kubeconfig)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await cluster.run() }
            group.addTask { try await server.run() }
            defer {
                cluster.stop()
                server.stop()
            }
            try await body()
        }
    }

    @Test("a cluster's schemas are used, kept, and used again when the cluster is gone")
    func cluster() async throws {
        try await withCluster {
            let good = await validate("--kubernetes-version", "cluster")
            #expect(good.code == 0, "\(good.output)\(good.error)")
            #expect(good.error.contains("checked against schemas of the cluster (v1."), "\(good.error)")
            try misspell()
            let bad = await validate("--kubernetes-version", "cluster")
            #expect(bad.code == 1)
            #expect(bad.output.contains("unknown field spec.replcas"), "\(bad.output)")
            #expect(bad.output.contains("did you mean \"replicas\"?"))
            #expect(bad.output.contains("--> environments/templates/default.yaml:"))
            #expect(await validate().code == 0)
            let other = await validate("--kubernetes-version", "1.2")
            #expect(other.code == 7)
            #expect(other.error.contains("the cluster that can be reached is v1."), "\(other.error)")
        }
        let version = try #require(try Files.list("\(folder.path)/cache/kubernaut/openapi").first)
        let later = await validate("--kubernetes-version", version)
        #expect(later.code == 1)
        #expect(later.error.contains("checked against schemas of the cache"), "\(later.error)")
        let any = await validate("--kubernetes-version", "cluster")
        #expect(any.code == 7)
    }

    @Test("a cluster that describes nothing is shown each object in a dry run, and keeps none")
    func withoutDocuments() async throws {
        let writes = Lock<[String]>([])
        let withoutDocuments: Alteration = { request, _ in
            if request.method == "PATCH", !request.rawQuery.contains("dryRun=All") {
                writes.withLock { $0.append(request.rawPath) }
            }
            // The words of Go's router, as an API server says them.
            return request.rawPath.hasPrefix("/openapi/v3")
                ? HTTPResponse(status: 404, body: .bytes(Array("404 page not found\n".utf8))) : nil
        }
        try await withCluster(altered: withoutDocuments) {
            let good = await validate("--kubernetes-version", "cluster", "-o", "json")
            #expect(good.code == 0, "\(good.output)\(good.error)")
            let origin = try parseJSON(Array(good.output.utf8))["schemas"]?.string ?? ""
            #expect(origin.hasPrefix("a dry run by the cluster (v1."), "\(origin)")
            #expect(!good.output.contains("KN2406"), "\(good.output)")
            try misspell()
            let bad = await validate("--kubernetes-version", "cluster")
            #expect(bad.code == 1)
            #expect(bad.output.contains("replcas"), "\(bad.output)")
            #expect(bad.output.contains("--> environments/"), "\(bad.output)")
            #expect(bad.error.contains("objects were checked by a dry run by the cluster (v1."), "\(bad.error)")
        }
        #expect(writes.withLock { $0 } == [])
    }

    @Test("a kind that a cluster serves without describing it is shown to it, and that is said")
    func undescribedKind() async throws {
        let withoutDeployments: Alteration = { request, response in
            guard request.rawPath == "/openapi/v3", case .bytes(let bytes) = response.body,
                var document = try? parseJSON(bytes)
            else { return nil }
            document["paths"]?["apis/apps/v1"] = nil
            return HTTPResponse(status: 200, headers: response.headers, body: .bytes(document.json()))
        }
        try await withCluster(altered: withoutDeployments) {
            let good = await validate("--kubernetes-version", "cluster")
            #expect(good.code == 0, "\(good.output)\(good.error)")
            #expect(!good.output.contains("KN2406"), "\(good.output)")
            #expect(good.error.contains("checked against schemas of the cluster (v1."), "\(good.error)")
            #expect(
                good.error.contains("it serves apps/v1 Deployment without describing them"), "\(good.error)")
            try misspell()
            let bad = await validate("--kubernetes-version", "cluster")
            #expect(bad.code == 1)
            #expect(bad.output.contains("replcas"), "\(bad.output)")
        }
    }

    @Test("a folder of documents needs no cluster, must be of the version that was asked for, and holds something")
    func ownFolder() async throws {
        let document: Value = [
            "info": ["version": "1.33"], "paths": ["/apis/apps/v1/": [:]],
            "components": [
                "schemas": [
                    "Deployment": [
                        "type": "object", "required": ["status"],
                        "x-kubernetes-group-version-kind": [["group": "apps", "version": "v1", "kind": "Deployment"]],
                    ]
                ]
            ],
        ]
        try Files.makeFolder("\(folder.path)/schemas")
        #expect(await validate("--schema-dir", "schemas").code == 5)
        try Files.write(document.json(), to: "\(folder.path)/schemas/apps.json")
        let result = await validate("--schema-dir", "schemas", "--kubernetes-version", "1.33", "-o", "json")
        #expect(result.code == 1)
        let report = try parseJSON(Array(result.output.utf8))
        #expect(report["schemas"]?.string?.hasSuffix("schemas: 1 group version") == true)
        let codes = Set((report["items"]?.list ?? []).compactMap { $0["code"]?.string })
        #expect(codes == ["KN2403", "KN2406"])
        #expect(await validate("--schema-dir", "schemas", "--kubernetes-version", "1.34").code == 2)
        #expect(await validate("--kubernetes-version", "latest").code == 64)
    }

    static let refusals: [(text: String, expected: [String])] = [
        (
            "strict decoding error: unknown field \"spec.foo\", unknown field \"spec.containers[0].bar\"",
            ["spec.foo", "spec.containers[0].bar"]
        ),
        (
            "failed to create typed patch object (shop/cart; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema",
            ["spec.foo"]
        ),
        (
            "failed to create typed patch object (shop/cart; apps/v1, Kind=Deployment): .spec.template.spec.containers[name=\"app\"].foo: field not declared in schema",
            ["spec.template.spec.containers"]
        ),
        ("Deployment in version \"v1\" cannot be handled", []),
    ]

    @Test("fields are found in a server's words", arguments: refusals)
    func words(text: String, expected: [String]) {
        #expect(RefusalText.unknownFields(text).map(\.path.description) == expected)
    }

    @Test("versions are read as people and servers write them")
    func versions() throws {
        let minor = try #require(KubernetesVersion("1.33"))
        for text in ["v1.33.0", "1.33.4", "v1.33.4-eks-1234", "v1.33.4+k3s1"] {
            #expect(minor.includes(try #require(KubernetesVersion(text))))
        }
        #expect(!minor.includes(try #require(KubernetesVersion("v1.3.3"))))
        #expect(!(try #require(KubernetesVersion("1.33.4"))).includes(try #require(KubernetesVersion("v1.33.5"))))
        for text in ["", "1", "1.x", "1.33.4.5", "latest", "../1.33"] { #expect(KubernetesVersion(text) == nil) }
    }
}
