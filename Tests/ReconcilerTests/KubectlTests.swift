import Domain
import Foundation
import TestKit
import Testing

@testable import Reconciler

/// What kubectl, which knows ApplySets by KEP-3659, makes of ours.
@Suite("kubectl and our ApplySet", .enabled(if: ControlPlane.isAvailable), .timeLimit(.minutes(2)))
struct KubectlTests {
    @Test("kubectl reads the parent, respects that it is ours, and finds every member")
    func applySet() async throws {
        let field = try await Field(.real)
        let plane = try await ControlPlane.shared()
        let record = await field.pass([
            service(
                "shop", [configMap("a"), configMap("b"), object("Secret", "token"), object("ServiceAccount", "shop")])
        ])
        #expect(record.outcome == .succeeded, "\(record.reason)")
        let parent = "configmap/kubernaut-\(field.environment.name)"
        let kubectl = { (arguments: [String], input: String) in
            try runCommand(
                ["kubectl", "--kubeconfig", plane.kubeconfig, "-n", field.environment.namespace] + arguments,
                environment: ProcessInfo.processInfo.environment.merging(["KUBECTL_APPLYSET": "true"]) { $1 },
                input: input)
        }
        let only = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"theirs"}}"#
        let apply = ["apply", "--prune", "--applyset", parent, "-f", "-"]
        let refusal = #expect(throws: CommandFailure.self) { try kubectl(apply, only) }
        #expect(refusal?.description.contains("managed by tooling \"kubernaut\"") == true, "\(refusal as Any)")

        // As if kubectl had made it: now it takes the set for its own, and prunes what is not in its file.
        let tooling = "\(Conventions.applySetToolingAnnotation)=kubectl/v1.32.0"
        _ = try kubectl(["annotate", "--overwrite", parent, tooling], "")
        let output = try kubectl(apply, only)
        let pruned = Set(output.split(separator: "\n").filter { $0.hasSuffix(" pruned") }.map(String.init))
        #expect(
            pruned == [
                "configmap/a pruned", "configmap/b pruned", "secret/token pruned", "serviceaccount/shop pruned",
            ], "\(output)")
    }
}
