// SPDX-License-Identifier: Apache-2.0

public import Domain
import Render

/// The releases of one service that a branch has had, newest first.
public struct ReleaseTrail: Sendable {
    /// A step whose record is readable.
    public struct Entry: Sendable, Hashable {
        public let record: ReleaseRecord
        /// As the commit left it.
        public let file: SourceFile
        public let commit: Commit
    }

    public let entries: [Entry]

    /// - Parameter history: Of `releases/<service>.yaml` on the branch, newest first.
    public init(of service: Name, _ history: [HistoryStep]) {
        let path = "releases/\(service).yaml"
        entries = history.compactMap { step in
            guard let file = step.changes[path] ?? nil else { return nil }
            return Renderer.release(file.bytes, path: path).content.map {
                Entry(record: $0, file: file, commit: step.commit)
            }
        }
    }

    /// The newest entry of a version; nil when the branch never had it.
    public func entry(of version: String) -> Entry? { entries.first { $0.record.version == version } }

    /// Each version once, newest first.
    public var versions: [String] {
        var seen = Set<String>()
        return entries.map(\.record.version).filter { seen.insert($0).inserted }
    }

    /// What the release `current` replaced. A rollback takes back what it rolled back: after 1, 2, 3 and a rollback to
    /// 2 the one before is 1, so that rolling back twice never leads back to what was left.
    public func entry(before current: String) -> Entry? {
        var stack: [String] = []
        for entry in entries.reversed() {
            let version = entry.record.version
            if let index = stack.firstIndex(of: version) {
                stack.removeSubrange((index + 1)...)
            } else {
                stack.append(version)
            }
        }
        guard let index = stack.lastIndex(of: current) else {
            // The record is gone, or unreadable: its last release.
            return stack.last.flatMap(entry(of:))
        }
        return index == 0 ? nil : entry(of: stack[index - 1])
    }
}

/// A rollback that a person wants.
public struct RollbackRequest: Sendable, Hashable {
    public enum Target: Sendable, Hashable {
        case previous
        case version(String)
    }

    public let service: Name
    public let target: Target
    public let reason: String
    public let actor: String
    /// Whether nothing may be promoted over the release until someone resumes.
    public let holds: Bool
    /// When the hold ends by itself; nil for "until someone resumes".
    public let until: Instant?

    public init(service: Name, target: Target, reason: String, actor: String, holds: Bool, until: Instant?) {
        self.service = service
        self.target = target
        self.reason = reason
        self.actor = actor
        self.holds = holds
        self.until = until
    }
}

/// What became of a rollback.
public struct RollbackAnswer: Sendable, Hashable {
    /// What was recorded; nil when there was no record, or no readable one.
    public let from: ReleaseRecord?
    public let to: ReleaseRecord
    /// The commit that the record was taken from.
    public let origin: Commit
    /// False when the record was the wanted one already.
    public let changesRecord: Bool
    /// The hold that stood there before, if one is active.
    public let heldBefore: Hold?
    /// Configuration files that were restored, or removed because the release had none.
    public let configuration: [String]
}

/// Decides what a rollback changes on an environment's branch. Pure.
public struct RollbackChange: Sendable {
    public let request: RollbackRequest
    public let environment: Environment

    public init(_ request: RollbackRequest, in environment: Environment) {
        self.request = request
        self.environment = environment
    }

    public var recordPath: String { "releases/\(request.service).yaml" }
    private var holdPlace: HoldPlace { HoldPlace(.service(request.service), in: environment.name) }
    /// The files that the decision is made from.
    public var paths: [String] { [recordPath, holdPlace.path] }

    /// The entry to go back to.
    ///
    /// - Parameter current: What the branch records now.
    /// - Throws: `.notFound` with the known versions.
    public func target(in trail: ReleaseTrail, current: ReleaseRecord?) throws(Refusal) -> ReleaseTrail.Entry {
        let known = trail.versions
        guard !known.isEmpty else {
            throw Refusal(.notFound, "\(environment.name) never had a release of \(request.service)")
        }
        let list = "known are \(known.prefix(10).joined(separator: ", "))\(known.count > 10 ? ", …" : "")"
        switch request.target {
        case .version(let version):
            if let entry = trail.entry(of: version) { return entry }
            throw Refusal(
                .notFound, "\(environment.name) never had \(request.service) \(version)",
                hint: [didYouMean(version, in: known), list].compactMap { $0 }.joined(separator: "; "))
        case .previous:
            if let entry = trail.entry(before: current?.version ?? "") { return entry }
            throw Refusal(
                .notFound,
                "there is nothing before \(request.service) \(current?.version ?? "") in \(environment.name)",
                hint: list)
        }
    }

    /// - Parameters:
    ///   - files: Those of `paths` that are there now.
    ///   - configuration: Configuration files as they must be again; nil where one must go.
    public func step(
        to target: ReleaseTrail.Entry, files: [String: SourceFile], configuration: FileEdits = [:], now: Instant
    ) throws(Refusal) -> ChangeStep<RollbackAnswer> {
        if let until = request.until, until <= now {
            throw Refusal(.usage, "--until \(until) is over already", hint: "it is \(now) now")
        }
        var edits: FileEdits = configuration
        let changesRecord = files[recordPath] != target.file
        if changesRecord { edits[recordPath] = target.file.bytes }
        let before = holdPlace.hold(in: files).flatMap { $0.isActive(at: now) ? $0 : nil }
        // Said once more, a hold keeps its words: a second try of the same rollback changes nothing.
        let isHeldAlready = before != nil && before?.until == request.until && !changesRecord
        if request.holds, !isHeldAlready {
            let order = HoldOrder(by: request.actor, reason: request.reason, until: request.until)
            edits[holdPlace.path] = order.text(since: now, over: files[holdPlace.path]?.bytes)
        }
        let current = files[recordPath].flatMap { Renderer.release($0.bytes, path: recordPath).content }
        let answer = RollbackAnswer(
            from: current, to: target.record, origin: target.commit, changesRecord: changesRecord, heldBefore: before,
            configuration: configuration.keys.sorted())
        return edits.isEmpty ? .done(answer) : .commit(change(edits, answer), answer)
    }

    private func change(_ edits: FileEdits, _ answer: RollbackAnswer) -> Change {
        let (service, version) = (request.service, answer.to.version)
        var body = request.reason
        if let from = answer.from { body += "\n\nIt was at \(from.version)." }
        body += "\nThe record is that of \(answer.origin.id.short) (\(answer.origin.subject))."
        if !answer.configuration.isEmpty {
            body += "\nConfiguration as it was then: \(answer.configuration.joined(separator: ", "))"
        }
        return Change(
            .edits(edits), subject: "Roll back \(service) to \(version) in \(environment.name)", body: body,
            trailers: [
                trailer(TrailerKey.action, "rollback"), trailer(TrailerKey.service, service.text),
                trailer(TrailerKey.version, version), trailer(TrailerKey.environment, environment.name.text),
                trailer(TrailerKey.from, answer.from?.version), trailer(TrailerKey.to, version),
                trailer(TrailerKey.actor, request.actor), trailer(TrailerKey.reason, request.reason),
            ].compactMap { $0 })
    }
}
