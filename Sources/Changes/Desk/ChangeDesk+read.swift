// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain
import Render

/// A release as its commit left it: what the record alone does not say.
public struct ReleaseDetails: Sendable {
    /// The template that the service takes, from the config root: `templates/cart.yaml`; nil when none could be found.
    public let templatePath: String?
    public let template: SourceFile?
    /// SHA-256 of the template, 64 hexadecimal digits; nil without one.
    public let checksum: String?
    /// The record's own values.
    public let values: Value
}

/// A hold as it lies on a branch.
public struct StandingHold: Sendable, Hashable {
    public let place: HoldPlace
    public let hold: Hold
}

extension ChangeDesk {
    /// - Parameter commit: One that recorded the release.
    /// - Throws: The repository's errors.
    public func details(of service: Name, at commit: CommitID) async throws -> ReleaseDetails {
        let recordPath = "releases/\(service).yaml"
        let servicePath = "services/\(service).yaml"
        let first = try await repository.files(at: [recordPath, servicePath], of: commit)
        let named = first[servicePath].flatMap { Renderer.service($0.bytes, path: servicePath).content?.template }
        let names = named.map { [$0] } ?? [service.text, "default"]
        let paths = names.flatMap { name in ["yaml", "yml", "json"].map { "templates/\(name).\($0)" } }
        let templates = try await repository.files(at: paths, of: commit)
        let path = paths.first { templates[$0] != nil }
        let template = path.flatMap { templates[$0] }
        return ReleaseDetails(
            templatePath: path, template: template, checksum: template.map { sha256Hex($0.bytes) },
            values: .map(
                first[recordPath].flatMap { Renderer.releaseValues($0.bytes, path: recordPath).map } ?? Map()))
    }

    /// What is held at a commit of an environment's branch, ended holds included, the environment's own first.
    ///
    /// - Throws: The repository's errors.
    public func holds(in environment: Name, at commit: CommitID) async throws -> [StandingHold] {
        let names = try await repository.names(in: "\(environment)/holds", of: commit)
        let places = names.compactMap { file -> HoldPlace? in
            guard file.hasSuffix(".yaml") else { return nil }
            if file == "all.yaml" { return HoldPlace(.all, in: environment) }
            return Name(file.dropLast(5)).map { HoldPlace(.service($0), in: environment) }
        }
        let files = try await repository.files(at: places.map(\.path), of: commit)
        return places.sorted { ($0.scope == .all ? "" : $0.path) < ($1.scope == .all ? "" : $1.path) }.compactMap {
            place in place.hold(in: files).map { StandingHold(place: place, hold: $0) }
        }
    }

    /// The record of a service as a commit left it; nil when it has none, or no readable one.
    ///
    /// - Throws: The repository's errors.
    public func record(
        of service: Name, at commit: CommitID
    ) async throws -> (record: ReleaseRecord, file: SourceFile)? {
        let path = "releases/\(service).yaml"
        guard let file = try await repository.files(at: [path], of: commit)[path],
            let record = Self.release(in: file, at: path)
        else { return nil }
        return (record, file)
    }
}
