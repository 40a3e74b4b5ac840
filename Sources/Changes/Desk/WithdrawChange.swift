// SPDX-License-Identifier: Apache-2.0

public import Domain
import Render

/// What became of a release that was to be taken away.
public enum WithdrawAnswer: Sendable, Hashable {
    case withdrawn(ReleaseRecord)
    /// The branch does not record this release, or not any more: there is nothing to take away.
    case notRecorded
}

/// Decides what taking a release record away changes on a branch. Pure.
public struct WithdrawChange: Sendable {
    public let service: Name
    /// Another one that is recorded stays.
    public let version: String
    public let environment: Environment
    /// Nil for none.
    public let reason: String?
    public let actor: String

    public init(_ service: Name, version: String, in environment: Environment, reason: String?, actor: String) {
        self.service = service
        self.version = version
        self.environment = environment
        self.reason = reason
        self.actor = actor
    }

    public var recordPath: String { "releases/\(service).yaml" }
    /// The files that the decision is made from.
    public var paths: [String] { [recordPath] + HoldPlace.places(of: service, in: environment.name).map(\.path) }

    /// - Parameter files: Those of `paths` that are there.
    /// - Throws: `Refusal` `.held`.
    public func step(files: [String: SourceFile], now: Instant) throws(Refusal) -> ChangeStep<WithdrawAnswer> {
        guard let record = files[recordPath].flatMap({ Renderer.release($0.bytes, path: recordPath).content }),
            record.version == version
        else { return .done(.notRecorded) }
        if let hold = HoldPlace.active(for: service, in: environment.name, files, now: now) {
            throw hold.refusal(of: service, in: environment.name)
        }
        var edits: FileEdits = [:]
        edits[recordPath] = .some(nil)
        let change = Change(
            .edits(edits), subject: "Withdraw \(service) \(version) from \(environment.name)",
            body: reason ?? "",
            trailers: [
                trailer(TrailerKey.action, "withdraw"), trailer(TrailerKey.service, service.text),
                trailer(TrailerKey.version, version), trailer(TrailerKey.environment, environment.name.text),
                trailer(TrailerKey.from, version), trailer(TrailerKey.actor, actor),
                trailer(TrailerKey.reason, reason),
            ].compactMap { $0 })
        return .commit(change, .withdrawn(record))
    }
}

extension Hold {
    /// That a service must not move.
    func refusal(of service: Name, in environment: Name) -> Refusal {
        Refusal(
            .held, "\(isForAll ? "all of \(environment)" : service.text) is held\(sentence)",
            hint: "kubernaut resume \(isForAll ? "--all" : "--service \(service)") --env \(environment)")
    }
}
