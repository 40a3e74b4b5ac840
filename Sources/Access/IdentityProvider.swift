// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Who says who somebody is and which teams they are in. Port; `GitHubOAuth` is the implementation for OAuth Apps. One for
/// GitHub Apps, which reads teams without the person's token, fits behind it as well.
public protocol IdentityProvider: Sendable {
    /// What `iss` must say in the answer, when it says anything (RFC 9207).
    var issuer: String { get }

    /// Where the browser goes to sign in.
    func authorizeURL(state: String, challenge: String, redirect: String) -> String

    /// Turns the code that came back into a token (RFC 6749, 4.1.3, with RFC 7636).
    func token(for code: String, verifier: String, redirect: String) async throws(LoginError) -> Secret

    /// Who holds the token, and all their teams. A list that could not be read to its end is an error, never a shorter list.
    func person(with token: Secret, at now: Instant) async throws(LoginError) -> Person

    /// Makes the token useless. Does its best: a token that stays alive is no reason to keep somebody signed in.
    func revoke(_ token: Secret) async
}

/// Why somebody is not signed in, in terms a page can show and a caller can act on.
public struct LoginError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        case declined  // they pressed Cancel
        case expired  // the sign-in took too long, was used before, or began in another browser: begin again
        case notAMember  // of none of the organizations that may sign in
        case restricted  // the organization has not approved the application: its owner must
        case singleSignOn  // the organization wants a fresh single sign-on session
        case revoked  // the token no longer counts: sign in again
        case misconfigured  // client id, secret or address are wrong: the operator must
        case throttled  // GitHub wants us to wait
        case unreachable  // GitHub does not answer, or answers nonsense: try again
    }

    public let code: Code
    /// What was being done.
    public let operation: String
    /// The cause. Never contains tokens, codes or secrets, nor text that GitHub passed on from a URL.
    public let detail: String
    /// Where the person can mend it; always at the provider's own host.
    public let help: String?

    public init(_ code: Code, operation: String, detail: String, help: String? = nil) {
        self.code = code
        self.operation = operation
        self.detail = detail
        self.help = help
    }

    public var description: String { "\(operation) failed (\(code.rawValue)): \(detail)" }
}
