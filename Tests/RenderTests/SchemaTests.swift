// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Render
import Testing
import YAML

/// A small cluster's description of `apps/v1`, in the words of a real one.
private let apps = """
    paths: {"/apis/apps/v1/namespaces/{namespace}/deployments": {}}
    info: {title: Kubernetes, version: "1.36"}
    components:
      schemas:
        io.k8s.api.apps.v1.Deployment:
          type: object
          properties:
            apiVersion: {type: string}
            kind: {type: string}
            metadata: {default: {}, allOf: [{$ref: "#/components/schemas/ObjectMeta"}]}
            spec: {default: {}, allOf: [{$ref: "#/components/schemas/Spec"}]}
          x-kubernetes-group-version-kind: [{group: apps, version: v1, kind: Deployment}]
        ObjectMeta:
          type: object
          properties:
            name: {type: string}
            namespace: {type: string}
            labels: {type: object, additionalProperties: {type: string, default: ""}}
        Spec:
          type: object
          required: [selector]
          properties:
            replicas: {type: integer, format: int32}
            paused: {type: boolean}
            selector: {type: object, additionalProperties: {type: string}}
            strategy: {type: string, enum: [Recreate, RollingUpdate]}
            containers:
              type: array
              items: {default: {}, allOf: [{$ref: "#/components/schemas/Container"}]}
              x-kubernetes-list-type: map
              x-kubernetes-list-map-keys: [name]
            finalizers: {type: array, items: {type: string}, x-kubernetes-list-type: set}
            since: {type: string, format: date-time}
            data: {type: object, additionalProperties: {type: string, format: byte}}
            extension: {type: object}
            nested: {$ref: "#/components/schemas/Spec"}
            free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {a: {type: string}}}
            short: {type: string, maxLength: 3, pattern: "^[a-z]+$"}
            few: {type: array, maxItems: 1, items: {}}
            percent: {type: integer, minimum: 0, maximum: 100, exclusiveMaximum: true}
        Container:
          type: object
          required: [name]
          properties:
            name: {type: string, default: ""}
            image: {type: string}
            ports:
              type: array
              items: {$ref: "#/components/schemas/Port"}
              x-kubernetes-list-type: map
              x-kubernetes-list-map-keys: [port, protocol]
            limits: {type: object, additionalProperties: {$ref: "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"}}
        Port:
          type: object
          properties:
            port: {type: integer}
            target: {format: int-or-string, oneOf: [{type: integer}, {type: string}]}
            protocol: {type: string, default: TCP}
        io.k8s.apimachinery.pkg.api.resource.Quantity: {oneOf: [{type: string}, {type: number}]}
    """

private let record = "service: cart\nversion: 1.0.0\nimage: acme/cart@sha256:\(String(repeating: "a", count: 64))\n"

@Suite struct SchemaTests {
    private func schemas(_ served: Set<String>? = nil) throws -> KubernetesSchemas {
        var schemas = KubernetesSchemas()
        #expect(schemas.add(try parseYAMLValue(Array(apps.utf8))))
        schemas.served = served
        return schemas
    }

    private func problems(
        _ files: [String: String], _ schemas: KubernetesSchemas, settings: RenderSettings = RenderSettings()
    ) throws -> [String] {
        let snapshot = snapshot(files.merging(["releases/cart.yaml": record]) { own, _ in own })
        let renderer = Renderer(settings: settings)
        let rendering = renderer.render(snapshot, for: try environment("dev")).rendering
        #expect(rendering.allDiagnostics.filter { $0.severity == .error }.map(\.description) == [])
        return renderer.schemaProblems(in: rendering, of: snapshot, schemas).map(\.description)
    }

    /// The problems of a Deployment with this specification, without the object's name and the place.
    private func problems(spec: String) throws -> [String] {
        let template =
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: {selector: {}, \(spec)}\n"
        return try problems(["templates/cart.yaml": template], schemas()).map { text in
            String(text.split(separator: ": ", maxSplits: 2)[1...].joined(separator: ": ").dropFirst(0))
        }.map { $0.replacing("Deployment/cart: ", with: "") }
    }

