// SPDX-License-Identifier: Apache-2.0

/// The members of a map, kept sorted by the UTF-8 bytes of their keys, each key once.
///
/// Sorted storage makes equality, hashing and output canonical, and lookup a binary search.
public struct Map: Sendable, Hashable {
    public struct Entry: Sendable, Hashable {
        public let key: String
        public var value: Value

        public init(key: String, value: Value) {
            self.key = key
            self.value = value
        }

        public static func == (left: Entry, right: Entry) -> Bool {
            left.key.hasSameBytes(as: right.key) && left.value == right.value
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(utf8: key)
            hasher.combine(value)
        }
    }

    @usableFromInline private(set) var entries: [Entry]

    public init() { entries = [] }

    /// Sorts `entries`; where a key comes more than once, the last one stays.
    public init(_ entries: [Entry]) {
        guard !Self.isSorted(entries) else {
            self.entries = entries
            return
        }
        // The sort is stable, so among equal keys the last one stays the last.
        var kept: [Entry] = []
        kept.reserveCapacity(entries.count)
        for entry in entries.sorted(by: { $0.key.precedesInBytes($1.key) }) {
            if let last = kept.last, last.key.hasSameBytes(as: entry.key) { kept.removeLast() }
            kept.append(entry)
        }
        self.entries = kept
    }

    /// Takes entries that are sorted by the UTF-8 bytes of their keys already, each key once.
    public init(sorted entries: [Entry]) {
        assert(Self.isSorted(entries))
        self.entries = entries
    }

    private static func isSorted(_ entries: [Entry]) -> Bool {
        var index = 1
        while index < entries.count {
            guard entries[index - 1].key.precedesInBytes(entries[index].key) else { return false }
            index += 1
        }
        return true
    }

    public subscript(key: String) -> Value? {
        get {
            // Most maps are small, and most keys differ in length already.
            if entries.count <= 8 {
                for index in entries.indices where holds(key, at: index) { return entries[index].value }
                return nil
            }
            let index = position(of: key)
            return holds(key, at: index) ? entries[index].value : nil
        }
        set {
            let index = position(of: key)
            switch (holds(key, at: index), newValue) {
            case (true, let value?): entries[index].value = value
            case (true, nil): entries.remove(at: index)
            case (false, let value?): entries.insert(Entry(key: key, value: value), at: index)
            case (false, nil): break
            }
        }
    }

    public var keys: [String] { entries.map(\.key) }

    private func holds(_ key: String, at index: Int) -> Bool {
        index < entries.count && entries[index].key.hasSameBytes(as: key)
    }

    /// The first index whose key does not precede `key`.
    private func position(of key: String) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key.precedesInBytes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Map: RandomAccessCollection {
    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { entries.count }
    @inlinable public subscript(index: Int) -> Entry { entries[index] }

    /// The array's own: members are gone over more often than anything else is done with them.
    @inlinable public func makeIterator() -> IndexingIterator<[Entry]> { entries.makeIterator() }
}

extension Map: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, Value)...) {
        self.init(elements.map { Entry(key: $0.0, value: $0.1) })
    }
}
