// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not the YAML that Kubernetes reads.
public struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case syntax
        case duplicateKey
        /// A key that is no string, number or boolean.
        case unusableKey
        /// A value that its tag, or JSON, cannot hold.
        case unusableValue
        case unknownAlias
        /// More than `FileLimits` allow.
        case limit
        /// The reserved text stands in a tag, an anchor, an alias or a directive.
        case reserved
    }

    public let code: Code
    /// In one sentence without a full stop.
    public let reason: String
    public let mark: YAMLMark
    /// A second place that belongs to the problem, and what is there.
    public let related: Related?

    public struct Related: Sendable, Hashable {
        public let note: String
        public let mark: YAMLMark

        public init(note: String, mark: YAMLMark) {
            self.note = note
            self.mark = mark
        }
    }

    public init(_ code: Code, _ reason: String, at mark: YAMLMark, related: Related? = nil) {
        self.code = code
        self.reason = reason
        self.mark = mark
        self.related = related
    }

    /// `4:3: the key "image" comes twice (first at 2:3)`
    public var description: String {
        "\(mark): \(reason)" + (related.map { " (\($0.note) at \($0.mark))" } ?? "")
    }
}
