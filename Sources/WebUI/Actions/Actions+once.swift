// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain
import HTTPServer

extension Actions {
    /// Answers a request with an idempotency key once: the same key and the same request get the same answer for 24 hours.
    ///
    /// - Parameters:
    ///   - key: As the client chose it; nil answers without remembering.
    ///   - request: Of which method, address, and body make what is asked for.
    func once(
        _ key: String?, _ request: HTTPRequest, _ visit: Visit, _ answer: () async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        guard let key else { return try await answer() }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw ActionFailure(.badRequest, "Idempotency-Key must be 1 to 255 printable characters without spaces")
        }
        // Whose it is: one caller must not learn what another was told.
        let name = "\(visit.owner)\n\(key)"
        let asked = "\(request.method) \(request.rawPath)?\(request.rawQuery)\n"
        switch answers.begin(name, sha256Hex(Array(asked.utf8) + request.body)) {
        case .new: break
        case .answered(var response):
            response.headers["Idempotency-Replayed"] = "true"
            return response
        case .running:
            throw ActionFailure(.conflict, "the first request with this Idempotency-Key is still at work", hint: "wait")
        case .other:
            throw ActionFailure(
                .invalid, "this Idempotency-Key was used for another request", hint: "choose a new one for each change")
        case .full: throw ActionFailure(.busy, "too many changes are under way", hint: "try again in a minute")
        }
        do {
            let response = try await answer()
            if response.status < 500 { answers.keep(name, response) } else { answers.forget(name) }
            return response
        } catch {
            // Refusals are found again; nothing was done that a second time would do twice.
            answers.forget(name)
            throw error
        }
    }
}

extension Visit {
    /// Names the caller for as long as they are the same.
    fileprivate var owner: String {
        switch caller {
        case .person(let person): "person \(person.id)"
        case .key(let key): "key \(key.id)"
        case .local: "local"
        case .nobody: "nobody"
        }
    }
}
