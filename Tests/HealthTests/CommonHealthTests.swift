// SPDX-License-Identifier: Apache-2.0

import Domain
import Health
import Testing

@Suite struct CommonHealthTests {
    private let now = Instant(seconds: 1_800_000_000)

    private func shop(status: Value?, age: Duration) -> Value {
        var object: Value = [
            "apiVersion": "example.org/v1", "kind": "Shop",
            "metadata": ["name": "shop", "creationTimestamp": .string(now.adding(.zero - age).description)],
        ]
        object["status"] = status
        return object
    }

    @Test("a custom resource that its controller has not touched is progressing for 30 seconds, then it has no status")
    func emptyStatus() {
        #expect(health(of: shop(status: nil, age: .seconds(29)), now: now).status == .progressing)
        #expect(health(of: shop(status: [:], age: .seconds(29)), now: now).status == .progressing)
        #expect(health(of: shop(status: nil, age: .seconds(30)), now: now) == .healthy)
        #expect(health(of: shop(status: ["phase": "x"], age: .seconds(1)), now: now) == .healthy)
    }

    @Test("something without apiVersion and kind is unknown and says so")
    func noObject() {
        let answer = health(of: ["metadata": ["name": "x"]], now: now)
        #expect(answer.status == .unknown)
        #expect(answer.reason.contains("apiVersion"))
    }

    static let kinds: [(String, Bool)] = [
        ("Deployment.apps", true),
        ("Pod", true),
        ("CustomResourceDefinition.apiextensions.k8s.io", true),
        ("Certificate.cert-manager.io", true),  // custom: its status may say something
        ("Gateway.gateway.networking.k8s.io", true),  // custom in spite of its ending
        ("ConfigMap", false),
        ("Secret", false),
        ("Ingress.networking.k8s.io", false),
        ("Role.rbac.authorization.k8s.io", false),
        ("StorageClass.storage.k8s.io", false),
    ]

    @Test("kinds whose status matters are told from those that only need to exist", arguments: kinds)
    func matters(kind: String, answer: Bool) { #expect(HealthRules.builtIn.matters(GroupKind(kind)) == answer) }

    @Test("the reason of a deletion names the finalizers it waits for")
    func terminating() {
        let object: Value = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "x", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["shop/backup"]],
        ]
        let answer = health(of: object, now: now)
        #expect(answer.status == .terminating)
        #expect(answer.reason == "being deleted since 2026-01-01T00:00:00Z; waiting for shop/backup")
    }
}
