// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Lifecycle
import Platform
import TestKit
import Testing

/// What kubectl made before kubernaut came: shown, and taken over when somebody confirms the list.
@Suite(.timeLimit(.minutes(3)), .serialized) struct AdoptionTests {
    private struct Answer {
        let code: Int32
        let output: String
        let errors: String
    }

    /// `kubernaut adopt dev` in a clone of the repository.
    private func adopt(_ shop: ShopRepository, _ cluster: RunningCluster, _ more: String...) throws -> Answer {
        let command = ["adopt", "dev", "--repo", shop.clone.path, "--kubeconfig", cluster.kubeconfig]
        let outcome = try ChildProcess.run(
            [BuiltBinary.path()] + command + more,
            watch: TransferWatch(
                TransferLimits(idle: .seconds(30), total: .seconds(30)), flag: CancellationFlag()))
        guard case .exited(let code) = outcome.status else { throw Disappointment("\(outcome.status)") }
        return Answer(code: code, output: outcome.outputText, errors: outcome.errorText)
    }

    private func held(_ shop: ShopRepository, _ cluster: RunningCluster) throws -> Value {
        try parseJSON(Array(try adopt(shop, cluster, "-o", "json").output.utf8))
    }

    private func managers(_ object: String, _ cluster: RunningCluster) throws -> Set<String> {
        let text = try cluster.kubectl("get", object, "-n", "shop-dev", "--show-managed-fields", "-o", "json")
        let entries = try parseJSON(Array(text.utf8))[at: "metadata", "managedFields"]?.list ?? []
        return Set(entries.filter { $0["subresource"] == nil }.compactMap { $0["manager"]?.string })
    }

    /// A Deployment by `kubectl apply`, with a field that git does not have, and a ConfigMap by `kubectl create`.
    private func prepare(_ cluster: RunningCluster, _ folder: TemporaryFolder) throws {
        let deployment = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: cart, namespace: shop-dev, annotations: {team: old}}
            spec:
              replicas: 3
              selector: {matchLabels: {app.kubernetes.io/name: cart}}
              template:
                metadata: {labels: {app.kubernetes.io/name: cart}}
                spec: {containers: [{name: cart, image: "old:1"}]}
            """
        try Files.write(Array(deployment.utf8), to: "\(folder.path)/cart.yaml")
        try cluster.kubectl("create", "namespace", "shop-dev")
        try cluster.kubectl("apply", "-f", "\(folder.path)/cart.yaml")
        try cluster.kubectl("create", "configmap", "cart-config", "-n", "shop-dev", "--from-literal=old=1")
    }

    @Test("objects of kubectl are listed, a list that moved is refused, and the one that is there is taken over")
    func adoption() async throws {
        let shop = try ShopRepository()
        let cluster = try await RunningCluster()
        let state = try TemporaryFolder("state")
        try prepare(cluster, state)
        let uid = try cluster.field(".metadata.uid", of: "deployment/cart", in: "shop-dev")
        let daemon = try await RunningDaemon(
            repository: shop.remote.path, kubeconfig: cluster.kubeconfig, state: "\(state.path)/daemon")
        let first = try await eventually("a list", orShow: daemon.log) {
            let answer = try adopt(shop, cluster)
            return answer.code == 1 ? answer : nil
        }
        for words in ["Deployment.apps", "shop-dev", "cart-config", "kubectl-create", "kubectl-client-side-apply"] {
            #expect(first.output.contains(words), "\(words): \(first.output)")
        }
        #expect(first.output.contains(uid ?? "no uid") && first.errors.contains("kubernaut adopt dev --confirm"))
        try await eventually("the page to say so", orShow: daemon.log) {
            try await daemon.verdict(of: "cart", in: "dev")?.reason.contains("kubernaut adopt dev") == true
        }
        #expect(try await daemon.get("/envs/dev/objects").text.contains("kubectl-client-side-apply"))
        let hash = try held(shop, cluster)["hash"]?.string ?? ""

        // Somebody else comes to one of them.
        try cluster.kubectl(
            "annotate", "deployment/cart", "-n", "shop-dev", "meta.helm.sh/release-name=cart", "--field-manager=helm")
        try await eventually("the list to move", orShow: daemon.log, within: .seconds(60)) {
            try held(shop, cluster)["hash"]?.string != hash
        }
        let outdated = try adopt(shop, cluster, "--confirm", hash)
        #expect(outdated.code == 3 && outdated.errors.contains("is not \(hash)"), "\(outdated)")
        #expect(try cluster.image(of: "cart", in: "shop-dev") == "old:1")

        let list = try held(shop, cluster)
        let cart = list["items"]?.list?.first { $0["kind"] == "Deployment" }
        #expect(
            cart?["holders"]?.list?.compactMap(\.string).sorted()
                == ["helm", "kubectl-client-side-apply", "the Helm release cart"], "\(list)")
        let confirmed = try adopt(
            shop, cluster, "--confirm", String((list["hash"]?.string ?? "").prefix(12)), "--by", "Kim")
        #expect(confirmed.code == 0, "\(confirmed)")
        try await daemon.becomesHealthy()
        #expect(try cluster.owned()["Deployment/shop-dev/cart"] == uid)
        #expect(try managers("deployment/cart", cluster) == ["kubernaut"])
        #expect(try managers("configmap/cart-config", cluster) == ["kubernaut"])
        // What the earlier tools wrote and git does not have is gone.
        #expect(try cluster.field(".data.old", of: "configmap/cart-config", in: "shop-dev") == nil)
        #expect(try cluster.field(".metadata.annotations.team", of: "deployment/cart", in: "shop-dev") == nil)
        let passes = try await daemon.get("/api/v1/passes?env=dev").text
        #expect(passes.contains("taken over, confirmed by Kim"))
        #expect(try adopt(shop, cluster).code == 0)
    }
}
