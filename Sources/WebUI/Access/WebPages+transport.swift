// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer

extension WebPages {
    /// What a client hears that came to a proxy of ours without TLS, where the site is meant to be reached with it: the session's cookie
    /// would not come along, and what they send could be read. Nil when all is well.
    func secured(_ request: HTTPRequest) -> HTTPResponse? {
        let isProbe = ["/livez", "/readyz", "/healthz", "/metrics"].contains(request.rawPath)
        guard request.isSecure == false, !isProbe, let publicURL, publicURL.hasPrefix("https://") else { return nil }
        guard ["GET", "HEAD"].contains(request.method) else {
            return refusal(
                403, "Forbidden", "this site takes changes over https only", hint: publicURL, to: request)
        }
        let query = request.rawQuery.isEmpty ? "" : "?\(request.rawQuery)"
        return HTTPResponse(
            status: 308, headers: ["Location": "\(publicURL)\(request.rawPath)\(query)", "Cache-Control": "no-store"])
    }

    /// The host of a URL in lower case, without its port; empty for none.
    static func host(of url: String?) -> Set<String> {
        guard let url, let start = url.firstRange(of: "://")?.upperBound else { return [] }
        let authority = url[start...].prefix { $0 != "/" && $0 != "?" }.lowercased()
        return [
            authority.hasPrefix("[")
                ? String(authority.prefix { $0 != "]" }) + "]" : String(authority.prefix { $0 != ":" })
        ]
    }
}
