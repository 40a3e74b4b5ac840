// SPDX-License-Identifier: Apache-2.0

public import Crypto
import Domain
public import Lifecycle
public import Logging

/// Signs people in and out and knows who is behind a cookie.
///
/// A sign-in is remembered by nobody but the browser: a sealed cookie holds its state, its verifier and where to go
/// afterwards, so any replica can finish what another began.
public struct LoginSite: Sendable {
    /// How long things count.
    public struct Limits: Sendable {
        /// From "Sign in" to coming back.
        public var login = Duration.seconds(600)
        /// Without a request.
        public var idle = Duration.seconds(8 * 3600)
        public var session = Duration.seconds(24 * 3600)
        /// After this long, teams are read again.
        public var teams = Duration.seconds(300)
        /// Teams that could not be read again for this long let one look, and nothing else.
        public var staleTeams = Duration.seconds(1800)

        public init() {}
    }

    let provider: any IdentityProvider
    let sessions: any SessionStore
    let box: SealedBox
    let callback: String
    let limits: Limits
    let logger: Logger
    let now: Now
    private let refreshes = TeamRefreshes()
    private let seen = SeenSessions()
    private let outdated = OutdatedTeams()

    /// - Parameters:
    ///   - publicURL: How browsers reach this site: `https://kubernaut.example.org`, without a slash at its end.
    ///   - box: The keys of cookies and kept tokens.
    public init(
        provider: any IdentityProvider, sessions: any SessionStore, box: SealedBox, publicURL: String,
        limits: Limits = Limits(), logger: Logger = .silent, now: @escaping Now = wallClock
    ) {
        self.provider = provider
        self.sessions = sessions
        self.box = box
        callback = "\(publicURL)\(Self.callbackPath)"
        self.limits = limits
        self.logger = logger
        self.now = now
    }

    public static let startPath = "/auth/github"
    public static let callbackPath = "/auth/github/callback"
    private static let loginCookie = "kn_login"
    private static let sessionCookie = "kn_session"

    /// Whether a browser believes to be signed in, right or wrong.
    public static func hasSessionCookie(_ cookies: Cookies) -> Bool {
        cookies[SetCookie.prefix + sessionCookie].map { !$0.isEmpty } ?? false
    }
    private static let tokenPurpose = "github-token"

    /// Where the browser goes next, and what it should remember.
    public struct Redirect: Sendable {
        public let location: String
        public let cookies: [SetCookie]
    }

    // MARK: - signing in

    public func start(returningTo target: ReturnTarget) -> Redirect {
        let attempt = Attempt(
            state: Base64.url.text(randomBytes(32)), verifier: Base64.url.text(randomBytes(32)), target: target,
            startedAt: now())
        let cookie = SetCookie(
            Self.loginCookie, Base64.url.text(box.seal(attempt.bytes, for: Self.loginCookie)),
            maxAge: Int(limits.login.components.seconds))
        let challenge = Base64.url.text(sha256(Array(attempt.verifier.utf8)))
        return Redirect(
            location: provider.authorizeURL(state: attempt.state, challenge: challenge, redirect: callback),
            cookies: [cookie])
    }

    /// What came back from the provider.
    public struct Answer: Sendable {
        public let state: String?
        public let code: String?
        public let issuer: String?
        /// `error` of RFC 6749, 4.1.2.1. Its description is text from a URL and is never shown.
        public let error: String?

        public init(state: String?, code: String?, issuer: String?, error: String?) {
            self.state = state
            self.code = code
            self.issuer = issuer
            self.error = error
        }
    }

