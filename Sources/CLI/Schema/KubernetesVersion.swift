// SPDX-License-Identifier: Apache-2.0

import Domain

/// A version of Kubernetes as a person names it: `1.33`, `v1.33.4`, or what a server says of itself,
/// `v1.33.4-eks-1234`.
struct KubernetesVersion: Hashable, Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int
    /// Nil when any will do.
    let patch: Int?

    init?(_ text: some StringProtocol) {
        let plain = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let parts = plain.prefix { $0 != "-" && $0 != "+" }.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt16($0) }.map(Int.init)
        guard (2...3).contains(parts.count), numbers.count == parts.count else { return nil }
        major = numbers[0]
        minor = numbers[1]
        patch = numbers.count == 3 ? numbers[2] : nil
    }

    /// Whether a server of the version `other` is what was asked for.
    func includes(_ other: KubernetesVersion) -> Bool {
        major == other.major && minor == other.minor && (patch == nil || patch == other.patch)
    }

    var description: String { "\(major).\(minor)" + (patch.map { ".\($0)" } ?? "") }

    static func < (left: KubernetesVersion, right: KubernetesVersion) -> Bool {
        (left.major, left.minor, left.patch ?? 0) < (right.major, right.minor, right.patch ?? 0)
    }
}
