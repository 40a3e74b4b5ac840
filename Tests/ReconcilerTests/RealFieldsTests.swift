import Domain
import Foundation
import JSON
import TestKit
import Testing

@testable import Reconciler

/// Field managers, autoscalers and admission as a real API server has them.
@Suite("Fields on a real API server", .enabled(if: ControlPlane.isAvailable), .timeLimit(.minutes(2)))
struct RealFieldsTests {
    private let wide = object("ConfigMap", "settings", ["data": ["keep": "1", "drop": "1"]])
    private let narrow = object(
        "ConfigMap", "settings", annotations: [Conventions.adoptAnnotation: "true"], ["data": ["keep": "1"]])

    @discardableResult
    private func kubectl(_ field: Field, _ arguments: [String], _ input: Value? = nil) async throws -> String {
        let plane = try await ControlPlane.shared()
        return try runCommand(
            ["kubectl", "--kubeconfig", plane.kubeconfig, "-n", field.environment.namespace] + arguments,
            environment: ProcessInfo.processInfo.environment, input: input.map { $0.jsonText() } ?? "")
    }

    /// An environment with a namespace and nothing in it.
    private func field() async throws -> Field {
        let field = try await Field(.real)
        _ = await field.pass([service("base", [configMap("base")])])
        return field
    }

