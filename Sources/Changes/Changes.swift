// SPDX-License-Identifier: Apache-2.0

// The room of release, promote, rollback, hold and resume.
//
// In come what a person or a pipeline wants and the files of a branch; out goes what to commit: edits, a subject and
// trailers, or a refusal with its reason. `ChangeLoop` alone touches the world, through the ports in Domain.

public import Domain

/// Why a change is not made, for the person who wanted it.
public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the caller can do about it.
    public enum Code: Sendable, Hashable {
        /// What was asked for makes no sense: ask differently.
        case usage
        /// What is there does not fit: another image under the same version, a version that cannot be compared.
        case conflict
        /// Somebody holds the service.
        case held
        /// The branch kept moving until the time was up.
        case contended
        /// No such service, environment or version.
        case notFound
        /// The result would be broken; `diagnostics` say where.
        case invalid
        /// The repository does not let us: a missing credential, a protected branch, a hook.
        case unwritable
    }

    public let code: Code
    /// What is wrong, in one sentence without a full stop.
    public let message: String
    /// What to do next; nil when the message says it all.
    public let hint: String?
    public let diagnostics: [Diagnostic]

    public init(_ code: Code, _ message: String, hint: String? = nil, diagnostics: [Diagnostic] = []) {
        self.code = code
        self.message = message
        self.hint = hint
        self.diagnostics = diagnostics
    }

    public var description: String { message + (hint.map { "; \($0)" } ?? "") }
}

/// One commit that is to be made on top of a branch.
public struct Change: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        case edits(FileEdits)
        /// A tree that is in the repository already, such as a merge's.
        case tree(TreeID)
    }

    public let content: Content
    /// Beside the branch's head; makes it a merge.
    public let otherParents: [CommitID]
    /// At most 72 characters, without a full stop.
    public let subject: String
    /// Empty for none.
    public let body: String
    public let trailers: [CommitDraft.Trailer]

    public init(
        _ content: Content, otherParents: [CommitID] = [], subject: String, body: String = "",
        trailers: [CommitDraft.Trailer] = []
    ) {
        self.content = content
        self.otherParents = otherParents
        self.subject = subject
        self.body = body
        self.trailers = trailers
    }

    /// Subject, empty line, body.
    public var message: String { body.isEmpty ? subject : "\(subject)\n\n\(body)" }
}

/// A trailer's value is one line: line breaks become spaces. Nil for a text that is empty then.
public func trailer(_ key: String, _ value: String?) -> CommitDraft.Trailer? {
    guard let value else { return nil }
    let words = value.split { $0.isNewline || $0.isWhitespace || ($0.unicodeScalars.first?.value ?? 0) < 0x20 }
    return words.isEmpty ? nil : CommitDraft.Trailer(key, words.joined(separator: " "))
}
