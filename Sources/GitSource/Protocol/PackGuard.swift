// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Reads along while a pack arrives, and stops one whose objects would fill the memory (gitformat-pack(5)).
///
/// A few kilobytes can unfold to gigabytes, by compression or as a difference that copies its base again and again, and
/// libgit2 puts objects together in memory without asking how large they are. Everything is unfolded once more here,
/// in pieces that are thrown away.
struct PackGuard: ~Copyable {
    /// Larger objects are refused. A config repository's largest file may have 4 MiB (`SnapshotLimits`); other files in
    /// the same repository may be larger, within reason.
    static let objectLimitBytes = 256 << 20
    /// More objects are refused: 300 years of a commit every ten minutes.
    static let objectLimit = 20_000_000

    private enum Place {
        case head
        case entry
        case reference(left: Int)
        case content
        case trailer
    }

    private var place = Place.head
    private var head: [UInt8] = []
    private var objectsLeft = 0
    /// Of the present object: what its entry says, and what it has unfolded to.
    private var declared = 0
    private var unfolded = 0
    private var isDelta = false
    private var isFirstByte = true
    private var shift = 0
    private var type: UInt8 = 0
    /// The first bytes of a difference: the sizes of base and result.
    private var deltaHead: [UInt8] = []
    private var stream: UnsafeMutablePointer<z_stream>
    private let scratch: UnsafeMutableBufferPointer<UInt8>

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        scratch = .allocate(capacity: 65_536)
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        scratch.deallocate()
    }

    /// - Returns: A sentence when the pack is to be refused; nil to go on.
    mutating func objection(to bytes: [UInt8]) -> String? {
        var index = 0
        while index < bytes.count {
            switch place {
            case .head:
                head.append(bytes[index])
                index += 1
                if head.count == 12, let objection = readHead() { return objection }
            case .entry:
                if let objection = readEntry(bytes[index]) { return objection }
                index += 1
            case .reference(let left):
                // An id has 20 bytes; a distance ends with the byte whose highest bit is off (left: -1).
                let isLast = left < 0 ? bytes[index] & 0x80 == 0 : left == 1
                place = isLast ? .content : .reference(left: left < 0 ? left : left - 1)
                index += 1
            case .content:
                let (used, objection) = unfold(bytes[index...])
                if let objection { return objection }
                index += used
            case .trailer:
                // The checksum, which libgit2 checks.
                return nil
            }
        }
        return nil
    }

    private mutating func readHead() -> String? {
        guard head[..<4] == [0x50, 0x41, 0x43, 0x4b] else { return "what the server sends is no pack" }
        objectsLeft = head[8..<12].reduce(0) { $0 << 8 | Int($1) }
        if objectsLeft > Self.objectLimit { return "the server's pack claims to hold \(objectsLeft) objects" }
        nextEntry()
        return nil
    }

    private mutating func nextEntry() {
        (declared, unfolded, isFirstByte, shift) = (0, 0, true, 4)
        deltaHead = []
        place = objectsLeft == 0 ? .trailer : .entry
    }

    /// Type and size: three and four bits in the first byte, seven in each further one.
    private mutating func readEntry(_ byte: UInt8) -> String? {
        if isFirstByte {
            type = byte >> 4 & 7
            declared = Int(byte & 15)
            isFirstByte = false
        } else {
            guard shift < 56 else { return "the server's pack is damaged: an object of impossible size" }
            declared |= Int(byte & 0x7f) << shift
            shift += 7
        }
        guard byte & 0x80 == 0 else { return nil }
        if declared > Self.objectLimitBytes { return Self.tooLarge(declared) }
        isDelta = type == 6 || type == 7
        place = type == 6 ? .reference(left: -1) : type == 7 ? .reference(left: 20) : .content
        objectsLeft -= 1
        inflateReset(stream)
        return nil
    }

    private mutating func unfold(_ bytes: ArraySlice<UInt8>) -> (used: Int, objection: String?) {
        var left = bytes.count
        var status = Z_OK
        while left > 0 {
            let room = scratch.count
            let rest = bytes.suffix(left)
            (status, left) = rest.withUnsafeBufferPointer { input in
                // Safe: zlib only reads the input; its type is not const for historical reasons.
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = scratch.baseAddress
                stream.pointee.avail_out = UInt32(room)
                let status = inflate(stream, Z_NO_FLUSH)
                return (status, Int(stream.pointee.avail_in))
            }
            let produced = room - Int(stream.pointee.avail_out)
            unfolded += produced
            if unfolded > declared { return (0, "the server's pack is damaged: an object is longer than it says") }
            if isDelta, deltaHead.count < 20 {
                deltaHead += scratch[..<min(produced, 20 - deltaHead.count)]
            }
            if status == Z_STREAM_END {
                if let objection = checkDelta() { return (0, objection) }
                nextEntry()
                return (bytes.count - left, nil)
            }
            if status != Z_OK, status != Z_BUF_ERROR {
                return (0, "the server's pack is damaged: it cannot be unfolded")
            }
            if produced == 0, status == Z_BUF_ERROR { break }
        }
        return (bytes.count - left, nil)
    }

    private func checkDelta() -> String? {
        guard isDelta else { return nil }
        var rest = deltaHead[...]
        for _ in 0..<2 {
            var (size, shift) = (0, 0)
            while let byte = rest.popFirst() {
                guard shift < 56 else { return "the server's pack is damaged: a difference of impossible size" }
                size |= Int(byte & 0x7f) << shift
                shift += 7
                if byte & 0x80 == 0 { break }
            }
            if size > Self.objectLimitBytes { return Self.tooLarge(size) }
        }
        return nil
    }

    private static func tooLarge(_ bytes: Int) -> String {
        "the server's pack holds an object of \(bytes >> 20) MiB, more than \(objectLimitBytes >> 20); "
            + "take it out of the repository"
    }
}
