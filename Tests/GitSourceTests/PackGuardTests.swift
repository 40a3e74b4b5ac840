// SPDX-License-Identifier: Apache-2.0

import Domain
import Platform
import TestKit
import Testing

@testable import GitSource

@Suite("Packs that would fill the memory", .serialized, .timeLimit(.minutes(1)))
struct PackGuardTests {
    /// What the guard says to a pack that comes in pieces of so many bytes.
    private func objection(_ pack: [UInt8], piece: Int) -> String? {
        var watcher = PackGuard()
        for start in stride(from: 0, to: pack.count, by: piece) {
            if let objection = watcher.objection(to: Array(pack[start..<min(start + piece, pack.count)])) {
                return objection
            }
        }
        return nil
    }

    @Test("a pack that git made passes, however it is cut into pieces", arguments: [1, 7, 4096, 1 << 20])
    func passes(piece: Int) throws {
        let origin = try GitRepositoryFixture()
        var text = (0..<400).map { "line \($0)\n" }.joined()
        for round in 0..<6 {
            text += "round \(round)\n"
            try origin.commit(["a.txt": text, "b/\(round).txt": String(repeating: "\(round)", count: 5_000)])
        }
        for options in ["--delta-base-offset", "--no-reuse-delta"] {
            try runCommand(
                ["sh", "-c", "git rev-list --objects --all | git pack-objects -q \(options) p >/dev/null"],
                environment: GitRepositoryFixture.environment, folder: origin.path)
            let name = try #require(try Files.list(origin.path).first { $0.hasSuffix(".pack") })
            #expect(objection(try Files.read("\(origin.path)/\(name)"), piece: piece) == nil)
            for file in try Files.list(origin.path) where file.hasPrefix("p-") {
                try Files.remove("\(origin.path)/\(file)")
            }
        }
    }

    /// zlib's "stored" form of a few bytes.
    private func folded(_ bytes: [UInt8]) -> [UInt8] {
        var (low, high) = (1, 0)
        for byte in bytes {
            low = (low + Int(byte)) % 65_521
            high = (high + low) % 65_521
        }
        let length = UInt16(bytes.count)
        let head: [UInt8] = [
            0x78, 1, 1, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8),
        ]
        return head + bytes + [UInt8(high >> 8), UInt8(high & 255), UInt8(low >> 8), UInt8(low & 255)]
    }

    private func number(_ value: Int) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), value)
        repeat {
            bytes.append(UInt8(rest & 127) | (rest > 127 ? 128 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }

    private func pack(_ objects: [[UInt8]]) -> [UInt8] {
        Array("PACK".utf8) + [0, 0, 0, 2, 0, 0, 0, UInt8(objects.count)] + objects.flatMap { $0 }
    }

    @Test("an object or a difference that unfolds to gigabytes is refused before it does")
    func bombs() {
        let base = [UInt8](repeating: 7, count: 20)
        let difference = number(16 << 20) + number(8 << 30) + [0x80]
        let bombs: [(String, [UInt8])] = [
            ("8192 MiB", [UInt8(0xf0 | difference.count & 15)] + [0] + base + folded(difference)),
            ("1024 MiB", [0xb0] + number(1 << 26)),
            ("longer than it says", [0x32] + folded([1, 2, 3])),
            ("impossible size", [0xbf] + [UInt8](repeating: 0xff, count: 12)),
        ]
        for (words, bomb) in bombs {
            for piece in [1, 1000] {
                #expect(objection(pack([bomb]), piece: piece)?.contains(words) == true, "\(words)")
            }
        }
        #expect(objection(pack([[0x33] + folded([1, 2, 3])]) + [UInt8](repeating: 0, count: 20), piece: 5) == nil)
        #expect(objection(Array("PACK\0\0\0\u{2}".utf8) + [255, 255, 255, 255], piece: 12)?.contains("claims") == true)
        #expect(objection(Array("HTTP/1.1 200".utf8), piece: 12) == "what the server sends is no pack")
    }
}
