// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Why the history could not be written or read, in terms a caller can act on.
public struct HistoryError: Error, Hashable, Sendable {
    /// What the caller can do about it. Switch on this; never on `detail`.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case full  // no space left: free some; nothing of the record was kept
        case busy  // another process holds the store: try again
        case unavailable  // the file or server cannot be opened, read or written: fix permissions, disk, network
        case duplicate  // a record with this id is there already
        case newer  // written by a newer kubernaut: use that one, or another state folder
        case corrupt  // the store is damaged; a new one is begun and the old one kept beside it
        case other  // anything else
    }

    public let code: Code
    /// What was being done, with its subject: "appending pass 01…".
    public let operation: String
    /// The library's own words.
    public let detail: String

    public init(_ code: Code, operation: String, detail: String) {
        self.code = code
        self.operation = operation
        self.detail = detail
    }

    /// Whether the same call may succeed later without a change of configuration.
    public var isRetryable: Bool {
        switch code {
        case .full, .busy, .unavailable, .corrupt: true
        case .duplicate, .newer, .other: false
        }
    }
}

extension HistoryError: PassingError {}

extension HistoryError: CustomStringConvertible {
    public var description: String { "\(operation) failed (\(code.rawValue)): \(detail)" }
}
