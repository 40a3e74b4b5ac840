// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import HTTPClient
import JSON
import Platform
import TestKit

/// `kubernaut cluster` as a process of its own, seen through `kubectl`.
final class RunningCluster: Sendable {
    let folder: TemporaryFolder
    let url: String
    private let process: GuardedProcess
    var kubeconfig: String { "\(folder.path)/kubeconfig" }

    init() async throws {
        folder = try TemporaryFolder("cluster")
        let (kubeconfig, log) = ("\(folder.path)/kubeconfig", "\(folder.path)/log")
        process = try GuardedProcess(
            [BuiltBinary.path(), "cluster", "--listen", "127.0.0.1:0", "--kubeconfig", kubeconfig], log: log)
        let process = process
        let text = try await eventually("a kubeconfig", orShow: log) {
            guard process.isRunning else { throw Disappointment("the cluster ended") }
            return try? String(contentsOfFile: kubeconfig, encoding: .utf8)
        }
        let line = text.split(separator: "\n").first { $0.contains("server: ") }
        url = String(line?.split(separator: " ").last ?? "")
    }

    @discardableResult
    func kubectl(_ arguments: String...) throws -> String {
        try runCommand(["kubectl", "--kubeconfig", kubeconfig] + arguments)
    }

    /// One object's field; nil when there is no such object.
    func field(_ path: String, of object: String, in namespace: String) throws -> String? {
        let text = try kubectl("get", object, "-n", namespace, "--ignore-not-found", "-o", "jsonpath={\(path)}")
        return text.isEmpty ? nil : text
    }

    func image(of deployment: String, in namespace: String) throws -> String? {
        try field(".spec.template.spec.containers[0].image", of: "deployment/\(deployment)", in: namespace)
    }

    /// `Kind/namespace/name` and uid of everything kubernaut owns.
    func owned() throws -> [String: String] {
        let kinds = "namespaces,deployments,services,configmaps,ingresses,jobs,serviceaccounts,secrets"
        let text = try kubectl(
            "get", kinds, "-A", "-l", "applyset.kubernetes.io/part-of", "-o",
            "jsonpath={range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name} {.metadata.uid}{\"\\n\"}{end}")
        let pairs = text.split(separator: "\n").map { $0.split(separator: " ") }.filter { $0.count == 2 }
        return Dictionary(pairs.map { (String($0[0]), String($0[1])) }) { first, _ in first }
    }
}

/// `kubernaut serve` as a process of its own.
final class RunningDaemon: Sendable {
    let log: String
    let address: String
    private let child: ChildProcess
    private let orphanGuard: OrphanGuard
    private let arguments: [String]

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - state: A folder that outlives the daemon, for the next one.
    ///   - port: On loopback; 0 for any that is free.
    ///   - environment: Variables beside this process's own.
    init(
        repository: String, kubeconfig: String, state: String, port: Int = 0, environment: [String: String] = [:],
        _ more: [String] = []
    ) async throws {
        log = "\(state)-\(UUID().uuidString).log"
        arguments =
            [
                "serve", "--repo", repository, "--kubeconfig", kubeconfig, "--state", state, "--listen",
                "127.0.0.1:\(port)",
                "--poll", "1s", "--log-format", "json",
            ] + more
        child = try ChildProcess(
            [BuiltBinary.path()] + arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { _, new in new },
            output: .file(log), errors: .file(log))
        orphanGuard = try OrphanGuard(child.id)
        let (child, log) = (child, log)
        address = try await eventually("the daemon to listen", orShow: log) {
            if let status = child.wait(timeout: .zero) {
                throw Disappointment(
                    "the daemon ended with \(status): \(try String(contentsOfFile: log, encoding: .utf8))")
            }
            return lines(of: log).first { $0["message"]?.string == "Listening" }?["address"]?.string
        }
    }

    /// SIGKILL: no goodbye.
    func kill() {
        child.signal(SIGKILL)
        _ = child.wait()
    }

    /// SIGTERM, and how it ended; nil when it did not end in time.
    func stop(within limit: Duration) -> ChildProcess.ExitStatus? {
        child.signal(SIGTERM)
        return child.wait(timeout: limit)
    }

    /// SIGSTOP: it does nothing more, and knows nothing of it, until it is thawed.
    func freeze() { child.signal(SIGSTOP) }
    func thaw() { child.signal(SIGCONT) }

    /// What `/api/v1/status` says of an environment.
    func environment(_ name: String) async throws -> Value? {
        let status = try parseJSON(Array(try await get("/api/v1/status").text.utf8))
        return status["environments"]?.list?.first { $0["name"]?.string == name }
    }

    /// Whether it writes to the environment.
    func leads(_ name: String) async throws -> Bool {
        try await environment(name)?[at: "leadership", "isOurs"]?.bool ?? false
    }

    func hangUp() { child.signal(SIGHUP) }

    var messages: [Value] { lines(of: log) }

    /// A page or an endpoint.
    func get(_ path: String) async throws -> (status: Int, text: String) {
        let client = HTTPClient()
        defer { client.shutdown() }
        let answer = try await client.send(HTTPClientRequest("GET", address + path))
        return (answer.status, String(decoding: answer.body, as: UTF8.self))
    }

