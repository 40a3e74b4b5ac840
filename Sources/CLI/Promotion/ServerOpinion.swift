// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import KubernetesAPI
import Reconciler

/// What the target's cluster says about a promotion, by dry runs that write nothing.
enum ServerOpinion: Sendable {
    /// It was not asked, and why.
    case notAsked(String)
    /// The server, and what a pass would do there.
    case asked(server: String, objects: [PreviewedObject])

    static func of(_ preview: PromotionPreview, _ invocation: Invocation) async -> ServerOpinion {
        if invocation.isOn("offline") { return .notAsked("--offline") }
        let environment = preview.plan.request.to
        let isNamed = invocation.text("context") != nil || invocation.text("kubeconfig") != nil
        if let cluster = environment.cluster, !isNamed {
            return .notAsked("\(environment.name) runs on the cluster \(cluster); name its --context")
        }
        do {
            let (cluster, place) = try locateCluster(invocation)
            let objects = try await Preview(of: environment, on: cluster).objects(of: preview.after)
            let concerned = Set(preview.services.map(\.name))
            return .asked(
                server: place, objects: objects.filter { $0.service.map(concerned.contains) ?? ($0.action == .deleted) }
            )
        } catch {
            // Whatever went wrong: nobody was asked, and people are told why.
            return .notAsked(commandError(for: error).message)
        }
    }

    /// What the cluster, or a rule of ours, would refuse.
    var refusals: [PreviewedObject] {
        if case .asked(_, let objects) = self { objects.filter { $0.action == .failed } } else { [] }
    }

    /// One sentence.
    var sentence: String {
        switch self {
        case .notAsked(let reason): return "The cluster was not asked: \(reason)."
        case .asked(let server, let objects):
            let count = refusals.count
            let answer =
                count == 0
                ? "accepts it: \(objects.count { $0.action == .created }) to create, "
                    + "\(objects.count { $0.action == .configured }) to change, "
                    + "\(objects.count { $0.action == .deleted }) to delete"
                : "refuses \(counted(count, "object"))"
            return "The cluster (\(server)) was asked by a dry run and \(answer)."
        }
    }

    var json: Value {
        switch self {
        case .notAsked(let reason): return ["asked": false, "reason": .string(reason)]
        case .asked(let server, let objects):
            return [
                "asked": true, "server": .string(server),
                "objects": .list(
                    objects.filter { $0.action != .unchanged }.map { object in
                        [
                            "object": .string(object.key.description), "action": .string(object.action.rawValue),
                            "message": .string(object.message),
                        ]
                    }),
            ]
        }
    }
}