    /// Ends the sign-in: a new session, or a reason why not. Whichever it is, the login cookie must go (`forgetLogin`).
    ///
    /// - Parameter browser: The `User-Agent` field.
    public func finish(
        _ answer: Answer, cookies: Cookies, browser: String? = nil
    ) async throws -> (redirect: Redirect, person: Person) {
        let operation = "signing in"
        guard let attempt = attempt(in: cookies), let state = answer.state,
            isEqualInConstantTime(Array(state.utf8), Array(attempt.state.utf8)),
            now().since(attempt.startedAt) < limits.login
        else {
            throw LoginError(
                .expired, operation: operation,
                detail: "it was not begun in this browser within the last ten minutes, or was ended before")
        }
        if let issuer = answer.issuer, issuer != provider.issuer {
            throw LoginError(.expired, operation: operation, detail: "the answer came from another provider")
        }
        if let error = answer.error {
            throw error == "access_denied"
                ? LoginError(.declined, operation: operation, detail: "the sign-in was cancelled")
                : LoginError(
                    .misconfigured, operation: operation,
                    detail: "GitHub refused it; is the callback address registered?")
        }
        guard let code = answer.code, (1...200).contains(code.utf8.count) else {
            throw LoginError(.expired, operation: operation, detail: "the answer holds no code")
        }
        let token = try await provider.token(for: code, verifier: attempt.verifier, redirect: callback)
        let person: Person
        do {
            person = try await provider.person(with: token, at: now())
        } catch {
            await provider.revoke(token)
            throw error
        }
        // A browser that was signed in already gets a new session all the same: nobody can hand one over.
        if let old = cookies[SetCookie.prefix + Self.sessionCookie] { try await sessions.end(Self.digest(of: old)) }
        let cookie = try await begin(person, token, browser)
        return (Redirect(location: attempt.target.text, cookies: [cookie, forgetLogin]), person)
    }

    public var forgetLogin: SetCookie { SetCookie(Self.loginCookie, "", maxAge: 0) }

    private func begin(_ person: Person, _ token: Secret, _ browser: String?) async throws -> SetCookie {
        let time = now()
        try await sessions.forget(
            createdBefore: time.adding(.zero - limits.session), unseenSince: time.adding(.zero - limits.idle))
        let id = Base64.url.text(randomBytes(32))
        let sealed = token.withUnsafeValue { box.seal(Array($0.utf8), for: Self.tokenPurpose) }
        try await sessions.add(
            Session(
                digest: Self.digest(of: id), person: person, createdAt: time, seenAt: time,
                formSecret: randomBytes(32), sealedToken: sealed, browser: browser.map { String($0.prefix(200)) }))
        return SetCookie(Self.sessionCookie, id, maxAge: Int(limits.session.components.seconds))
    }

    private func attempt(in cookies: Cookies) -> Attempt? {
        cookies[SetCookie.prefix + Self.loginCookie].flatMap { Base64.url.bytes($0) }
            .flatMap { box.open($0, for: Self.loginCookie) }.flatMap { Attempt($0) }
    }

    // MARK: - being signed in

    /// The session behind a request's cookies; nil for none, or one that has ended.
    ///
    /// - Parameter freshness: How old what is known of teams may be; older is read again first. When GitHub cannot be asked
    ///   the old answer stays; the caller must look at `Person.teamsReadAt`.
    /// - Parameter isVisit: Whether the person asks for something; false for a page that merely stays open, which keeps no session
    ///   alive.
    public func session(
        _ cookies: Cookies, freshness: Duration? = nil, isVisit: Bool = true
    ) async throws -> Session? {
        guard let id = cookies[SetCookie.prefix + Self.sessionCookie] else { return nil }
        let digest = Self.digest(of: id)
        let time = now()
        let found: Session?
        do {
            found = try await sessions.session(digest)
            seen.keep(found, as: digest, at: time)
        } catch {
            // Who was known a moment ago may go on looking while the store is away, and do nothing else.
            guard let known = seen.session(digest, at: time), time.since(known.createdAt) < limits.session else {
                throw error
            }
            return Session(lookingOnly: known, since: time.adding(.zero - limits.staleTeams))
        }
        guard var session = found else { return nil }
        guard time.since(session.createdAt) < limits.session, time.since(session.seenAt) < limits.idle else {
            try await sessions.end(session.digest)
            return nil
        }
        let age = time.since(session.person.teamsReadAt)
        if age >= freshness ?? limits.teams || outdated.concerns(session.person) {
            guard let person = try await refreshed(session) else { return nil }
            session.person = person
        }
        // A minute is fine enough for the idle limit, and spares a write per request.
        if isVisit && time.since(session.seenAt) >= .seconds(60) || session.person.teamsReadAt == time {
            if isVisit { session.seenAt = time }
            // Reading teams takes a while: who signed out in the meantime stays signed out.
            guard try await sessions.replace(session) else { return nil }
        }
        return session
    }