    /// Waits until every service of every environment is healthy, a minute at most.
    func becomesHealthy() async throws {
        var seen: [String] = []
        do {
            try await eventually("everything to be healthy", within: .seconds(60)) {
                seen = try await complaints()
                return seen.isEmpty
            }
        } catch let disappointment as Disappointment {
            throw Disappointment("\(disappointment)\(seen.joined(separator: "\n"))")
        }
    }

    /// What is not healthy, and why.
    private func complaints() async throws -> [String] {
        let status = try parseJSON(Array(try await get("/api/v1/status").text.utf8))
        let environments = status["environments"]?.list ?? []
        guard environments.count == 3 else { return ["\(environments.count) environments"] }
        return environments.flatMap { environment in
            let services = environment["services"]?.list ?? []
            let name = environment["name"]?.string ?? ""
            if services.isEmpty { return ["\(name): no services"] }
            return services.filter { $0["verdict"]?.string != "healthy" }.map {
                "\(name) \($0["name"]?.string ?? ""): \($0["verdict"]?.string ?? ""): \($0["reason"]?.string ?? "")"
            }
        }
    }

    /// The verdict (`healthy`, `failed`, …) and reason of a service, as `/api/v1/status` tells.
    func verdict(of service: String, in environment: String) async throws -> (verdict: String, reason: String)? {
        let status = try parseJSON(Array(try await get("/api/v1/status").text.utf8))
        let environments = status["environments"]?.list ?? []
        let found = environments.first { $0["name"]?.string == environment }?["services"]?.list?
            .first { $0["name"]?.string == service }
        guard let verdict = found?["verdict"]?.string else { return nil }
        return (verdict, found?["reason"]?.string ?? "")
    }
}

/// What was waited for did not come.
struct Disappointment: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Looks until there is an answer, half a minute at most.
///
/// - Parameter log: Shown when there is none.
func eventually<Answer>(
    _ what: String, orShow log: String? = nil, within limit: Duration = .seconds(30),
    _ look: () async throws -> Answer?
) async throws -> Answer {
    let deadline = ContinuousClock.now + limit
    while true {
        if let answer = try await look() { return answer }
        guard ContinuousClock.now < deadline else {
            let text = log.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) } ?? ""
            throw Disappointment("waited in vain for \(what)\n\(text.suffix(4000))")
        }
        try await Task.sleep(for: .milliseconds(25))
    }
}

/// Looks until something holds.
func eventually(
    _ what: String, orShow log: String? = nil, within limit: Duration = .seconds(30), holds: () async throws -> Bool
) async throws {
    _ = try await eventually(what, orShow: log, within: limit) { () async throws -> Bool? in
        try await holds() ? true : nil
    }
}

private func lines(of log: String) -> [Value] {
    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { try? parseJSON(Array($0.utf8)) }
}

/// The example repository as a team has it: a bare remote with three branches, and a clone.
final class ShopRepository: Sendable {
    let remote: GitRepositoryFixture
    let clone: GitRepositoryFixture

    /// - Parameter prunesFreely: Whether dev may delete a whole service, a quarter of its objects, without a person.
    init(prunesFreely: Bool = false) throws {
        remote = try GitRepositoryFixture(isBare: true)
        clone = try GitRepositoryFixture()
        try runCommand(["cp", "-r", "\(BuiltBinary.packageRoot)/environments", "\(clone.path)/environments"])
        if prunesFreely {
            let pipeline = try read("kubernaut.yaml")
            let dev = "- name: dev\n"
            try clone.write(
                pipeline.replacing(dev, with: "\(dev)  prune: {limit: 100, percent: 100}\n"),
                to: "environments/kubernaut.yaml")
        }
        try clone.git("checkout", "--quiet", "-b", "dev")
        try clone.git("add", "--all")
        try clone.git("commit", "--quiet", "-m", "Add the shop")
        try clone.git("branch", "staging")
        try clone.git("branch", "production")
        try clone.git("remote", "add", "origin", remote.path)
        try clone.git("push", "--quiet", "origin", "dev", "staging", "production")
    }

    func read(_ file: String) throws -> String {
        try String(contentsOfFile: "\(clone.path)/environments/\(file)", encoding: .utf8)
    }

    /// Commits and pushes; nil removes a file.
    func commit(_ files: [String: String?], on branch: String = "dev") throws {
        try clone.git("checkout", "--quiet", branch)
        try clone.commit(Dictionary(uniqueKeysWithValues: files.map { ("environments/\($0)", $1) }), "Change the shop")
        try clone.git("push", "--quiet", "origin", branch)
    }

    /// What Jenkins does: another version and image in the record.
    func release(_ service: String, _ version: String, on branch: String = "dev") throws {
        try clone.git("checkout", "--quiet", branch)
        let record = try read("releases/\(service).yaml").split(separator: "\n", omittingEmptySubsequences: false)
        let changed = record.map { line in
            if line.hasPrefix("version:") { return "version: \(version)" }
            guard line.hasPrefix("image:") else { return String(line) }
            let name = line.split(separator: "@")[0]
            return "\(name[..<(name.lastIndex(of: ":") ?? name.endIndex)]):\(version)"
        }
        try commit(["releases/\(service).yaml": changed.joined(separator: "\n")], on: branch)
    }
}