    static let wrong: [(spec: String, says: [String])] = [
        ("replicas: 3, paused: true, strategy: Recreate", []),
        (
            "replicas: \"3\"",
            ["error KN2402: spec.replicas must be a whole number, not the string \"3\"; write it without quotes: 3"]
        ),
        ("replicas: 1.5", ["error KN2402: spec.replicas must be a whole number, not the number 1.5"]),
        ("replicas: 3000000000", ["error KN2404: spec.replicas is too large: 3000000000; the format is int32"]),
        (
            "paused: \"true\"",
            ["error KN2402: spec.paused must be true or false, not the string \"true\"; write it without quotes: true"]
        ),
        ("replcas: 3", ["error KN2401: unknown field spec.replcas; did you mean \"replicas\"?"]),
        (
            "strategy: Rolling",
            ["error KN2404: spec.strategy cannot be the string \"Rolling\"; allowed: \"Recreate\", \"RollingUpdate\""]
        ),
        (
            "strategy: recreate",
            ["error KN2404: spec.strategy cannot be the string \"recreate\"; did you mean \"Recreate\"?"]
        ),
        (
            "containers: {name: a}",
            ["error KN2402: spec.containers must be a list, not a map; a list's items begin with a hyphen"]
        ),
        ("containers: [{image: a}]", ["error KN2403: spec.containers[0] has no name, which must be there"]),
        (
            "containers: [{name: a}, {name: b}, {name: a}]",
            ["error KN2405: spec.containers[2] has the same name a as item 0; the cluster keeps one item for each"]
        ),
        (
            "containers: [{name: a, ports: [{port: 1}, {port: 1, protocol: TCP}, {port: 1, protocol: UDP}]}]",
            [
                "error KN2405: spec.containers[0].ports[1] has the same port 1 and protocol TCP as item 0; the cluster keeps one item for each"
            ]
        ),
        ("containers: [{name: a, ports: [{port: 1, target: web}, {port: 2, target: 80}]}]", []),
        (
            "containers: [{name: a, ports: [{port: 1, target: true}]}]",
            ["error KN2402: spec.containers[0].ports[0].target must be a whole number or a string, not true"]
        ),
        ("containers: [{name: a, limits: {cpu: 1, memory: 1.5Gi, disk: 1e3, x: 500m, y: .5}}]", []),
        (
            "containers: [{name: a, limits: {cpu: 1 core}}]",
            [
                "error KN2404: spec.containers[0].limits.cpu is no quantity: \"1 core\"; write a number with a unit, as in 500m, 2, 128Mi or 1Gi"
            ]
        ),
        (
            "containers: [{name: a, limits: {cpu: [1]}}]",
            ["error KN2402: spec.containers[0].limits.cpu must be a quantity such as 500m or 1Gi, not a list"]
        ),
        (
            "finalizers: [a, b, a]",
            ["error KN2405: spec.finalizers[2] has the same item as item 0; the cluster keeps one item for each"]
        ),
        ("since: \"2026-08-22T13:55:02+02:00\"", []),
        ("since: yesterday", ["error KN2404: spec.since is no time such as 2026-08-22T13:55:02Z: \"yesterday\""]),
        ("data: {a: aGk=, b: \"\"}", []),
        ("data: {a: hello}", ["error KN2404: spec.data.a is no base64: \"hello\""]),
        ("extension: {any: [thing, 1]}", []),
        ("free: {a: b, other: 1}", []),
        ("free: {a: 1}", ["error KN2402: spec.free.a must be a string, not the number 1; put it in quotes: \"1\""]),
        ("short: ab", []),
        ("short: abcd", ["error KN2404: spec.short has 4 characters, at most 3 may be"]),
        ("short: A1", ["error KN2404: spec.short does not match ^[a-z]+$: \"A1\""]),
        ("few: [1, 2]", ["error KN2404: spec.few has 2 items, at most 1 may be"]),
        ("percent: 100", ["error KN2404: spec.percent must be less than 100, not 100"]),
        (
            "nested: {replicas: x}",
            [
                "error KN2402: spec.nested.replicas must be a whole number, not the string \"x\"",
                "error KN2403: spec.nested has no selector, which must be there",
            ]
        ),
    ]

    @Test("each kind of mistake is named with its path and what to do", arguments: wrong)
    func mistakes(spec: String, says: [String]) throws {
        #expect(try problems(spec: spec) == says)
    }

