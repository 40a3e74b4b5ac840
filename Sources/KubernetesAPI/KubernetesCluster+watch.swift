// SPDX-License-Identifier: Apache-2.0

public import Domain
import HTTPClient
import Lifecycle

extension KubernetesCluster {
    /// The server is asked to end the watch after a random 5 to 10 minutes, so that those of many clients spread.
    /// A watch that stays silent for `CallLimits.silence`, in which two bookmarks are due, ends as if the server had ended it.
    public func watch(
        _ resource: APIResource, namespace: String?, labels: String, from resourceVersion: String, detail: Detail
    ) -> AsyncThrowingStream<WatchEvent, any Error> {
        let operation = "watching \(subject(resource, namespace, nil))"
        let query = { @Sendable [self] () throws(ClusterError) -> ResourcePath in
            try path(resource, namespace, nil, operation)
                .adding("watch", "true").adding("allowWatchBookmarks", "true")
                .adding("timeoutSeconds", "\(Int.random(in: connection.watchSeconds))")
                .adding("resourceVersion", resourceVersion)
                .adding("labelSelector", labels, if: !labels.isEmpty)
        }
        let reader = WatchReader(
            decoder: WatchDecoder(resource, detail, operation: operation), operation: operation
        ) { [connection] () throws(ClusterError) in
            try await connection.stream(
                .init(path: try query(), operation: operation, accept: detail.accept(list: false)),
                silence: connection.silence)
        }
        // Pulled: a slow reader holds the server back, and one that goes away ends the exchange.
        return AsyncThrowingStream { try await reader.next() }
    }
}

/// Opens a watch when its first event is asked for, and hands out its events one by one. For one reader.
private actor WatchReader {
    private var decoder: WatchDecoder
    private let operation: String
    private let open: @Sendable () async throws(ClusterError) -> HTTPClientStream
    private var pieces: AsyncThrowingStream<[UInt8], any Error>.Iterator?
    private var ready: ArraySlice<WatchEvent> = []
    private var isOver = false

    init(
        decoder: WatchDecoder, operation: String,
        open: @escaping @Sendable () async throws(ClusterError) -> HTTPClientStream
    ) {
        self.decoder = decoder
        self.operation = operation
        self.open = open
    }

    func next() async throws(ClusterError) -> WatchEvent? {
        while true {
            if let event = ready.popFirst() { return event }
            if isOver { return nil }
            do throws(ClusterError) {
                try await readMore()
            } catch {
                isOver = true
                pieces = nil
                throw error
            }
        }
    }

    private func readMore() async throws(ClusterError) {
        var iterator: AsyncThrowingStream<[UInt8], any Error>.Iterator
        if let pieces { iterator = pieces } else { iterator = try await open().body.makeAsyncIterator() }
        let piece: [UInt8]?
        do {
            piece = try await iterator.next(isolation: self)
        } catch let error as HTTPClientError {
            guard error.code == .timedOutAfterSending else { throw ClusterError(error, operation: operation) }
            piece = nil
        } catch {
            throw ClusterError(.interrupted, operation: operation, detail: "\(error)")
        }
        pieces = iterator
        guard let piece else {
            isOver = true
            pieces = nil
            // A cancelled reader sees the end of the stream below, not its error.
            if Task.isCancelled { throw ClusterError(.cancelled, operation: operation, detail: "cancelled") }
            if decoder.isInsideLine {
                throw ClusterError(.interrupted, operation: operation, detail: "the answer ended within an event")
            }
            return
        }
        ready = try decoder.events(adding: piece)[...]
    }
}
