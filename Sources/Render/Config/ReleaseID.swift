// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain

extension ReleaseRecord {
    /// The same on every branch and after a new clone: a UUID (version 5) over service and version.
    public var id: String { uuidV5(namespace: releaseNamespace, name: "\(service)@\(version)") }
}

/// The version 5 UUID of `https://kubernaut.dev/releases` in the URL namespace; never to be changed.
private let releaseNamespace: [UInt8] = [
    0xF4, 0xC5, 0xEA, 0xC3, 0x8C, 0xC7, 0x5A, 0xE9, 0xB9, 0x6A, 0xCF, 0xDC, 0x00, 0x1F, 0xF7, 0x93,
]
