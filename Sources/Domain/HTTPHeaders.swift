// SPDX-License-Identifier: Apache-2.0

/// Header fields in the order they came. Names compare without case.
public struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
    public private(set) var fields: [(name: String, value: String)]

    public init(_ fields: [(name: String, value: String)] = []) { self.fields = fields }
    public init(dictionaryLiteral elements: (String, String)...) { fields = elements.map { ($0.0, $0.1) } }

    /// The first value; setting replaces all of that name, nil removes them.
    public subscript(name: String) -> String? {
        get { fields.first { Self.isSame($0.name, name) }?.value }
        set {
            fields.removeAll { Self.isSame($0.name, name) }
            if let newValue { fields.append((name, newValue)) }
        }
    }

    /// Every value of that name.
    public func all(_ name: String) -> [String] { fields.filter { Self.isSame($0.name, name) }.map(\.value) }

    public mutating func append(_ name: String, _ value: String) { fields.append((name, value)) }

    /// Names are ASCII (RFC 9110, section 5.1), and this is asked dozens of times per request.
    public static func isSame(_ name: String, _ other: String) -> Bool {
        func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
        guard name.utf8.count == other.utf8.count else { return false }
        var others = other.utf8.makeIterator()
        return name.utf8.allSatisfy { byte in others.next().map { byte == $0 || lowered(byte) == lowered($0) } ?? false
        }
    }
}
