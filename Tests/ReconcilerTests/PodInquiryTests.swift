// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Logging
import TestKit
import Testing

@testable import Reconciler

@Suite("Asking after pods", .timeLimit(.minutes(1)))
struct PodInquiryTests {
    private static func pod(_ state: Value) -> Value {
        object(
            "Pod", "cart-1",
            [
                "metadata": [
                    "name": "cart-1", "namespace": "shop", "labels": ["app": "cart"],
                    "annotations": ["test/log": "starting\nno such table: carts\n\n"],
                ],
                "status": [
                    "phase": "Running", "containerStatuses": [["name": "app", "restartCount": 3, "state": state]],
                ],
            ])
    }

    @Test("names pod, container and last words while a workload is not healthy, and nothing once it is")
    func explains() async throws {
        let world = World(time: .fast(50))
        let loop = world.loop()
        let running = Task { try await loop.run() }
        var cart = deployment("cart", isSlow: true)
        cart["spec"]?["selector"] = ["matchLabels": ["app": "cart"]]
        loop.request(.start, at: world.repository.commit([service("cart", [cart])]))
        await eventually { loop.bench.index.member(key("Deployment.apps/shop/cart")) != nil }
        world.cluster.put(Self.pod(["waiting": ["reason": "CrashLoopBackOff"]]))
        await eventually { loop.status.services.first?.reason.contains("pod cart-1") == true }
        let reason = loop.status.services.first?.reason ?? ""
        #expect(reason.contains("pod cart-1: container app: CrashLoopBackOff, its log ends: no such table: carts"))
        world.cluster.setStatus(key("Deployment.apps/shop/cart"), ["health": "healthy"])
        await eventually { loop.status.services.first?.verdict == .healthy }
        await eventually { loop.bench.index.findings.isEmpty }
        loop.stop()
        try await running.value
    }
}
