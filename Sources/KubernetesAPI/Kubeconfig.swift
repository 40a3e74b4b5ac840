// SPDX-License-Identifier: Apache-2.0

import Domain
import Glibc
import Platform
import YAML

/// Kubeconfig files, merged as kubectl merges them: of an entry that several files have, the first file's counts,
/// whole; so does the first `current-context`.
struct Kubeconfig {
    /// One named entry and the file it stands in.
    struct Entry {
        let value: Value
        let file: String

        /// An absolute path, or a path relative to the entry's file.
        func resolved(_ path: String) -> String {
            guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
            return "\(file[...slash])\(path)"
        }
    }

    private(set) var contexts: [String: Entry] = [:]
    private(set) var clusters: [String: Entry] = [:]
    private(set) var users: [String: Entry] = [:]
    private(set) var currentContext: String?
    /// The files that were read, in order.
    private(set) var files: [String] = []

    /// Reads a file that must be there.
    init(file: String) throws(ClusterAccessError) { try add(file) }

    /// Reads a list as the variable `KUBECONFIG` holds it: names separated by `:`, missing files are fine.
    init(list: String) throws(ClusterAccessError) {
        for file in list.split(separator: ":").map(String.init) where !files.contains(file) && Files.exists(file) {
            try add(file)
        }
    }

    private mutating func add(_ file: String) throws(ClusterAccessError) {
        let content: Value
        do {
            content = try parseYAMLValue(try Files.read(file, limit: 4 << 20))
        } catch let error as FileError {
            throw ClusterAccessError(
                file, error.description, advice: "check --kubeconfig and the variable KUBECONFIG, and the file's mode")
        } catch {
            throw ClusterAccessError(file, "not readable as YAML: \(error)", advice: "mend the file, or make it anew")
        }
        guard content.map != nil || content.isNull else {
            throw ClusterAccessError(
                file, "a kubeconfig is a map, this is a \(content.kindName)", advice: "check that it is the right file")
        }
        files.append(file)
        if currentContext == nil, let name = content["current-context"]?.string, !name.isEmpty { currentContext = name }
        try collect("contexts", "context", content, file, into: &contexts)
        try collect("clusters", "cluster", content, file, into: &clusters)
        try collect("users", "user", content, file, into: &users)
    }

    /// Lists of `{name: …, <member>: {…}}`. Within one file the last entry of a name counts, as in Go.
    private func collect(
        _ list: String, _ member: String, _ content: Value, _ file: String, into entries: inout [String: Entry]
    ) throws(ClusterAccessError) {
        var own: [String: Entry] = [:]
        for item in content[list]?.list ?? [] {
            guard let name = item["name"]?.string else {
                throw ClusterAccessError(file, "an entry of \(list) has no name", advice: "give it one, or remove it")
            }
            own[name] = Entry(value: item[member] ?? [:], file: file)
        }
        entries.merge(own) { first, _ in first }
    }

    /// - Parameters:
    ///   - name: A context; nil for the current one.
    ///   - environment: What a credential plugin gets to see.
    func access(context name: String?, environment: [String: String]) throws(ClusterAccessError) -> ClusterAccess {
        let place = files.joined(separator: ":")
        guard let name = name ?? currentContext else {
            throw ClusterAccessError(
                place, "no current-context is set",
                advice: "name one with --context, or run `kubectl config use-context`; there are: \(known(contexts))")
        }
        guard let context = contexts[name] else {
            throw ClusterAccessError(
                place, "there is no context '\(name)'",
                advice: "check --context and current-context; there are: \(known(contexts))")
        }
        let reader = ContextReader(origin: "context \(name) of \(context.file)", environment: environment)
        let clusterName = try reader.text(context, "cluster")
        guard let clusterName, let cluster = clusters[clusterName] else {
            throw reader.fault(
                "its cluster '\(clusterName ?? "")' is not among clusters", "there are: \(known(clusters))")
        }
        var user: Entry?
        if let userName = try reader.text(context, "user") {
            user = users[userName]
            if user == nil {
                throw reader.fault("its user '\(userName)' is not among users", "there are: \(known(users))")
            }
        }
        var access = try reader.access(cluster: cluster, user: user)
        access.namespace = try reader.text(context, "namespace")
        return access
    }

    private func known(_ entries: [String: Entry]) -> String {
        entries.isEmpty ? "none" : entries.keys.sorted().prefix(20).joined(separator: ", ")
    }
}
