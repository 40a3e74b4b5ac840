// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient

/// Makes one attempt to deliver a letter.
struct Postman: Sendable {
    enum Outcome: Sendable, Equatable {
        case delivered
        /// Worth another try; not before that long, when the receiver said so.
        case later(String, after: Duration?)
        case hopeless(String)
        /// This receiver has no use for it.
        case notForThem
    }

    let client: HTTPClient
    let addresses: AddressGuard
    let site: String?

    func deliver(_ letter: Letter, to sink: Sink, now: Instant) async -> Outcome {
        var request: HTTPClientRequest
        do {
            guard let made = try sink.request(for: letter, site: site, now: now) else { return .notForThem }
            request = made
        } catch {
            return .later("a secret cannot be read: \(error)", after: nil)
        }
        do throws(AddressGuard.Problem) {
            request.addresses = try await addresses.addresses(of: request.url, for: sink)
        } catch {
            switch error {
            case .refused(let why): return .hopeless(why)
            case .unknown(let why): return .later(why, after: nil)
            }
        }
        do throws(HTTPClientError) {
            return Self.judge(try await client.send(request))
        } catch {
            // The client's words hold the URL; Slack's is a secret.
            return error.code == .invalidRequest
                ? .hopeless("the request cannot be made: \(error.detail)")
                : .later("\(error.code.rawValue): \(error.detail)", after: nil)
        }
    }

    static func judge(_ response: HTTPClientResponse) -> Outcome {
        let status = response.status
        switch status {
        case 200..<300: return .delivered
        case 300..<400: return .hopeless("it answers \(status), and redirects are not followed")
        case 408, 425, 429, 500...:
            return .later("it answers \(status)", after: retryAfter(response.headers["Retry-After"]))
        default:
            let words = String(decoding: response.body.prefix(200), as: UTF8.self).filter { !$0.isNewline }
            return .hopeless("it answers \(status)\(words.isEmpty ? "" : ": \(words)")")
        }
    }

    /// Whole seconds, at most ten minutes; nil for anything else, dates included.
    static func retryAfter(_ text: String?) -> Duration? {
        guard let text, let seconds = Int64(text), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 600))
    }
}
