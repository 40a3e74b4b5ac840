// SPDX-License-Identifier: Apache-2.0

public import Domain

/// What became of a release that was to come to an environment.
public enum DeployAnswer: Sendable, Hashable {
    /// - Parameter previous: What was recorded before; nil when nothing was, or nothing readable.
    case deployed(previous: ReleaseRecord?)
    /// It is recorded there, in the same words.
    case alreadyThere
}

/// Decides what bringing a known release to an environment changes on its branch: the record, byte for byte as another
/// commit has it. Pure.
public struct DeployChange: Sendable {
    public let record: ReleaseRecord
    /// As the commit that it is known from left it.
    public let file: SourceFile
    public let environment: Environment
    /// Nil for none.
    public let reason: String?
    public let actor: String

    public init(
        _ record: ReleaseRecord, _ file: SourceFile, to environment: Environment, reason: String?, actor: String
    ) {
        self.record = record
        self.file = file
        self.environment = environment
        self.reason = reason
        self.actor = actor
    }

    private var service: Name { record.service }
    public var recordPath: String { "releases/\(service).yaml" }
    /// The files that the decision is made from.
    public var paths: [String] { [recordPath] + HoldPlace.places(of: service, in: environment.name).map(\.path) }

    /// - Parameter files: Those of `paths` that are there.
    /// - Throws: `Refusal` `.held`.
    public func step(files: [String: SourceFile], now: Instant) throws(Refusal) -> ChangeStep<DeployAnswer> {
        guard files[recordPath] != file else { return .done(.alreadyThere) }
        if let hold = HoldPlace.active(for: service, in: environment.name, files, now: now) {
            throw hold.refusal(of: service, in: environment.name)
        }
        let previous = files[recordPath].flatMap { ChangeDesk.release(in: $0, at: recordPath) }
        let change = Change(
            .edits([recordPath: file.bytes]),
            subject: "Deploy \(service) \(record.version) to \(environment.name)", body: reason ?? "",
            trailers: [
                trailer(TrailerKey.action, "deploy"), trailer(TrailerKey.service, service.text),
                trailer(TrailerKey.version, record.version), trailer(TrailerKey.environment, environment.name.text),
                trailer(TrailerKey.from, previous?.version), trailer(TrailerKey.to, record.version),
                trailer(TrailerKey.actor, actor), trailer(TrailerKey.reason, reason),
            ].compactMap { $0 })
        return .commit(change, .deployed(previous: previous))
    }
}