    @Test("a problem is shown where its value was written")
    func places() throws {
        let template = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: cart}
            spec:
              selector: {}
              replicas: {{replicas}}
              {{#strategy}}
              stratgy: {{strategy}}
              {{/strategy}}
              containers:
              - name: app
                limits: {{limits}}
              - image: {{image}}
              percent: 101
            """
        let found = try problems(
            [
                "templates/cart.yaml": template, "defaults.yaml": "a: 1\nreplicas: many\n",
                "services/cart.yaml": "values:\n  strategy: Recreate\n",
                "dev/services/cart.yaml": "limits:\n  cpu: a lot\n",
            ], schemas())
        #expect(
            found.map { $0.prefix { $0 != " " } } == [
                "dev/services/cart.yaml:2:8:", "templates/cart.yaml:13:12:", "templates/cart.yaml:14:12:",
                "defaults.yaml:2:11:", "templates/cart.yaml:8:12:",
            ])
        // The quotes are the template's, whatever the value.
        let quoted = try problems(
            [
                "templates/cart.yaml":
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec:\n  selector: {}\n  replicas: \"{{replicas}}\"\n",
                "defaults.yaml": "replicas: 3\n",
            ], schemas())
        #expect(quoted.map { $0.prefix { $0 != " " } } == ["templates/cart.yaml:6:13:"])
        // A key that a value brought along is shown in the file of the value.
        let below = try problems(
            [
                "templates/cart.yaml":
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: {{spec}}\n",
                "defaults.yaml": "spec:\n  selector: {}\n  nestd:\n    x: 1\n",
            ], schemas())
        #expect(below.map { $0.prefix { $0 != " " } } == ["defaults.yaml:4:8:"])
    }

    private static let definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: clocks.acme.io}
        spec:
          group: acme.io
          names: {kind: Clock, plural: clocks}
          scope: Namespaced
          versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema:
                type: object
                required: [spec]
                properties:
                  spec:
                    type: object
                    properties:
                      zone: {type: string, nullable: true}
                      at: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
                      mode: {oneOf: [{required: [a]}, {required: [b]}], type: object, properties: {a: {type: string}, b: {type: string}}}
                      empty: {type: object}
                      template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
        ---
        apiVersion: acme.io/v1
        kind: Clock
        metadata: {name: cart, labels: {a: b}}
        spec:
          zone: UTC
          at: 3
          mode: {a: x}
          template: {apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {}}
        """

    @Test("a kind whose definition is among the manifests is checked by it, others are named as unknown")
    func customKinds() throws {
        let known = try problems(["templates/cart.yaml": Self.definition], schemas())
        #expect(known.count == 1)
        #expect(
            known[0].contains(
                "warning KN2406: schema unknown: apiextensions.k8s.io/v1 CustomResourceDefinition was not checked (1 object)"
            ))
        let broken = Self.definition.replacing("zone: UTC", with: "zon: UTC")
            .replacing("mode: {a: x}", with: "mode: {a: x, b: z}\n  empty: {c: 1}")
        let found = try problems(["templates/cart.yaml": broken], schemas())
        #expect(
            found.dropLast().map { $0.split(separator: "Clock/cart: ").last.map(String.init) } == [
                "unknown field spec.empty.c",
                "spec.mode fits 2 of the 2 forms of which exactly one is allowed",
                "unknown field spec.zon; did you mean \"zone\"?",
            ])
    }

    @Test("a kind that the cluster does not serve says what it serves instead")
    func unknownKinds() throws {
        let template = "apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: cart}\n"
        let found = try problems(["templates/cart.yaml": template], schemas(["apps/v1", "v1"]))
        #expect(found.count == 1)
        #expect(found[0].hasSuffix("(1 object); the cluster serves apps/v1 instead of apps/v1beta1"))
        let off = RenderSettings(disabledWarnings: ["KN2406"])
        #expect(try problems(["templates/cart.yaml": template], schemas(), settings: off) == [])
    }

    @Test("what a cluster refuses in a dry run is shown where it was written")
    func refusals() throws {
        let files = snapshot([
            "releases/cart.yaml": record, "defaults.yaml": "replicas: 3\n",
            "templates/cart.yaml":
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec:\n  replcas: {{replicas}}\n",
        ])
        let rendering = Renderer().render(files, for: try environment("dev")).rendering
        let cart = try name("cart")
        let path = try #require(FieldPath("spec.replcas"))
        let found = Renderer().schemaProblems(
            in: rendering, of: files,
            [
                ManifestRefusal(service: cart, manifest: 0, message: "unknown field spec.replcas", path: path),
                ManifestRefusal(
                    service: cart, manifest: 0, message: "no namespace", path: FieldPath(), isUnknown: true),
                ManifestRefusal(service: cart, manifest: 7, message: "what is this", path: FieldPath()),
            ])
        #expect(
            found.map(\.description) == [
                "defaults.yaml:1:11: error KN2407: Deployment/cart: unknown field spec.replcas",
                "templates/cart.yaml:1:1: warning KN2406: schema unknown: apps/v1 Deployment was not checked (1 object); no namespace",
            ])
    }
}
