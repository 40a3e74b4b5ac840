// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// Pieces of one answer's body on their way from the client's thread to one reader, bounded.
final class BodyChannel: Sendable {
    typealias Piece = Result<[UInt8]?, HTTPClientError>

    private struct State {
        var pieces: [[UInt8]] = []
        var bytes = 0
        /// Whether the transfer rests until the reader has caught up.
        var isFull = false
        var reader: CheckedContinuation<Piece, Never>?
        /// Nil while more may come.
        var end: Piece?
    }

    /// Bytes that wait for the reader before the transfer rests.
    private static let capacity = 256 << 10

    private let state = Lock(State())

    /// Called by the client's thread.
    ///
    /// - Returns: False when full: the piece was not taken and must be offered again after `resume`.
    func offer(_ piece: [UInt8]) -> Bool {
        let (taken, reader) = state.withLock { state -> (Bool, CheckedContinuation<Piece, Never>?) in
            if let reader = state.reader {
                state.reader = nil
                return (true, reader)
            }
            if state.bytes > 0, state.bytes + piece.count > Self.capacity {
                state.isFull = true
                return (false, nil)
            }
            state.pieces.append(piece)
            state.bytes += piece.count
            return (true, nil)
        }
        reader?.resume(returning: .success(piece))
        return taken
    }

    /// Called by the client's thread, once; nil when the body is whole.
    func finish(_ error: HTTPClientError?) {
        let end: Piece = error.map { .failure($0) } ?? .success(nil)
        let reader = state.withLock { state -> CheckedContinuation<Piece, Never>? in
            state.end = end
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: end)
    }

    /// The next piece, nil at the end.
    ///
    /// - Parameter resume: Called when the transfer rests and should go on.
    func next(resume: @Sendable () -> Void) async -> Piece {
        await withCheckedContinuation { continuation in
            let (piece, wasFull) = state.withLock { state -> (Piece?, Bool) in
                guard !state.pieces.isEmpty else {
                    precondition(state.reader == nil, "one reader only")
                    if state.end == nil { state.reader = continuation }
                    return (state.end, false)
                }
                // All that waits at once: the reader pays one switch of threads for it.
                var all = state.pieces[0]
                for piece in state.pieces.dropFirst() { all += piece }
                state.pieces.removeAll()
                state.bytes = 0
                defer { state.isFull = false }
                return (.success(all), state.isFull)
            }
            if wasFull { resume() }
            if let piece { continuation.resume(returning: piece) }
        }
    }
}
