// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Hands out cluster addresses and node ports for Services. Safe from any thread.
final class Allocator: Sendable {
    private struct Taken: Sendable {
        var addresses: Set<String> = []
        var ports: Set<Int64> = []
        /// The next address to try in 10.96.0.0/16.
        var next = 2
    }

    private let taken = Lock(Taken())
    private static let ports: ClosedRange<Int64> = 30_000...32_767

    /// Notes what restored objects hold.
    func restore(_ services: [Value]) {
        for service in services { note(service) }
    }

    private func note(_ service: Value) {
        let address = service[at: "spec", "clusterIP"]?.string ?? ""
        let ports = (service[at: "spec", "ports"]?.list ?? []).compactMap { $0["nodePort"]?.integer }
        taken.withLock { taken in
            if address.contains(".") { taken.addresses.insert(address) }
            taken.ports.formUnion(ports)
        }
    }

    /// Gives back what a deleted Service held.
    func release(_ service: Value) {
        let address = service[at: "spec", "clusterIP"]?.string ?? ""
        let ports = (service[at: "spec", "ports"]?.list ?? []).compactMap { $0["nodePort"]?.integer }
        taken.withLock { taken in
            taken.addresses.remove(address)
            taken.ports.subtract(ports)
        }
    }

    /// - Throws: 422 when an address or port that was asked for is taken.
    func prepareForCreate(
        _ object: inout Value, _ resource: Resource, _ store: Store, dryRun: Bool
    ) throws(APIError) {
        guard resource.id == ResourceID(group: "", plural: "services") else { return }
        try assign(&object, resource, held: [], address: "")
        if dryRun { release(object) }
    }

    /// Fills in what a changed Service needs now.
    func prepareForUpdate(_ object: inout Value, from old: Value, _ resource: Resource) throws(APIError) {
        guard resource.id == ResourceID(group: "", plural: "services") else { return }
        let held = (old[at: "spec", "ports"]?.list ?? []).compactMap { $0["nodePort"]?.integer }
        try assign(&object, resource, held: Set(held), address: old[at: "spec", "clusterIP"]?.string ?? "")
    }

    /// Gives back what a changed Service holds no longer.
    func release(_ old: Value, keptBy new: Value) {
        guard old[at: "spec"] != new[at: "spec"] else { return }
        release(old)
        note(new)
    }

    /// - Parameters:
    ///   - held: Ports that are the Service's already.
    ///   - address: The same for its address; empty for none.
    private func assign(
        _ object: inout Value, _ resource: Resource, held: Set<Int64>, address: String
    ) throws(APIError) {
        let type = object[at: "spec", "type"]?.string ?? "ClusterIP"
        guard type != "ExternalName" else { return }
        var problems: [FieldProblem] = []
        let asked = object[at: "spec", "clusterIP"]?.string ?? ""
        if asked.isEmpty {
            object[["spec", "clusterIP"]] = .string(nextAddress())
        } else if asked != address, asked != "None", !(taken.withLock { $0.addresses.insert(asked).inserted }) {
            problems.append(
                .invalid(
                    "spec.clusterIPs", .list([.string(asked)]),
                    "failed to allocate IP \(asked): provided IP is already allocated"))
        }
        object[["spec", "clusterIPs"]] = object[at: "spec", "clusterIP"].map { [$0] }
        Defaults.set(&object, ["spec", "ipFamilies"], ["IPv4"])
        Defaults.set(&object, ["spec", "ipFamilyPolicy"], "SingleStack")
        if type == "NodePort" || type == "LoadBalancer" {
            var items = object[at: "spec", "ports"]?.list ?? []
            for index in items.indices {
                if let port = items[index]["nodePort"]?.integer, port != 0 {
                    if !held.contains(port), !(taken.withLock { $0.ports.insert(port).inserted }) {
                        problems.append(
                            .invalid(
                                "spec.ports[\(index)].nodePort", .integer(port), "provided port is already allocated"))
                    }
                } else if let port = nextPort() {
                    items[index]["nodePort"] = .integer(port)
                }
            }
            object[["spec", "ports"]] = .list(items)
        }
        if !problems.isEmpty { throw .invalid(resource, object.name, problems) }
    }

    private func nextAddress() -> String {
        taken.withLock { taken in
            while true {
                let address = "10.96.\(taken.next >> 8 & 255).\(taken.next & 255)"
                taken.next = taken.next % 65_533 + 1
                if taken.addresses.insert(address).inserted { return address }
            }
        }
    }

    /// Nil when all are in use.
    private func nextPort() -> Int64? {
        taken.withLock { taken in
            guard let port = Self.ports.first(where: { !taken.ports.contains($0) }) else { return nil }
            taken.ports.insert(port)
            return port
        }
    }
}
