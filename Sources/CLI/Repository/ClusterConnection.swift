// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// The cluster that `--kubeconfig`, `--context` and the environment lead to, as for kubectl.
func connect(_ invocation: Invocation) throws -> KubernetesCluster { try locateCluster(invocation).cluster }

/// The same, with where it is, for people: `https://10.0.0.1:6443, context kind-dev of …`.
func locateCluster(_ invocation: Invocation) throws -> (cluster: KubernetesCluster, place: String) {
    let console = invocation.console
    do throws(ClusterAccessError) {
        let access = try ClusterAccess.find(
            kubeconfig: invocation.text("kubeconfig").map(console.path), context: invocation.text("context"),
            environment: console.environment)
        if !access.verifiesServer { console.note("warning: TLS verification is off for \(access.origin)") }
        return (KubernetesCluster(access, version: kubernautVersion), "\(access.server), \(access.origin)")
    } catch {
        throw CommandError(.failed, "\(error.place): \(error.problem)", hint: error.advice)
    }
}
