// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import Lifecycle
import Reconciler

/// The story that `demo --once` plays: what a team does in a week, in seconds, each step checked.
///
/// An actor on its own queue: git and kubectl are waited for, and the daemon in the same process needs the pool.
actor DemoStory {
    private let repository: DemoRepository
    private let board: StatusBoard
    private let address: String
    private let kubeconfig: String
    private let folder: String
    private let say: @Sendable (String) -> Void
    private let executor = SerialQueueExecutor(label: "demo")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private static let patience = Duration.seconds(60)

    /// - Parameter say: Takes one line for people.
    init(
        repository: DemoRepository, board: StatusBoard, address: String, kubeconfig: String, folder: String,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.repository = repository
        self.board = board
        self.address = address
        self.kubeconfig = kubeconfig
        self.folder = folder
        self.say = say
    }

    /// - Throws: `DemoFailure` that says which step failed and what was seen instead.
    func play() async throws {
        try await step("all three environments are applied and healthy") { try await everythingHealthy() }
        try await step("a release that Jenkins commits reaches dev") { try await release() }
        try await step("a Service that someone deletes comes back") { try await heal() }
        try await step("git merge promotes the release to staging, and production keeps the old one") {
            try await promote()
        }
        try await step("a broken template fails one service; another is released, nothing is deleted") {
            try await breakTemplate()
        }
        try await step("reverting the commit heals it") { try await revert() }
        try await step("the page says what runs where") { try await readPage() }
    }

    private func step(_ title: String, _ body: () async throws -> String) async throws {
        let start = ContinuousClock.now
        do {
            let detail = try await body()
            say("✔ \(title)\(detail.isEmpty ? "" : ": \(detail)") (\((ContinuousClock.now - start).short))")
        } catch {
            throw DemoFailure(description: "✖ \(title): \(error)")
        }
    }

    // MARK: The steps

    private func everythingHealthy() async throws -> String {
        try await eventually("every service of every environment to be healthy") { status in
            status.environments.count == 3
                && status.environments.allSatisfy { environment in
                    !environment.services.isEmpty
                        && environment.services.allSatisfy { $0.verdict == .healthy || $0.verdict == .held }
                }
        }
        let objects = try kubectl("get", "deployments,services,configmaps", "-A", "--no-headers").split(separator: "\n")
        return "\(objects.count) Deployments, Services and ConfigMaps by kubectl"
    }

    private func release() async throws -> String {
        let old = try image(of: "cart", in: "shop-dev")
        let record = try repository.read("releases/cart.yaml")
        try repository.commit(
            ["releases/cart.yaml": Self.bumped(record)], on: "dev", message: "Release cart \(Self.newVersion)")
        let pushed = ContinuousClock.now
        try await eventually("cart's new image in shop-dev", every: .milliseconds(10)) { _ in
            try image(of: "cart", in: "shop-dev") != old
        }
        let taken = ContinuousClock.now - pushed
        try await eventually("cart to be healthy again") { verdict("cart", in: "dev", of: $0) == .healthy }
        return "\(try image(of: "cart", in: "shop-dev")), \(taken.short) after the push"
    }

    private func heal() async throws -> String {
        let before = try kubectl("get", "service", "cart", "-n", "shop-dev", "-o", "jsonpath={.metadata.uid}")
        _ = try kubectl("delete", "service", "cart", "-n", "shop-dev", "--wait=false")
        try await eventually("Service cart with a new uid") { _ in
            let uid = try kubectl(
                "get", "service", "cart", "-n", "shop-dev", "--ignore-not-found", "-o", "jsonpath={.metadata.uid}")
            return !uid.isEmpty && uid != before
        }
        return ""
    }

    private func promote() async throws -> String {
        let production = try image(of: "cart", in: "shop-production")
        try repository.git("checkout", "--quiet", "staging")
        try repository.git("merge", "--quiet", "--no-ff", "-m", "Promote dev to staging", "dev")
        try repository.git("push", "--quiet", "origin", "staging")
        let wanted = try image(of: "cart", in: "shop-dev")
        try await eventually("cart's new image in shop-staging") { _ in
            try image(of: "cart", in: "shop-staging") == wanted
        }
        guard try image(of: "cart", in: "shop-production") == production else {
            throw DemoFailure(description: "production changed although nobody merged into it")
        }
        return ""
    }

    private func breakTemplate() async throws -> String {
        let before = try objectCount()
        let record = try repository.read("releases/catalog.yaml")
        let broken = try repository.read("services/mail.yaml") + "\n  - this: [is, no, map\n"
        try repository.commit(
            ["services/mail.yaml": broken, "releases/catalog.yaml": Self.bumped(record)], on: "dev",
            message: "Release catalog, and break mail")
        try await eventually("mail to be Failed and catalog released") { status in
            try verdict("mail", in: "dev", of: status) == .failed
                && image(of: "catalog", in: "shop-dev").contains(Self.newVersion)
        }
        guard try objectCount() == before else {
            throw DemoFailure(description: "there were \(before) objects, now there are \(try objectCount())")
        }
        let status = board.current.environments.first { $0.environment.name.text == "dev" }
        return status?.services.first { $0.name.text == "mail" }?.reason ?? ""
    }

    private func revert() async throws -> String {
        try repository.git("checkout", "--quiet", "dev")
        try repository.git("revert", "--no-edit", "HEAD")
        try repository.git("push", "--quiet", "origin", "dev")
        try await eventually("mail to be healthy") { verdict("mail", in: "dev", of: $0) == .healthy }
        return ""
    }

    private func readPage() async throws -> String {
        let client = HTTPClient()
        defer { client.shutdown() }
        let page = try await client.send(HTTPClientRequest("GET", address + "/"))
        let text = String(decoding: page.body, as: UTF8.self)
        guard page.status == 200, ["cart", "staging", Self.newVersion].allSatisfy(text.contains) else {
            throw DemoFailure(description: "HTTP \(page.status) without cart, staging and \(Self.newVersion)")
        }
        return "\(address)/, \(page.body.count) bytes"
    }

    // MARK: What is seen

    private static let newVersion = "9.9.9"

    /// The record with another version, in the version and in the image's tag; the digest would be another one's.
    private static func bumped(_ record: String) -> String {
        record.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            if line.hasPrefix("version:") { return "version: \(newVersion)" }
            guard line.hasPrefix("image:") else { return String(line) }
            let reference = line.split(separator: "@")[0]
            let colon = reference.lastIndex(of: ":") ?? reference.endIndex
            return "\(reference[..<colon]):\(newVersion)"
        }.joined(separator: "\n")
    }

    private func verdict(_ service: String, in environment: String, of status: DaemonStatus) -> Verdict? {
        status.environments.first { $0.environment.name.text == environment }?
            .services.first { $0.name.text == service }?.verdict
    }

    private func image(of service: String, in namespace: String) throws -> String {
        try kubectl(
            "get", "deployment", service, "-n", namespace, "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    }

    private func objectCount() throws -> Int {
        try kubectl("get", "deployments,services,configmaps,ingresses", "-n", "shop-dev", "--no-headers")
            .split(separator: "\n").count
    }

    private func kubectl(_ arguments: String...) throws -> String {
        try DemoTool.run(["kubectl", "--kubeconfig", kubeconfig] + arguments, folder: folder)
    }

    /// Looks until `condition` holds.
    private func eventually(
        _ what: String, every interval: Duration = .milliseconds(100),
        _ condition: (DaemonStatus) throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            if try condition(board.current) { return }
            guard ContinuousClock.now < deadline else {
                throw DemoFailure(description: "waited \(Self.patience.short) in vain for \(what)\(problems())")
            }
            try await Task.sleep(for: interval)
        }
    }

    private func problems() -> String {
        let lines = board.current.environments.flatMap { environment in
            environment.services.filter { $0.verdict != .healthy }.map {
                "\n  \(environment.environment.name) \($0.name): \($0.verdict.rawValue): \($0.reason)"
            } + [environment.sourceProblem, environment.clusterProblem].compactMap { $0 }.map { "\n  \($0)" }
        }
        return lines.joined()
    }
}
