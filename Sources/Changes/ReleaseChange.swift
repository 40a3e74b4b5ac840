// SPDX-License-Identifier: Apache-2.0

public import Domain
import Render

/// What became of a release that was to be recorded.
public enum ReleaseAnswer: Sendable, Hashable {
    /// - Parameter previous: What was recorded before; nil when nothing was, or nothing readable.
    case recorded(previous: ReleaseRecord?)
    /// The same version and image are there already.
    case alreadyRecorded(ReleaseRecord)
    /// The recorded one is newer; the text says why.
    case skipped(ReleaseRecord, String)
}

/// Decides what a release changes on a branch. Pure.
public struct ReleaseChange: Sendable {
    public let request: ReleaseRequest
    public let environment: Environment
    /// Who is behind it, for the commit's trailer; nil when nobody said.
    public let actor: String?

    public init(_ request: ReleaseRequest, in environment: Environment, actor: String?) {
        self.request = request
        self.environment = environment
        self.actor = actor
    }

    private var service: Name { request.record.service }
    public var recordPath: String { "releases/\(service).yaml" }
    private var templatePaths: [String] { ["yaml", "yml", "json"].map { "templates/\(service).\($0)" } }

    /// The files that the decision is made from.
    public var paths: [String] {
        [recordPath, "services/\(service).yaml"] + templatePaths
            + HoldPlace.places(of: service, in: environment.name).map(\.path)
    }

    /// What the branch records now; nil for nothing, or nothing readable.
    public func recorded(in files: [String: SourceFile]) -> ReleaseRecord? {
        files[recordPath].flatMap { Renderer.release($0.bytes, path: recordPath).content }
    }

    /// Whether the branch knows the service in any way but the default template, which fits every name.
    public func isKnown(in files: [String: SourceFile]) -> Bool {
        ([recordPath, "services/\(service).yaml"] + templatePaths).contains { files[$0] != nil }
    }

    /// - Parameters:
    ///   - files: Those of `paths` that are there.
    ///   - ancestry: Of the source commits of the request and of `recorded(in:)`.
    public func step(
        files: [String: SourceFile], ancestry: Ancestry, now: Instant
    ) throws(Refusal) -> ChangeStep<ReleaseAnswer> {
        guard request.template != nil || request.mayBeNew || isKnown(in: files) else {
            throw Refusal(
                .notFound, "\(environment.branch) knows no service \"\(service)\"",
                hint: "a new service comes with --manifest FILE, or with --new if templates/default.yaml suits it")
        }
        let recorded = recorded(in: files)
        if let recorded, recorded.version == request.record.version {
            try checkSame(recorded, files)
            guard templateEdits(files).isEmpty else {
                return .commit(change(recorded, files), .recorded(previous: recorded))
            }
            return .done(.alreadyRecorded(recorded))
        }
        if let recorded, request.isOnlyIfNewer {
            let order = ReleaseOrder(of: request.record, after: recorded, ancestry: ancestry)
            switch order.verdict {
            case .newer: break
            case .notNewer: return .done(.skipped(recorded, order.reason))
            case .unknown:
                throw Refusal(
                    .conflict,
                    "cannot tell whether \(request.record.version) is newer than \(recorded.version): "
                        + order.reason,
                    hint: "give --commit in a clone of the application with its history, or --job and --build-number")
            }
        }
        try checkHolds(files, now)
        return .commit(change(recorded, files), .recorded(previous: recorded))
    }

    /// A version means one image for ever.
    private func checkSame(_ recorded: ReleaseRecord, _ files: [String: SourceFile]) throws(Refusal) {
        let wanted = request.record
        func refusal(_ what: String) -> Refusal {
            Refusal(
                .conflict, "\(service) \(wanted.version) is recorded on \(environment.branch) with \(what)",
                hint: "a version means one image for ever: release this one under a new version")
        }
        if recorded.image != wanted.image { throw refusal("another image: \(recorded.image), not \(wanted.image)") }
        if !wanted.images.isEmpty, recorded.images != wanted.images { throw refusal("other further images") }
        guard !request.values.isEmpty, let file = files[recordPath] else { return }
        if Renderer.releaseValues(file.bytes, path: recordPath) != .map(request.values) {
            throw refusal("other values")
        }
    }

    private func checkHolds(_ files: [String: SourceFile], _ now: Instant) throws(Refusal) {
        if let hold = HoldPlace.active(for: service, in: environment.name, files, now: now) {
            throw hold.refusal(of: service, in: environment.name)
        }
    }

    /// The template that comes along, instead of the ones that the service has by its name.
    private func templateEdits(_ files: [String: SourceFile]) -> FileEdits {
        guard let template = request.template else { return [:] }
        let path = "templates/\(service).\(template.format.rawValue)"
        var edits: FileEdits = [:]
        for other in templatePaths where other != path && files[other] != nil { edits[other] = .some(nil) }
        if files[path]?.bytes != template.bytes { edits[path] = template.bytes }
        return edits
    }

    private func change(_ recorded: ReleaseRecord?, _ files: [String: SourceFile]) -> Change {
        var edits = templateEdits(files)
        // A record that says the same stays as somebody wrote it.
        if recorded?.version != request.record.version {
            edits[recordPath] = RecordText.write(request.fields, over: files[recordPath]?.bytes)
        }
        return Change(
            .edits(edits), subject: "Release \(service) \(request.record.version)", body: details,
            trailers: [
                trailer(TrailerKey.action, "release"), trailer(TrailerKey.service, service.text),
                trailer(TrailerKey.version, request.record.version),
                trailer(TrailerKey.environment, environment.name.text), trailer(TrailerKey.actor, actor),
                trailer(TrailerKey.reason, request.record.note),
            ].compactMap { $0 })
    }

    private var details: String {
        let record = request.record
        var lines = ["Image \(record.image)"]
        if let url = record.build?.url { lines.append("built by \(url)") }
        if let source = record.source, let commit = source.commit {
            let message = source.message.map { ": \($0)" } ?? ""
            lines.append("from \(commit.prefix(12))\(message)")
        }
        return lines.joined(separator: "\n")
    }
}
