// SPDX-License-Identifier: Apache-2.0

public import Domain

extension Value {
    /// Puts an attribute of a release below maps, which are made where there are none.
    ///
    /// - Parameter steps: From the outermost map on; not empty.
    /// - Returns: False, and nothing has changed, when something stands there, or something else than a map on the way.
    public mutating func insert(_ value: Value, at steps: ArraySlice<String>) -> Bool {
        guard let step = steps.first, map != nil else { return false }
        if steps.count == 1 {
            guard self[step] == nil else { return false }
            self[step] = value
            return true
        }
        var child = self[step] ?? .map(Map())
        guard child.insert(value, at: steps.dropFirst()) else { return false }
        self[step] = child
        return true
    }
}
