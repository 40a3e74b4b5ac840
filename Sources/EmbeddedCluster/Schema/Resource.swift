// SPDX-License-Identifier: Apache-2.0

import Domain

/// One kind as served: its names, where it lives and what can be done with it.
struct Resource: Sendable {
    let group: String
    /// The version objects are stored in; preferred in discovery.
    let version: String
    let kind: String
    let plural: String
    let singular: String
    let shortNames: [String]
    let categories: [String]
    let isNamespaced: Bool
    let hasStatus: Bool
    /// Nil without a scale subresource.
    let scale: ScalePaths?
    /// Whether the server counts changes in `metadata.generation`.
    let hasGeneration: Bool
    let schema: Schema
    /// All served versions with their schema, `version` included.
    let versions: [Version]
    let isCustom: Bool

    struct Version: Sendable {
        let name: String
        let schema: Schema
        /// Extra columns of `kubectl get` for a custom resource.
        var columns: [Value] = []
    }

    struct ScalePaths: Sendable, Hashable {
        let spec: [String]
        let status: [String]
        /// Path of the selector in text form; empty when there is none.
        let selector: [String]
    }

    /// The key of the store: a kind is one set of objects, whatever version is asked for.
    var id: ResourceID { ResourceID(group: group, plural: plural) }
    var groupVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    var groupKind: GroupKind { GroupKind(group: group, kind: kind) }
    /// `deployments.apps`, as messages name a resource.
    var qualifiedName: String { group.isEmpty ? plural : "\(plural).\(group)" }
    /// `Deployment.apps`, as validation messages name a kind.
    var qualifiedKind: String { group.isEmpty ? kind : "\(kind).\(group)" }

    func groupVersion(_ version: String) -> String { group.isEmpty ? version : "\(group)/\(version)" }
    func schema(in version: String) -> Schema { versions.first { $0.name == version }?.schema ?? schema }
}

struct ResourceID: Hashable, Sendable, Comparable {
    let group: String
    let plural: String

    static func < (left: ResourceID, right: ResourceID) -> Bool {
        (left.group, left.plural) < (right.group, right.plural)
    }
}
