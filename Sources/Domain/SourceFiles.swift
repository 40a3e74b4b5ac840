// SPDX-License-Identifier: Apache-2.0

/// Files by their paths: what a commit has, of which the next one changes a few.
///
/// What changed since is kept apart from the many that did not, so that a commit of one file among tens of thousands costs
/// one entry instead of a copy of all.
public struct SourceFiles: Sendable {
    private var base: [String: SourceFile]
    /// What is otherwise than in `base`; nil for a file that is gone.
    private var changes: [String: SourceFile?] = [:]
    public private(set) var count: Int
    /// Of all files together.
    public private(set) var byteCount: Int

    /// More changes than this are put into one dictionary with the rest.
    private static let changesKept = 256

    public init(_ files: [String: SourceFile] = [:]) {
        base = files
        count = files.count
        byteCount = files.values.reduce(0) { $0 + $1.bytes.count }
    }

    public var isEmpty: Bool { count == 0 }

    public subscript(path: String) -> SourceFile? {
        get {
            if !changes.isEmpty, let change = changes[path] { return change }
            return base[path]
        }
        set {
            let old = self[path]
            count += (newValue == nil ? 0 : 1) - (old == nil ? 0 : 1)
            byteCount += (newValue?.bytes.count ?? 0) - (old?.bytes.count ?? 0)
            changes[path] = .some(newValue)
            if changes.count > Self.changesKept { fold() }
        }
    }

    private mutating func fold() {
        for (path, file) in changes { base[path] = file }
        changes = [:]
    }

    public var keys: [String] { map(\.key) }
    public var values: [SourceFile] { map(\.value) }

    public func filter(
        _ isIncluded: ((key: String, value: SourceFile)) throws -> Bool
    ) rethrows -> [String: SourceFile] {
        var found: [String: SourceFile] = [:]
        for entry in self where try isIncluded(entry) { found[entry.key] = entry.value }
        return found
    }
}

extension SourceFiles: Sequence {
    /// In no order.
    public struct Iterator: IteratorProtocol {
        fileprivate var base: [String: SourceFile].Iterator
        fileprivate var changed: [String: SourceFile?].Iterator
        fileprivate let changes: [String: SourceFile?]

        public mutating func next() -> (key: String, value: SourceFile)? {
            while let entry = base.next() {
                if changes.isEmpty || changes.index(forKey: entry.key) == nil { return entry }
            }
            while let (path, change) = changed.next() {
                if let file = change { return (path, file) }
            }
            return nil
        }
    }

    public func makeIterator() -> Iterator {
        Iterator(base: base.makeIterator(), changed: changes.makeIterator(), changes: changes)
    }

    public var underestimatedCount: Int { count }
}
