// SPDX-License-Identifier: Apache-2.0

import Domain
import Render
import Testing
import YAML

@Suite struct ProvenanceTests {
    private func detail(_ service: String, _ place: String = "production") throws -> ServiceDetail {
        let snapshot = try exampleSnapshot()
        let pipeline = try #require(Renderer.pipeline(in: snapshot).content)
        let environment = try #require(pipeline.environments.first { $0.name.text == place })
        return try #require(Renderer().detail(of: try name(service), in: snapshot, for: environment))
    }

    private func origin(_ detail: ServiceDetail, _ kind: String, _ path: String) throws -> Origin {
        let manifest = try #require(detail.manifests.first { $0.manifest.kind.kind == kind })
        let path = try #require(FieldPath(path))
        return try #require(manifest.lines.first { $0.path == path }?.origin)
    }

    @Test(
        "each leaf knows the layer and the line that set it",
        arguments: [
            ("Deployment", "spec.replicas", "environmentService environments/production/services/catalog.yaml:1:11"),
            ("Deployment", "kind", "template environments/templates/default.yaml:36:7"),
            (
                "Deployment", "spec.template.spec.containers[0].resources.limits.memory",
                "environmentService environments/production/services/catalog.yaml:3:20"
            ),
            (
                "Deployment", "spec.template.spec.containers[0].resources.requests.cpu",
                "environmentDefaults environments/production/defaults.yaml:5:19"
            ),
            (
                "Deployment", "spec.template.spec.containers[0].image",
                "reserved environments/releases/catalog.yaml:3:8"
            ),
            (
                "Deployment", "spec.template.spec.containers[0].securityContext.capabilities.drop[0]",
                "template environments/templates/partials/container.yaml:7:12"
            ),
            (
                "Deployment", "spec.template.metadata.labels[\"app.kubernetes.io/part-of\"]",
                "template environments/templates/partials/labels.yaml:2:28"
            ),
            (
                "Deployment", "spec.template.spec.terminationGracePeriodSeconds",
                "defaults environments/defaults.yaml:11:14"
            ),
            ("Service", "spec.ports[0].protocol", "normalization environments/templates/default.yaml:21:1"),
            ("ConfigMap", "metadata.name", "reserved environments/releases/catalog.yaml:1:10"),
        ])
    func leaves(kind: String, path: String, expected: String) throws {
        let origin = try origin(try detail("catalog"), kind, path)
        #expect("\(origin.layer) \(origin.location)" == expected)
    }

    @Test("a value knows what it overrides, highest first")
    func overridden() throws {
        let origin = try origin(
            try detail("catalog"), "Deployment", "spec.template.spec.containers[0].resources.limits.memory")
        #expect(origin.value?.description == "resources.limits.memory")
        #expect(
            origin.overridden.map { "\($0.layer) \($0.location) \($0.value.string ?? "")" } == [
                "service environments/services/catalog.yaml:9:22 256Mi",
                "environmentDefaults environments/production/defaults.yaml:6:20 512Mi",
                "defaults environments/defaults.yaml:7:20 128Mi",
            ])
    }

    @Test("all values of a service are explained, in the order of their paths")
    func values() throws {
        let detail = try detail("mail", "dev")
        let lines = detail.values.map { "\($0.path) = \($0.value.yaml().dropLast()) from \($0.origin.layer)" }
        #expect(lines.contains("sender = nobody@dev.acme.example from environmentService"))
        #expect(lines.contains("namespace = shop-dev from reserved"))
        #expect(lines.contains("logLevel = debug from environmentDefaults"))
        #expect(lines.contains("env = [] from defaults"))
        #expect(lines.contains("build.number = 77 from reserved"))
        #expect(detail.values.first { $0.path.description == "environment" }?.origin.location.line == 0)
    }

    @Test(
        "the lines are the manifest's YAML, and every leaf has an origin",
        arguments: ["cart", "checkout", "mail", "web"])
    func lines(service: String) throws {
        let detail = try detail(service)
        #expect(!detail.manifests.isEmpty)
        for manifest in detail.manifests {
            #expect(manifest.lines.map { $0.text + "\n" }.joined() == manifest.manifest.object.yaml())
            for line in manifest.lines { #expect((line.path == nil) == (line.origin == nil)) }
        }
    }

    @Test("lists replace as a whole, and a Secret's data is traced through its encoding")
    func listsAndSecrets() throws {
        let files = snapshot([
            "releases/cart.yaml":
                "service: cart\nversion: 1.0.0\nimage: acme/cart@sha256:\(String(repeating: "a", count: 64))\n",
            "defaults.yaml": "hosts: [a, b]\npassword: hidden\ngone: {x: 1, w: 2}\n",
            "dev/services/cart.yaml": "hosts:\n- c\ngone: {x: null}\n",
            "templates/cart.yaml":
                "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  {{#hosts}}\n  host-{{.}}: {{.}}\n  {{/hosts}}\n  p: \"<{{password}}>\"\n  w: \"{{gone.w}}\"\n",
        ])
        let detail = try #require(
            Renderer().detail(of: try name("cart"), in: files, for: try environment("dev")))
        let host = try origin(detail, "Secret", "data.host-c")
        #expect(
            "\(host.layer) \(host.location) \(host.value?.description ?? "")"
                == "environmentService dev/services/cart.yaml:2:3 hosts[0]")
        #expect(host.overridden.map(\.value) == [["a", "b"]])
        #expect(try origin(detail, "Secret", "data.p").location.description == "defaults.yaml:2:11")
        #expect(try origin(detail, "Secret", "data.w").location.description == "defaults.yaml:3:17")
        #expect(!detail.values.contains { $0.path.description == "gone.x" })
    }

    @Test("a service that is not there has no detail, one that failed has its values")
    func failed() throws {
        let files = snapshot([
            "releases/cart.yaml": "service: cart\nversion: 1.0.0\nimage: acme/cart:1\n", "defaults.yaml": "a: 1\n",
            "templates/cart.yaml": "a: {{b}}\n",
        ])
        let environment = try environment("dev")
        let detail = try #require(Renderer().detail(of: try name("cart"), in: files, for: environment))
        #expect(detail.service.isFailed)
        #expect(detail.manifests.isEmpty)
        #expect(detail.values.contains { $0.path.description == "a" })
        #expect(Renderer().detail(of: try name("mail"), in: files, for: environment) == nil)
    }
}
