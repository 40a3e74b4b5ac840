// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

/// Cuts the bytes of a watch into lines and reads each as an event. Pure.
///
/// Pieces may end anywhere, inside a line and inside a character.
struct WatchDecoder {
    private let resource: APIResource
    private let detail: Detail
    private let operation: String
    private var rest: [UInt8] = []

    /// Bytes of one line; no object comes near it.
    private static let lineLimit = 64 << 20

    init(_ resource: APIResource, _ detail: Detail, operation: String) {
        self.resource = resource
        self.detail = detail
        self.operation = operation
    }

    /// Whether the bytes so far end within a line.
    var isInsideLine: Bool { !rest.isEmpty }

    /// The events that `piece` completes. Those before a faulty one are lost with it: the watch ends there anyway,
    /// and starts again from the last version that its reader has seen.
    mutating func events(adding piece: [UInt8]) throws(ClusterError) -> [WatchEvent] {
        var events: [WatchEvent] = []
        var start = piece.startIndex
        while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest + piece[start..<end]
            rest = []
            start = end + 1
            if !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }), let event = try event(line) { events.append(event) }
        }
        rest += piece[start...]
        guard rest.count <= Self.lineLimit else {
            throw ClusterError(.unavailable, operation: operation, detail: "an event has more than 64 MiB")
        }
        return events
    }

    /// Nil for an event type that is not known: later servers may have more.
    private func event(_ line: [UInt8]) throws(ClusterError) -> WatchEvent? {
        let value: Value
        do throws(JSONError) {
            value = try parseJSON(line)
        } catch {
            throw ClusterError(.unavailable, operation: operation, detail: "an event is no JSON: \(error)")
        }
        guard let type = value["type"]?.string, let object = value["object"] else {
            throw ClusterError(.unavailable, operation: operation, detail: "an event has no type or object")
        }
        switch type {
        case "ADDED": return .added(object.shown(as: resource, detail))
        case "MODIFIED": return .modified(object.shown(as: resource, detail))
        case "DELETED": return .deleted(object.shown(as: resource, detail))
        case "BOOKMARK": return object.resourceVersion.map { .bookmark(resourceVersion: $0) }
        case "ERROR": throw ClusterError(statusObject: object, operation: operation)
        default: return nil
        }
    }
}
