// SPDX-License-Identifier: Apache-2.0

import Access
import Domain

/// For sessions that are there already, and too young for GitHub to be asked about.
struct SilentProvider: IdentityProvider {
    let issuer = "https://github.example/login/oauth"
    func authorizeURL(state: String, challenge: String, redirect: String) -> String {
        "https://github.example/?\(state)"
    }
    func token(for code: String, verifier: String, redirect: String) async throws(LoginError) -> Secret { throw away }
    func person(with token: Secret, at now: Instant) async throws(LoginError) -> Person { throw away }
    func revoke(_ token: Secret) async {}
    private var away: LoginError { LoginError(.unreachable, operation: "asking", detail: "nobody is there") }
}
