// SPDX-License-Identifier: Apache-2.0

public import Domain
import Render

/// A release that somebody wants recorded.
public struct ReleaseRequest: Sendable, Hashable {
    /// A template that comes with the release.
    public struct Template: Sendable, Hashable {
        public enum Format: String, Sendable, Hashable {
            case yaml
            case json
        }

        public let bytes: [UInt8]
        public let format: Format

        public init(bytes: [UInt8], format: Format) {
            self.bytes = bytes
            self.format = format
        }
    }

    public let record: ReleaseRecord
    /// Attributes for the template; they belong to this release alone.
    public let values: Map
    /// Nil leaves the templates as they are.
    public var template: Template?
    /// Whether an older release than the one recorded is passed over.
    public var isOnlyIfNewer = false
    /// Whether the service may be one that the branch does not know yet.
    public var mayBeNew = false

    /// - Throws: `.usage` when the record would not be one, or a value would be ignored.
    public init(_ record: ReleaseRecord, values: Map = Map()) throws(Refusal) {
        self.record = record
        self.values = values
        for key in values.keys where Self.reservedNames.contains(key) {
            throw Refusal(
                .usage, "the value \"\(key)\" is reserved: it comes from the release itself",
                hint: "reserved are \(Self.reservedNames.sorted().joined(separator: ", "))")
        }
        let path = "\(record.service).yaml"
        let reading = Renderer.release(RecordText.write(fields, over: nil), path: path)
        if let problem = reading.diagnostics.first(where: { $0.severity == .error }) {
            throw Refusal(.usage, problem.message, hint: problem.hint)
        }
        guard reading.content == record else {
            throw Refusal(.usage, "the release cannot be written as a record: \(record)")
        }
    }

    /// Names that templates get from the record and the environment (decision: they cannot be overridden).
    static let reservedNames: Set<String> = [
        "service", "version", "image", "images", "build", "commit", "environment", "namespace", "cluster", "release",
    ]

    /// The record as it is written.
    var fields: [RecordField] {
        [
            RecordField("service", .string(record.service.text)), RecordField("version", .string(record.version)),
            RecordField("image", .string(record.image)),
            RecordField("images", .map(Map(record.images.map { Map.Entry(key: $0.key, value: .string($0.value)) }))),
            RecordField("build", record.build?.value), RecordField("source", record.source?.value),
            RecordField("releasedAt", record.releasedAt.map { .string("\($0)") }),
            RecordField("releasedBy", record.releasedBy.map(Value.string)),
            RecordField("note", record.note.map(Value.string)), RecordField("values", .map(values)),
        ].compactMap { $0 }
    }
}

extension ReleaseRecord.Build {
    fileprivate var value: Value {
        members([("number", number.map(Value.integer)), ("url", url.map(Value.string)), ("job", job.map(Value.string))])
    }
}

extension ReleaseRecord.SourceRevision {
    fileprivate var value: Value {
        members([
            ("url", url.map(Value.string)), ("branch", branch.map(Value.string)),
            ("commit", commit.map(Value.string)), ("message", message.map(Value.string)),
            ("author", author.map(Value.string)),
        ])
    }
}

private func members(_ pairs: [(String, Value?)]) -> Value {
    .map(Map(pairs.compactMap { key, value in value.map { Map.Entry(key: key, value: $0) } }))
}
