// SPDX-License-Identifier: Apache-2.0

public import Domain
import Render

/// Decides what holding or resuming comes to on a head of an environment's branch.
public struct HoldDecision: Sendable {
    /// What is to be held, or to be let go.
    public enum Scope: Sendable, Hashable {
        /// Never empty.
        case services([Name])
        /// The services of a team, as the branch says whose they are.
        case team(Name)
        /// The environment.
        case all
    }

    public enum Order: Sendable, Hashable {
        case hold(HoldOrder)
        case resume(by: String, reason: String?)
    }

    private let repository: any EditableRepository
    private let environment: Name
    private let scope: Scope
    private let order: Order

    public init(_ order: Order, _ scope: Scope, in environment: Name, _ repository: any EditableRepository) {
        self.order = order
        self.scope = scope
        self.environment = environment
        self.repository = repository
    }

    /// - Throws: `Refusal`, `.notFound` for a service or a team that is not there; the repository's errors.
    public func step(at head: BranchHead, now: Instant) async throws -> ChangeStep<[HoldAnswer]> {
        let places = try await places(at: head)
        let files = try await repository.files(at: places.map(\.path), of: head.commit)
        switch order {
        case .hold(let order): return try HoldChange.hold(places, order, files: files, now: now)
        case .resume(let actor, let reason):
            return HoldChange.resume(places, by: actor, reason: reason, files: files, now: now)
        }
    }

    private func places(at head: BranchHead) async throws -> [HoldPlace] {
        switch scope {
        case .all: return [HoldPlace(.all, in: environment)]
        case .services(let services):
            for service in services { try await checkKnown(service, head) }
            return services.map { HoldPlace(.service($0), in: environment) }
        case .team(let team):
            return try await services(of: team, head).map { HoldPlace(.service($0), in: environment) }
        }
    }

    /// A hold on a name that is none holds nothing, and nobody would notice.
    private func checkKnown(_ service: Name, _ head: BranchHead) async throws {
        if service.text == "all" {
            throw Refusal(
                .usage, "a service called all cannot be held alone", hint: "hold the whole environment instead")
        }
        let place = HoldPlace(.service(service), in: environment)
        let paths = ["releases/\(service).yaml", "services/\(service).yaml", place.path]
        guard try await repository.files(at: paths, of: head.commit).isEmpty else { return }
        let known = try await names(head)
        throw Refusal(
            .notFound, "there is no service \"\(service)\" in \(environment)",
            hint: didYouMean(service.text, in: known.map(\.text)))
    }

    private func names(_ head: BranchHead) async throws -> [Name] {
        var found = Set<Name>()
        for folder in ["releases", "services"] {
            for file in try await repository.names(in: folder, of: head.commit) where file.hasSuffix(".yaml") {
                if let name = Name(file.dropLast(5)) { found.insert(name) }
            }
        }
        return found.sorted()
    }

    private func services(of team: Name, _ head: BranchHead) async throws -> [Name] {
        let paths = try await names(head).map { "services/\($0).yaml" }
        let files = try await repository.files(at: paths, of: head.commit)
        var teams = Set<String>()
        var services: [Name] = []
        for (path, file) in files {
            guard let owner = Renderer.service(file.bytes, path: path).content?.team else { continue }
            teams.insert(owner.text)
            if owner == team, let name = Name(path.dropFirst("services/".count).dropLast(5)) { services.append(name) }
        }
        if !services.isEmpty { return services.sorted() }
        throw Refusal(
            .notFound, "no service in \(environment) belongs to a team \"\(team)\"",
            hint: didYouMean(team.text, in: teams)
                ?? (teams.isEmpty
                    ? "services/<service>.yaml names it: team: \(team)"
                    : "there are \(teams.sorted().joined(separator: ", "))"))
    }
}
