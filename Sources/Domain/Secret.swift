// SPDX-License-Identifier: Apache-2.0

/// A token, password or key that cannot be printed by accident.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    public init(_ value: String) { self.value = value }

    public var description: String { "«redacted»" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Opens the secret at the point of use. The text must not be kept.
    public func withUnsafeValue<Result>(_ body: (String) throws -> Result) rethrows -> Result { try body(value) }
}
