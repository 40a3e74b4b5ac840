// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import JSON

extension APIServer {
    /// A stream of changes, one JSON object per line, until its time is up or the client leaves.
    ///
    /// - Parameter name: To watch one object only.
    func watch(_ call: Call, name: String? = nil) throws(APIError) -> HTTPResponse {
        let filter = try call.filter()
        let asked = call.query["resourceVersion"] ?? ""
        guard let start = asked.isEmpty ? 0 : Int64(asked) else {
            throw APIError(
                500, "",
                "resourceVersion: Invalid value: \"\(asked)\": strconv.ParseUint: parsing \"\(asked)\": invalid syntax")
        }
        let seconds = call.query["timeoutSeconds"].flatMap { Int64($0) } ?? 0
        let session = WatchSession(
            server: self, call: call, filter: filter, name: name, start: start,
            timeout: seconds > 0 ? .seconds(seconds) : watchTimeout,
            wantsBookmarks: ["true", "1"].contains(call.query["allowWatchBookmarks"] ?? ""),
            sendsInitialEvents: call.query["sendInitialEvents"] == "true" || start == 0,
            marksInitialEnd: call.query["sendInitialEvents"] == "true")
        return HTTPResponse(
            status: 200, headers: ["Content-Type": "application/json"],
            body: .stream { writer in try await session.run(to: writer) })
    }
}

/// One watch in progress.
private struct WatchSession: Sendable {
    let server: APIServer
    let call: Call
    let filter: ObjectFilter
    let name: String?
    let start: Int64
    let timeout: Duration
    let wantsBookmarks: Bool
    let sendsInitialEvents: Bool
    let marksInitialEnd: Bool

    private enum Wakeup: Sendable {
        case changes
        case bookmark
        case end
    }

    func run(to writer: any HTTPBodyWriter) async throws {
        let resource = call.target.resource.id
        let (wakeups, source) = AsyncStream.makeStream(of: Wakeup.self, bufferingPolicy: .bufferingNewest(8))
        // Before the first look at the store, so that nothing falls between the two.
        let changes = server.store.wakeups(for: resource)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in changes { source.yield(.changes) } }
            group.addTask {
                try await Task.sleep(for: timeout)
                source.yield(.end)
            }
            if wantsBookmarks {
                group.addTask {
                    while true {
                        try await Task.sleep(for: server.bookmarkInterval)
                        source.yield(.bookmark)
                    }
                }
            }
            defer {
                source.finish()
                group.cancelAll()
            }
            try await follow(wakeups, to: writer)
        }
    }

    private func follow(_ wakeups: AsyncStream<Wakeup>, to writer: any HTTPBodyWriter) async throws {
        var cursor = start
        if sendsInitialEvents { cursor = try await sendInitialEvents(to: writer) }
        guard try await send(after: &cursor, to: writer) else { return }
        for await wakeup in wakeups {
            switch wakeup {
            case .changes: break
            case .bookmark:
                guard try await send(after: &cursor, to: writer) else { return }
                try await writer.write(bookmark(at: cursor))
                continue
            case .end:
                // A last bookmark lets the client go on from here.
                _ = try await send(after: &cursor, to: writer)
                if wantsBookmarks { try await writer.write(bookmark(at: cursor)) }
                return
            }
            guard try await send(after: &cursor, to: writer) else { return }
        }
        throw CancellationError()
    }

    private func sendInitialEvents(to writer: any HTTPBodyWriter) async throws -> Int64 {
        let (found, revision) = server.store.list(call.target.resource.id, namespace: call.target.namespace)
        let matching = found.filter(matches).sorted { $0.key < $1.key }
        var lines: [UInt8] = []
        for object in matching { line("ADDED", object, into: &lines) }
        if marksInitialEnd {
            lines += bookmark(at: revision, annotations: ["k8s.io/initial-events-end": "true"])
        }
        if !lines.isEmpty { try await writer.write(lines) }
        return revision
    }

    /// - Returns: False when the watch is too far behind and has ended with an error event.
    private func send(after cursor: inout Int64, to writer: any HTTPBodyWriter) async throws -> Bool {
        let current = server.store.revision
        // A revision from the future was given by a cluster that has lost its memory since: that client must list again.
        let isKnown = cursor <= current
        guard isKnown, let changes = server.store.changes(of: call.target.resource.id, after: cursor) else {
            let error = APIError.expired("too old resource version: \(cursor) (\(current))")
            let event: Value = ["type": "ERROR", "object": error.status]
            try await writer.write(event.json() + [UInt8(ascii: "\n")])
            return false
        }
        var lines: [UInt8] = []
        for change in changes {
            add(change, to: &lines)
            cursor = change.revision
        }
        cursor = max(cursor, current)
        if !lines.isEmpty { try await writer.write(lines) }
        return true
    }

    /// What the change means to one who sees only matching objects.
    private func add(_ change: Change, to lines: inout [UInt8]) {
        let was = change.previous.map(matches) ?? false
        let isNow = change.kind != .deleted && matches(change.object)
        switch (was, isNow) {
        case (false, true): line("ADDED", change.object, into: &lines)
        case (true, true): line("MODIFIED", change.object, into: &lines)
        case (true, false):
            // The state that last matched, at the revision of the change.
            var last = change.previous ?? change.object
            last.metadata["resourceVersion"] = .string(String(change.revision))
            line("DELETED", last, into: &lines)
        case (false, false): break
        }
    }

    private func matches(_ object: Value) -> Bool {
        if let name, object.name != name { return false }
        return filter.matches(object)
    }

    private func line(_ type: String, _ object: Value, into lines: inout [UInt8]) {
        let shown =
            call.form == .table
            ? server.table([object], call, revision: object.revision, next: nil) : call.shown(object)
        lines += "{\"type\":\"\(type)\",\"object\":".utf8
        lines += shown.json()
        lines += "}\n".utf8
    }

    private func bookmark(at revision: Int64, annotations: Value? = nil) -> [UInt8] {
        let target = call.target
        var metadata: Value = ["resourceVersion": .string(String(revision)), "creationTimestamp": .null]
        if let annotations { metadata["annotations"] = annotations }
        var object: Value = [
            "kind": .string(target.resource.kind), "apiVersion": .string(target.groupVersion), "metadata": metadata,
        ]
        switch call.form {
        case .whole: break
        case .metadata: object = Call.partial(object)
        case .table:
            object = [
                "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": [],
                "rows": [],
            ]
        }
        let event: Value = ["type": "BOOKMARK", "object": object]
        return event.json() + [UInt8(ascii: "\n")]
    }
}
