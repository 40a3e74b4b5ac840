// SPDX-License-Identifier: Apache-2.0

/// How much one file may ask for. What goes beyond is an error, found before it is built.
///
/// `kubernaut.yaml` may set others, within `mebibyteRange` and its like: a file that the owners of a repository know to
/// be big must not be refused for ever, and no file may take a whole machine.
public struct FileLimits: Sendable, Hashable {
    /// Of the whole file.
    public var bytes: Int
    /// How deep lists and maps may nest, 1...1,000.
    public var depth: Int
    public var documents: Int
    /// Scalars, lists, maps and keys of all documents, those included that aliases repeat.
    public var nodes: Int

    public init(bytes: Int, depth: Int, documents: Int, nodes: Int) {
        self.bytes = bytes
        self.depth = depth
        self.documents = documents
        self.nodes = nodes
    }

    /// What `kubernaut.yaml` may ask for.
    public static let mebibyteRange: ClosedRange<Int64> = 1...64
    public static let depthRange: ClosedRange<Int64> = 10...1000
    public static let documentRange: ClosedRange<Int64> = 1...100_000
    public static let nodeRange: ClosedRange<Int64> = 1000...5_000_000

    /// All that can be set.
    public static let largest = FileLimits(
        bytes: Int(mebibyteRange.upperBound) << 20, depth: Int(depthRange.upperBound),
        documents: Int(documentRange.upperBound), nodes: Int(nodeRange.upperBound))

    /// For files of a config repository: the biggest object that an API server takes is 3 MiB.
    public static let standard = FileLimits(bytes: 4 << 20, depth: 100, documents: 1000, nodes: 100_000)
}
