// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle

/// Somebody's sign-in on one browser, as the server keeps it.
public struct Session: Sendable, Hashable {
    /// SHA-256 of the id in the browser's cookie, in hexadecimal: who reads the store cannot use the session.
    public let digest: String
    public var person: Person
    public let createdAt: Instant
    public var seenAt: Instant
    /// Masked into every form; 32 bytes.
    public let formSecret: [UInt8]
    /// The person's GitHub token, sealed: only needed to read their teams again. Nil when the provider needs none.
    public let sealedToken: [UInt8]?
    /// How the browser called itself at sign-in, for the person to recognize it by; at most 200 characters.
    public let browser: String?

    public init(
        digest: String, person: Person, createdAt: Instant, seenAt: Instant, formSecret: [UInt8],
        sealedToken: [UInt8]?, browser: String? = nil
    ) {
        self.digest = digest
        self.person = person
        self.createdAt = createdAt
        self.seenAt = seenAt
        self.formSecret = formSecret
        self.sealedToken = sealedToken
        self.browser = browser
    }
}

/// Where sessions are. Port: in memory for one daemon, in the history's database to survive a restart and to be
/// shared by replicas.
public protocol SessionStore: Sendable {
    /// Nil when there is none; whether it still counts is the caller's to say.
    func session(_ digest: String) async throws -> Session?
    /// Begins a session.
    func add(_ session: Session) async throws
    /// Takes the place of the one with its digest; false when that has ended meanwhile, for then it stays ended.
    func replace(_ session: Session) async throws -> Bool
    func end(_ digest: String) async throws
    /// Ends every session of a person; returns how many there were.
    func endAll(of person: Int64) async throws -> Int
    /// The oldest first; some may have ended by their age.
    func sessions(of person: Int64) async throws -> [Session]
    /// Forgets sessions that have ended by their age.
    func forget(createdBefore created: Instant, unseenSince seen: Instant) async throws
}

/// Sessions that end with the process.
public final class MemorySessions: SessionStore {
    private let sessions = Lock<[String: Session]>([:])
    private let limit: Int

    /// - Parameter limit: When there are more, the one that was not seen for the longest time ends.
    public init(limit: Int = 10_000) { self.limit = limit }

    public func session(_ digest: String) async -> Session? { sessions.withLock { $0[digest] } }

    public func add(_ session: Session) async {
        sessions.withLock { [limit] sessions in
            sessions[session.digest] = session
            guard sessions.count > limit, let oldest = sessions.values.min(by: { $0.seenAt < $1.seenAt }) else {
                return
            }
            sessions[oldest.digest] = nil
        }
    }

    public func replace(_ session: Session) async -> Bool {
        sessions.withLock { sessions in
            guard sessions[session.digest] != nil else { return false }
            sessions[session.digest] = session
            return true
        }
    }

    public func end(_ digest: String) async { sessions.withLock { $0[digest] = nil } }

    public func endAll(of person: Int64) async -> Int {
        sessions.withLock { sessions in
            let count = sessions.count
            sessions = sessions.filter { $0.value.person.id != person }
            return count - sessions.count
        }
    }

    public func sessions(of person: Int64) async -> [Session] {
        sessions.withLock { sessions in
            sessions.values.filter { $0.person.id == person }.sorted { $0.createdAt < $1.createdAt }
        }
    }

    public func forget(createdBefore created: Instant, unseenSince seen: Instant) async {
        sessions.withLock { sessions in
            sessions = sessions.filter { $0.value.createdAt >= created && $0.value.seenAt >= seen }
        }
    }
}

/// Sessions that were found in the store a short while ago, in case it goes away. Bounded.
final class SeenSessions: Sendable {
    private let sessions = Lock<[String: (session: Session, at: Instant)]>([:])
    private let limit = 5000
    private let grace = Duration.seconds(900)

    /// - Parameter session: What the store has; nil forgets.
    func keep(_ session: Session?, as digest: String, at now: Instant) {
        sessions.withLock { [limit, grace] sessions in
            sessions[digest] = session.map { ($0, now) }
            guard sessions.count > limit else { return }
            sessions = sessions.filter { now.since($0.value.at) < grace }
            // More people than places within the grace: they sign in again when the store is back.
            if sessions.count > limit { sessions = [:] }
        }
    }

    func session(_ digest: String, at now: Instant) -> Session? {
        sessions.withLock { [grace] sessions in
            sessions[digest].flatMap { now.since($0.at) < grace ? $0.session : nil }
        }
    }
}

extension Session {
    /// The same with teams that count as read too long ago for anything but looking.
    init(lookingOnly session: Session, since moment: Instant) {
        let person = session.person
        self.init(
            digest: session.digest,
            person: Person(
                id: person.id, login: person.login, name: person.name, teams: person.teams,
                teamsReadAt: min(person.teamsReadAt, moment)),
            createdAt: session.createdAt, seenAt: session.seenAt, formSecret: session.formSecret,
            sealedToken: session.sealedToken, browser: session.browser)
    }
}
