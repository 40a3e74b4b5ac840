// SPDX-License-Identifier: Apache-2.0

import Domain

/// Which other tool says on an object that the object is its own. Pure.
enum Claim {
    /// Label or annotation, the tool, and whether the value names what of the tool it is.
    private static let marks: [(key: String, tool: String)] = [
        ("meta.helm.sh/release-name", "the Helm release"),
        ("argocd.argoproj.io/tracking-id", "the Argo CD application"),
        ("kustomize.toolkit.fluxcd.io/name", "the Flux Kustomization"),
        ("helm.toolkit.fluxcd.io/name", "the Flux HelmRelease"),
        ("configsync.gke.io/resource-id", "Config Sync's"),
        ("config.k8s.io/owning-inventory", "the cli-utils inventory"),
        ("kapp.k14s.io/app", "the kapp application"),
    ]

    /// "the Helm release cart"; nil when nobody claims it. Its controller, where one object made another, counts too.
    static func holder(of object: Value) -> String? {
        for mark in marks {
            if let value = object.annotation(mark.key) ?? object.label(mark.key) {
                // Argo CD writes application:group/kind:namespace/name.
                let name = value.split(separator: ":", maxSplits: 1).first.map(String.init) ?? value
                return "\(mark.tool) \(name)"
            }
        }
        let owners = object[at: "metadata", "ownerReferences"]?.list ?? []
        guard let owner = owners.first(where: { $0["controller"]?.bool == true }) else { return nil }
        return "\(owner["kind"]?.string ?? "the object") \(owner["name"]?.string ?? "")"
    }
}
