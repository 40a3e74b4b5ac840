// SPDX-License-Identifier: Apache-2.0

import Domain
import Reconciler
import WebUI

extension Actions.Tools {
    /// Orders about an environment as a whole, written to its cluster with the daemon's own right.
    mutating func connectSuspensions(to clusters: ClusterSet) {
        suspend = { environment, reason, who, until in
            try await EnvironmentOrders(for: environment, in: clusters).suspend(reason: reason, by: who, until: until)
        }
        endSuspension = { environment in
            try await EnvironmentOrders(for: environment, in: clusters).endSuspension()
        }
    }
}

extension EnvironmentOrders {
    /// - Throws: `ActionRefused` when the environment's cluster is not one of the daemon's.
    init(for environment: Environment, in clusters: ClusterSet) throws {
        guard let cluster = clusters[environment.cluster] else {
            throw ActionRefused("the cluster of \(environment.name) is not configured here")
        }
        self.init(for: environment, on: cluster)
    }
}
