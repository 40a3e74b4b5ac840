// SPDX-License-Identifier: Apache-2.0

/// `1 object`, `2 objects`, `2 entries`.
///
/// - Parameter many: The plural; nil for the singular with an `s`.
public func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
}
