// SPDX-License-Identifier: Apache-2.0

import Domain
import Health
import Testing
import YAML

@Suite("What ails the pods of a workload")
struct PodFindingTests {
    private static let now = Instant(seconds: 1_800_000_000)

    private static func pods(_ text: String) throws -> [Value] { try parseYAML(Array(text.utf8)).map(\.value) }

    @Test("is told of the worst pod, with its container")
    func worst() throws {
        let pods = try Self.pods(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: cart-a, namespace: shop}
            status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: cart-b, namespace: shop}
            status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", message: 0/3 nodes are available}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: cart-c, namespace: shop}
            status:
              phase: Running
              containerStatuses:
              - name: app
                restartCount: 4
                state: {waiting: {reason: CrashLoopBackOff, message: back-off 40s}}
                lastState: {terminated: {exitCode: 1, reason: Error}}
            """)
        let finding = try #require(PodFinding(pods, now: Self.now))
        #expect(
            finding.reason
                == "pod cart-c: container app: CrashLoopBackOff: back-off 40s: last run exited with 1 (Error)")
        #expect(finding.pod == "cart-c" && finding.namespace == "shop" && finding.container == "app")
        let pending = try #require(PodFinding(Array(pods.prefix(2)), now: Self.now))
        #expect(pending.reason == "pod cart-b: not scheduled: 0/3 nodes are available" && pending.container == nil)
        #expect(PodFinding(Array(pods.prefix(1)), now: Self.now) == nil && PodFinding([], now: Self.now) == nil)
    }

    @Test("is asked for with the workload's own selector")
    func selector() throws {
        let workload = try Self.pods(
            """
            spec:
              selector:
                matchLabels: {app: cart}
                matchExpressions: [{key: tier, operator: In, values: [a, b]}, {key: old, operator: DoesNotExist}]
            """)[0]
        #expect(PodFinding.selector(of: workload) == "app=cart,tier in (a,b),!old")
        #expect(PodFinding.selector(of: ["spec": ["selector": ["app": "cart"]]]) == "app=cart")
        #expect(PodFinding.selector(of: ["spec": [:]]) == nil)
    }
}
