// SPDX-License-Identifier: Apache-2.0

import Domain
public import Lifecycle
public import Logging

/// Finds out who sent a request.
public struct Gate: Sendable {
    /// Nil: there is no login, and people are `.local`.
    public let login: LoginSite?
    private let keys: (any KeyStore)?
    private let limiter = AttemptLimiter()
    private let logger: Logger
    private let now: Now

    public init(
        login: LoginSite?, keys: (any KeyStore)?, logger: Logger = .silent, now: @escaping Now = wallClock
    ) {
        self.login = login
        self.keys = keys
        self.logger = logger
        self.now = now
    }

    /// Somebody, with what their forms must carry.
    public struct Visitor: Sendable {
        public let caller: Caller
        /// Nil for keys and for who did not sign in.
        public let session: Session?

        public init(_ caller: Caller, session: Session? = nil) {
            self.caller = caller
            self.session = session
        }
    }

    /// Why a request that shows credentials is not answered at all. Wrong credentials are never taken for none.
    public enum Problem: Error, Sendable, Hashable {
        case badKey
        /// Too many wrong keys came from this address.
        case wait(Duration)
        case unavailable(String)
    }

    /// - Parameters:
    ///   - cookies: Every `Cookie` field.
    ///   - authorization: The `Authorization` field; counts before cookies.
    ///   - freshness: See `LoginSite.session`.
    ///   - isVisit: See `LoginSite.session`.
    public func visitor(
        cookies: [String], authorization: String?, peer: String, freshness: Duration? = nil, isVisit: Bool = true
    ) async throws(Problem) -> Visitor {
        if let authorization { return Visitor(.key(try await key(authorization, peer: peer))) }
        guard let login else { return Visitor(.local) }
        do {
            guard let session = try await login.session(Cookies(cookies), freshness: freshness, isVisit: isVisit) else {
                return Visitor(.nobody)
            }
            return Visitor(.person(session.person), session: session)
        } catch {
            throw .unavailable("\(error)")
        }
    }

    /// Who asks, where that is known without a look at sessions or keys; nil where it is not.
    public func visitorAtOnce(authorization: String?) -> Visitor? {
        authorization == nil && login == nil ? Visitor(.local) : nil
    }

    private func key(_ authorization: String, peer: String) async throws(Problem) -> KeyIdentity {
        let time = now()
        if let wait = limiter.wait(for: peer, at: time) { throw .wait(wait) }
        let words = authorization.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer", let text = APIKeyText(String(words[1])) else {
            limiter.noteFailure(of: peer, at: time)
            throw .badKey
        }
        let found: APIKey?
        do {
            found = try await keys?.key(text.id)
        } catch {
            throw .unavailable("\(error)")
        }
        guard let key = found, text.opens(key), key.isGood(at: time) else {
            limiter.noteFailure(of: peer, at: time)
            logger.notice("A key was refused", ["key": text.id, "peer": peer])
            throw .badKey
        }
        // Once a minute is enough to find keys that nobody uses any more.
        if key.lastUsedAt.map({ time.since($0) >= .seconds(60) }) ?? true {
            do {
                try await keys?.noteUse(of: key.id, at: time, from: peer)
            } catch {
                logger.warning("The use of a key could not be noted", ["key": key.id, "error": "\(error)"])
            }
        }
        return key.identity
    }
}
