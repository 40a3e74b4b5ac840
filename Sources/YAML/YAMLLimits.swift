// SPDX-License-Identifier: Apache-2.0

/// How much one file may ask for. What goes beyond is an error, found before it is built.
public struct YAMLLimits: Sendable, Hashable {
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

    /// For files of a config repository: the biggest object that an API server takes is 3 MiB.
    public static let standard = YAMLLimits(bytes: 4 << 20, depth: 100, documents: 1000, nodes: 100_000)
}
