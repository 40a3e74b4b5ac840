// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain
import Render

extension ReleaseRecord {
    /// The id under which lists show it: the same on every branch and after a new clone.
    public var listID: String { id }

    /// The id of its service, for clients that expect services to have one.
    public var serviceID: String { uuidV5(namespace: serviceNamespace, name: service.text) }
}

/// The version 5 UUID of `https://kubernaut.dev/services` in the URL namespace; never to be changed.
private let serviceNamespace: [UInt8] = [
    0x3A, 0xC3, 0xED, 0x4E, 0xF7, 0x71, 0x50, 0x43, 0x97, 0xFE, 0xC2, 0xFD, 0xAD, 0xF4, 0x34, 0x80,
]