    /// Whether what is known of their teams is good enough to change anything.
    public func isFresh(_ person: Person) -> Bool { now().since(person.teamsReadAt) < limits.staleTeams }

    /// What is known of teams is old from now on: they are read again at the next request. Of the person with this number; nil
    /// for everybody's.
    public func readTeamsAgain(of person: Int64?) { outdated.note(person, at: now()) }

    /// The person with teams as they are now; the old answer when GitHub does not say; nil when the session was ended because
    /// GitHub no longer accepts the token, or the person left.
    private func refreshed(_ session: Session) async throws -> Person? {
        guard let sealed = session.sealedToken, let bytes = box.open(sealed, for: Self.tokenPurpose) else {
            // Sealed with a key that is gone: only a new sign-in helps.
            try await sessions.end(session.digest)
            return nil
        }
        let token = Secret(String(decoding: bytes, as: UTF8.self))
        do {
            let time = now()
            let person = try await refreshes.run(session.digest) { () async throws -> Person in
                try await provider.person(with: token, at: time)
            }
            guard person.id == session.person.id else {
                throw LoginError(.revoked, operation: "reading teams", detail: "the token belongs to somebody else")
            }
            return person
        } catch let error as LoginError {
            switch error.code {
            case .revoked, .notAMember:
                logger.notice(
                    "A session ended: GitHub no longer vouches for it",
                    ["login": session.person.login, "reason": error.detail])
                try await sessions.end(session.digest)
                return nil
            case .declined, .expired, .restricted, .singleSignOn, .misconfigured, .throttled, .unreachable:
                logger.warning(
                    "Teams could not be read again", ["login": session.person.login, "error": "\(error)"])
                return session.person
            }
        }
    }

    /// The person's sessions that still count, the oldest first.
    public func sessions(of person: Person) async throws -> [Session] {
        let time = now()
        return try await sessions.sessions(of: person.id).filter {
            time.since($0.createdAt) < limits.session && time.since($0.seenAt) < limits.idle
        }
    }

    // MARK: - signing out

    /// Ends the session and takes its token back.
    public func end(_ session: Session) async throws -> [SetCookie] {
        seen.keep(nil, as: session.digest, at: now())
        try await sessions.end(session.digest)
        if let bytes = session.sealedToken.flatMap({ box.open($0, for: Self.tokenPurpose) }) {
            await provider.revoke(Secret(String(decoding: bytes, as: UTF8.self)))
        }
        return [SetCookie(Self.sessionCookie, "", maxAge: 0), forgetLogin]
    }

    private static func digest(of id: String) -> String { sha256Hex(Array(id.utf8)) }
}

/// A sign-in under way, as its sealed cookie holds it.
private struct Attempt {
    let state: String
    let verifier: String
    let target: ReturnTarget
    let startedAt: Instant

    init(state: String, verifier: String, target: ReturnTarget, startedAt: Instant) {
        self.state = state
        self.verifier = verifier
        self.target = target
        self.startedAt = startedAt
    }

    init?(_ bytes: [UInt8]) {
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let milliseconds = Int64(parts[2]) else { return nil }
        state = String(parts[0])
        verifier = String(parts[1])
        startedAt = Instant(milliseconds: milliseconds)
        target = ReturnTarget(String(parts[3]))
    }

    var bytes: [UInt8] { Array("\(state)\n\(verifier)\n\(startedAt.milliseconds)\n\(target.text)".utf8) }
}

/// One reading of teams per session at a time: requests that come meanwhile share its result.
private actor TeamRefreshes {
    private var running: [String: Task<Person, any Error>] = [:]

    func run(_ digest: String, _ read: @escaping @Sendable () async throws -> Person) async throws -> Person {
        if let task = running[digest] { return try await task.value }
        let task = Task { try await read() }
        running[digest] = task
        defer { running[digest] = nil }
        return try await task.value
    }
}
