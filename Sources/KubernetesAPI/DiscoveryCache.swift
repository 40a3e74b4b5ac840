// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import JSON
import Lifecycle

/// Asks a server what it serves, and remembers it.
final class DiscoveryCache: Sendable {
    private struct Entry {
        let discovery: Discovery
        let generation: Int
    }

    private let connection: Connection
    private let entry = Lock<Entry?>(nil)
    /// One question at a time; who waited takes the answer that came meanwhile.
    private let turn = RequestGate(limit: 1)

    private static let operation = "asking the cluster what it serves"
    /// Aggregated discovery (KEP-3352), in its final and in its beta version, or else the lists of old.
    private static let accept =
        ["v2", "v2beta1"].map { "application/json;g=apidiscovery.k8s.io;v=\($0);as=APIGroupDiscoveryList" }
        .joined(separator: ",") + ",application/json"

    init(_ connection: Connection) { self.connection = connection }

    func discovery(refresh: Bool) async throws(ClusterError) -> Discovery {
        let known = entry.withLock { $0 }
        if let known, !refresh { return known.discovery }
        guard await turn.enter() else {
            throw ClusterError(.cancelled, operation: Self.operation, detail: "cancelled")
        }
        defer { turn.leave() }
        if let newer = entry.withLock({ $0 }), newer.generation > known?.generation ?? 0 { return newer.discovery }
        let discovery = try await ask()
        entry.withLock { $0 = Entry(discovery: discovery, generation: ($0?.generation ?? 0) + 1) }
        return discovery
    }

    private func ask() async throws(ClusterError) -> Discovery {
        var found = FoundResources()
        for root in ["/api", "/apis"] {
            let answer = try await value(at: root, accept: Self.accept)
            if answer["kind"]?.string == "APIGroupDiscoveryList" {
                found.add(aggregated: answer)
            } else {
                try await walk(root, answer, into: &found)
            }
        }
        return Discovery(resources: found.resources, unavailable: found.unavailable)
    }

    /// Asks every group-version on its own. One that does not answer is unavailable; the rest counts.
    private func walk(_ root: String, _ index: Value, into found: inout FoundResources) async throws(ClusterError) {
        for groupVersion in groupVersions(in: index) {
            do throws(ClusterError) {
                let path =
                    "\(root)/\(groupVersion.split(separator: "/").map { percentEncoded(String($0)) }.joined(separator: "/"))"
                found.add(list: try await value(at: path, accept: "application/json"), groupVersion: groupVersion)
            } catch {
                // Without a server or credentials nothing is known at all.
                guard error.code == .unavailable || error.code == .unknownKind || error.code == .forbidden else {
                    throw error
                }
                found.unavailable.insert(groupVersion)
            }
        }
    }

    private func value(at path: String, accept: String) async throws(ClusterError) -> Value {
        let answer = try await connection.result(
            of: .init(path: ResourcePath(path), operation: Self.operation, accept: accept))
        do throws(JSONError) {
            return try parseJSON(answer.body)
        } catch {
            throw ClusterError(
                .unavailable, operation: Self.operation, detail: "\(path) answered no JSON: \(error)",
                status: answer.status)
        }
    }
}

/// The group-versions that `/api` (`APIVersions`) or `/apis` (`APIGroupList`) names, preferred versions first. Pure.
func groupVersions(in index: Value) -> [String] {
    if let versions = index["versions"]?.list { return versions.compactMap(\.string) }
    return (index["groups"]?.list ?? []).flatMap { group in
        let preferred = group[at: "preferredVersion", "groupVersion"]?.string
        let others = (group["versions"]?.list ?? []).compactMap { $0["groupVersion"]?.string }
        return [preferred].compactMap(\.self) + others.filter { $0 != preferred }
    }
}

/// Collects resources from discovery documents, in the server's order of preference. Pure.
struct FoundResources {
    private(set) var resources: [APIResource] = []
    var unavailable: Set<String> = []

    /// An `APIGroupDiscoveryList`.
    mutating func add(aggregated list: Value) {
        for group in list["items"]?.list ?? [] {
            let name = group[at: "metadata", "name"]?.string ?? ""
            for version in group["versions"]?.list ?? [] {
                let groupVersion = GroupVersionKind(group: name, version: version["version"]?.string ?? "", kind: "")
                // The aggregator could not reach the group's server: what it lists is old, or nothing.
                if version["freshness"]?.string == "Stale" { unavailable.insert(groupVersion.apiVersion) }
                for resource in version["resources"]?.list ?? [] { add(resource, in: groupVersion) }
            }
        }
    }

    private mutating func add(_ resource: Value, in parent: GroupVersionKind) {
        guard let plural = resource["resource"]?.string, let response = resource["responseKind"],
            let kind = response["kind"]?.string, !kind.isEmpty
        else { return }
        resources.append(
            APIResource(
                kind: GroupVersionKind(group: parent.group, version: parent.version, kind: kind), plural: plural,
                isNamespaced: resource["scope"]?.string == "Namespaced",
                verbs: Set((resource["verbs"]?.list ?? []).compactMap(\.string))))
    }

    /// An `APIResourceList`.
    mutating func add(list: Value, groupVersion: String) {
        for resource in list["resources"]?.list ?? [] {
            guard let plural = resource["name"]?.string, !plural.contains("/"), let kind = resource["kind"]?.string
            else { continue }
            resources.append(
                APIResource(
                    kind: GroupVersionKind(apiVersion: groupVersion, kind: kind), plural: plural,
                    isNamespaced: resource["namespaced"]?.bool ?? false,
                    verbs: Set((resource["verbs"]?.list ?? []).compactMap(\.string))))
        }
    }
}
