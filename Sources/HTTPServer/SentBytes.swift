// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// A body where it lies while connections send it: never changed, freed with the last reference.
// Safe: the memory is written in `init` alone, and belongs to this object.
final class SentBytes: @unchecked Sendable {
    let memory: UnsafeRawBufferPointer

    /// Copies `bytes`.
    init(_ bytes: [UInt8]) {
        let own = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        own.copyBytes(from: bytes)
        memory = UnsafeRawBufferPointer(own)
    }

    deinit { memory.deallocate() }
}

/// What is sent of a body that many are given, made when it is wanted first. Safe from any thread.
public final class KeptBody: Sendable {
    private struct Forms: Sendable {
        var plain: SentBytes?
        var packed: SentBytes?
    }

    private let forms = Lock(Forms())

    public init() {}

    /// Two that come first at the same time both make it.
    func bytes(packed: Bool, or make: () -> SentBytes?) -> SentBytes? {
        if let known = known(packed: packed) { return known }
        let made = make()
        forms.withLock { forms in
            if packed { forms.packed = made } else { forms.plain = made }
        }
        return made
    }

    func known(packed: Bool) -> SentBytes? { forms.withLock { packed ? $0.packed : $0.plain } }
}
