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
