// SPDX-License-Identifier: Apache-2.0

import Crypto
import Testing

@Suite("Sealed boxes")
struct SealedBoxTests {
    private let old = [UInt8](repeating: 1, count: 32)
    private let new = [UInt8](repeating: 2, count: 32)

    @Test("open again for their purpose, and for no other")
    func purpose() {
        let box = SealedBox(keys: [new])
        let sealed = box.seal(Array("kim".utf8), for: "login")
        #expect(box.open(sealed, for: "login") == Array("kim".utf8))
        #expect(box.open(sealed, for: "session") == nil)
        #expect(box.open(box.seal([], for: "empty"), for: "empty") == [])
    }

    @Test("do not open once any bit was changed")
    func tampering() {
        let box = SealedBox(keys: [new])
        let sealed = box.seal(Array("kim".utf8), for: "login")
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x10
            #expect(box.open(changed, for: "login") == nil)
        }
        #expect(box.open(Array(sealed.dropLast()), for: "login") == nil)
        #expect(box.open([], for: "login") == nil)
    }

    @Test("of an old key open while it is in the ring, and new ones do not need it")
    func rotation() {
        let sealedByOld = SealedBox(keys: [old]).seal([7], for: "login")
        let ring = SealedBox(keys: [new, old])
        #expect(ring.open(sealedByOld, for: "login") == [7])
        #expect(SealedBox(keys: [new]).open(sealedByOld, for: "login") == nil)
        #expect(SealedBox(keys: [new]).open(ring.seal([8], for: "login"), for: "login") == [8])
    }

    @Test("are never twice the same")
    func nonce() {
        let box = SealedBox(keys: [new])
        #expect(box.seal([7], for: "login") != box.seal([7], for: "login"))
    }

    // RFC 5869, test case 3: SHA-256 with zero-length salt and info; the first 32 bytes of its output.
    @Test("have keys that are drawn as RFC 5869 says")
    func derivation() {
        let key = derivedKey(from: [UInt8](repeating: 0x0b, count: 22), for: "")
        #expect(hex(key) == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")
    }

    @Test("compare in constant time what is equal and what is not")
    func comparison() {
        #expect(isEqualInConstantTime([1, 2], [1, 2]))
        #expect(!isEqualInConstantTime([1, 2], [1, 3]))
        #expect(!isEqualInConstantTime([1, 2], [1, 2, 3]))
        #expect(isEqualInConstantTime([], []))
    }
}
