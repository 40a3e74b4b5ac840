// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import Platform
import TestKit

enum Kinds {
    static let configMap = APIResource(
        kind: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"), plural: "configmaps", isNamespaced: true,
        verbs: ["get", "list", "watch", "create", "update", "patch", "delete"])
    static let clusterRole = APIResource(
        kind: GroupVersionKind(group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole"),
        plural: "clusterroles", isNamespaced: false, verbs: ["get", "list"])
}

extension Value {
    static func configMap(_ name: String, namespace: String? = "shop") -> Value {
        var object: Value = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)]]
        if let namespace { object["metadata"]?["namespace"] = .string(namespace) }
        return object
    }
}

extension ScriptedServer {
    var cluster: KubernetesCluster { KubernetesCluster(ClusterAccess(server: url), version: "1.2.3") }
}

/// The error that `body` throws; nil when it throws none.
func clusterError(_ body: () async throws(ClusterError) -> Void) async -> ClusterError? {
    do throws(ClusterError) {
        try await body()
        return nil
    } catch {
        return error
    }
}

extension String {
    init(contentsOfAuthority authority: TestAuthority) throws {
        self = String(decoding: try Files.read(authority.certificateFile), as: UTF8.self)
    }
}