    @Test(
        "fields that an earlier tool wrote become ours, and what git drops goes",
        arguments: [
            [["apply", "-f", "-"]],
            [
                ["apply", "-f", "-"],
                ["patch", "cm", "settings", "--field-manager=kubectl-edit", "-p", #"{"data":{"drop":"2"}}"#],
            ],
            [["create", "-f", "-", "--field-manager=helm"]],
            [["apply", "-f", "-", "--server-side", "--field-manager=argocd-controller"]],
            [["apply", "-f", "-", "--server-side", "--field-manager=kustomize-controller"]],
            [["apply", "-f", "-", "--server-side"]],
            [
                ["create", "-f", "-"],
                ["patch", "cm", "settings", "--type=merge", "-p", #"{"metadata":{"managedFields":[{}]}}"#],
            ],
        ])
    func takeover(commands: [[String]]) async throws {
        let field = try await field()
        for command in commands { try await kubectl(field, command, command.contains("-") ? wide : nil) }
        let record = await field.pass([service("base", [configMap("base"), narrow])])
        #expect(record.outcome == .succeeded, "\(record.reason)")
        let live = try #require(try await field.get("ConfigMap/settings"))
        #expect(live["data"] == ["keep": "1"], "\(live[at: "metadata", "managedFields"] ?? .null)")
        #expect(live.annotation("kubectl.kubernetes.io/last-applied-configuration") == nil)
        let managers = (live[at: "metadata", "managedFields"]?.list ?? []).map { $0["manager"]?.string }
        #expect(managers == ["kubernaut"])
    }

    @Test("a field that somebody unknown holds stays theirs")
    func others() async throws {
        let field = try await field()
        try await kubectl(field, ["create", "-f", "-", "--field-manager=helm"], wide)
        try await kubectl(
            field, ["patch", "cm", "settings", "--field-manager=vault", "-p", #"{"data":{"token":"x"}}"#])
        let record = await field.pass([service("base", [configMap("base"), narrow])])
        #expect(record.outcome == .succeeded, "\(record.reason)")
        #expect(try await field.get("ConfigMap/settings")?["data"] == ["keep": "1", "token": "x"])
    }

    private func shop(_ image: String, replicas: Int64?) -> [RenderedService] {
        var spec: Value = [
            "selector": ["matchLabels": ["app": "shop"]],
            "template": [
                "metadata": ["labels": ["app": "shop"]],
                "spec": ["containers": [["name": "shop", "image": .string(image)]]],
            ],
        ]
        spec["replicas"] = replicas.map { .integer($0) }
        let autoscaler = object(
            "HorizontalPodAutoscaler", "shop", version: "autoscaling/v2",
            [
                "spec": [
                    "maxReplicas": 9,
                    "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"],
                ]
            ])
        return [service("shop", [object("Deployment", "shop", version: "apps/v1", ["spec": spec]), autoscaler])]
    }

    @Test("replicas that an autoscaler set survive new images and restarts, and nothing is written for them")
    func autoscaled() async throws {
        let field = try await field()
        #expect(await field.pass(shop("shop:1", replicas: 2)).outcome == .succeeded)
        try await kubectl(field, ["scale", "deployment", "shop", "--replicas=5"])
        let record = await field.pass(shop("shop:2", replicas: 2))
        #expect(record.outcome == .succeeded, "\(record.reason)")
        #expect(try await field.get("Deployment.apps/shop")?[at: "spec", "replicas"] == 5)
        field.cluster.forget()
        let again = await field.pass(shop("shop:2", replicas: 2))
        #expect(again.outcome == .succeeded && field.cluster.count.writes == 0, "\(again.objects)")
    }

    @Test("replicas that git drops stay as they are until the autoscaler sets them")
    func handover() async throws {
        let field = try await field()
        #expect(await field.pass(shop("shop:1", replicas: 4)).outcome == .succeeded)
        let ignoring = shop("shop:1", replicas: nil).map { rendered -> RenderedService in
            var deployment = rendered.manifests[0].object
            deployment["metadata"]?["annotations"] = [Conventions.ignoreAnnotation: "/spec/replicas"]
            return service("shop", [deployment, rendered.manifests[1].object])
        }
        #expect(await field.pass(ignoring).outcome == .succeeded)
        #expect(try await field.get("Deployment.apps/shop")?[at: "spec", "replicas"] == 4)
    }

    @Test("what admission rewrites is no drift: a restart writes nothing")
    func admission() async throws {
        let field = try await field()
        let discovery = try await field.cluster.inner.discovery(refresh: false)
        let kind = GroupKind("MutatingAdmissionPolicy.admissionregistration.k8s.io")
        guard let version = discovery.resource(for: kind)?.kind.apiVersion else { return }
        let name = field.environment.namespace
        let policy = object(
            "MutatingAdmissionPolicy", name, version: version,
            [
                "spec": [
                    "failurePolicy": "Fail", "reinvocationPolicy": "Never",
                    "matchConstraints": [
                        "namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": .string(name)]],
                        "resourceRules": [
                            [
                                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
                                "resources": ["secrets"],
                            ]
                        ],
                    ],
                    "mutations": [
                        [
                            "patchType": "JSONPatch",
                            "jsonPatch": [
                                "expression": .string(
                                    #"[JSONPatch{op: "add", path: "/data/token", value: "cmV3cml0dGVu"}]"#)
                            ],
                        ]
                    ],
                ]
            ])
        let binding = object(
            "MutatingAdmissionPolicyBinding", name, version: version, ["spec": ["policyName": .string(name)]])
        try await kubectl(field, ["apply", "-f", "-"], policy)
        try await kubectl(field, ["apply", "-f", "-"], binding)
        let secret = object("Secret", "token", ["data": ["token": "Z2l0", "other": "Z2l0"]])
        let all = [service("shop", [secret, configMap("base")])]
        // The policy takes a moment to come into force.
        for _ in 0..<50 {
            _ = await field.pass(all)
            if try await field.get("Secret/token")?[at: "data", "token"] == "cmV3cml0dGVu" { break }
            try await kubectl(field, ["delete", "secret", "token"])
        }
        #expect(try await field.get("Secret/token")?[at: "data", "token"] == "cmV3cml0dGVu")
        field.cluster.forget()
        let record = await field.pass(all)
        #expect(record.outcome == .succeeded && field.cluster.count.writes == 0, "\(record.objects)")
    }

    @Test("a preview of an adoption shows that what git does not set goes")
    func preview() async throws {
        let field = try await field()
        try await kubectl(field, ["create", "-f", "-", "--field-manager=kubectl-edit"], wide)
        try await kubectl(
            field, ["patch", "cm", "settings", "--field-manager=vault", "-p", #"{"data":{"token":"x"}}"#])
        let all = [service("base", [configMap("base"), narrow])]
        let rendering = Rendering(
            environment: field.environment, commit: nil, services: all, diagnostics: [])
        let objects = try await Preview(of: field.environment, on: field.cluster).objects(of: rendering)
        let found = objects.first { $0.key.name == "settings" }
        #expect(found?.action == .configured)
        #expect(found?.predicted?["data"] == ["keep": "1", "token": "x"])
        #expect(await field.pass(all).outcome == .succeeded)
        #expect(try await field.get("ConfigMap/settings")?["data"] == ["keep": "1", "token": "x"])
    }

    @Test("a sweep looks at every kind there is, and finds a copy")
    func sweep() async throws {
        let field = try await field()
        try await kubectl(
            field, ["create", "-f", "-"],
            object(
                "ConfigMap", "copy", annotations: [Conventions.objectAnnotation: "ConfigMap/elsewhere/base"],
                ["data": ["a": "1"]]))
        let label = "\(Conventions.applySetPartOfLabel)=\(ApplySet(of: field.environment).id)"
        try await kubectl(field, ["label", "configmap", "copy", label])
        let rendering = Rendering(
            environment: field.environment, commit: nil, services: [service("base", [configMap("base")])],
            diagnostics: [])
        let found = try await OrphanSearch(of: field.environment, on: field.cluster).orphans(of: rendering)
        #expect(found.unread.isEmpty, "\(found.unread)")
        #expect(found.orphans.map(\.key.name) == ["copy"])
        #expect(found.orphans.first?.reason.contains("a copy of ConfigMap/elsewhere/base") == true)
    }

    @Test("a renamed environment keeps its objects, and still reads as an ApplySet")
    func renamed() async throws {
        let field = try await field()
        let all = shop("shop:1", replicas: 2)
        #expect(await field.pass(all).outcome == .succeeded)
        let uid = try await field.get("Deployment.apps/shop")?.uid
        let old = field.environment
        let heir = Field(
            field,
            as: Environment(
                name: name("heir-\(old.name)"), namespace: old.namespace, prune: old.prune,
                formerly: FormerEnvironment(name: old.name, namespace: old.namespace)))
        let record = await heir.pass(all)
        #expect(record.outcome == .succeeded, "\(record.reason)")
        let live = try await heir.get("Deployment.apps/shop")
        #expect(live?.uid == uid && live?.label(Conventions.applySetPartOfLabel) == ApplySet(of: heir.environment).id)
        #expect(try await heir.get("ConfigMap/kubernaut-\(old.name)") == nil)
        heir.cluster.forget()
        #expect(await heir.pass(all).outcome == .succeeded && heir.cluster.count.writes == 0)
        // A field that git drops goes, although the move was no apply.
        let narrowed = await heir.pass(shop("shop:2", replicas: 2))
        #expect(narrowed.outcome == .succeeded, "\(narrowed.reason)")
        let managers = (try await heir.get("Deployment.apps/shop")?[at: "metadata", "managedFields"]?.list ?? [])
            .filter { $0["manager"] == "kubernaut" }
        #expect(managers.map { $0["operation"]?.string } == ["Apply"])
    }
}
