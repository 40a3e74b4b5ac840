// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Platform

/// Secrets in a file of the operator's, one a line. Read again when a second has passed, so that a new one needs no restart and
/// a flood of requests no disk. Safe from any thread.
final class SecretFile: Sendable {
    private struct Reading {
        let secrets: [Secret]
        let at: ContinuousClock.Instant
    }

    let path: String
    private let shortest: Int
    private let last = Lock<Reading?>(nil)

    /// - Parameter shortest: Shorter secrets can be guessed and are errors.
    init(_ path: String, shortest: Int = 16) {
        self.path = path
        self.shortest = shortest
    }

    /// One or more.
    ///
    /// - Throws: `FileError`, or `ConfigurationError` when the file holds none, or one that is too short.
    func secrets() throws -> [Secret] {
        let now = ContinuousClock.now
        if let reading = last.withLock({ $0 }), now - reading.at < .seconds(1) { return reading.secrets }
        let text = String(decoding: try Files.read(path, limit: 16 << 10), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        }.filter { !$0.isEmpty }.map { String($0) }
        guard !lines.isEmpty, lines.count <= 4, lines.allSatisfy({ $0.utf8.count >= shortest }) else {
            throw ConfigurationError(
                description: "\(path) must hold one secret a line, of \(shortest) characters or more, at most 4; "
                    + "make one with: openssl rand -hex 32")
        }
        let secrets = lines.map { Secret($0) }
        last.withLock { $0 = Reading(secrets: secrets, at: now) }
        return secrets
    }

    /// The first of the file.
    func secret() throws -> Secret {
        guard let first = try secrets().first else { throw ConfigurationError(description: "\(path) is empty") }
        return first
    }
}
