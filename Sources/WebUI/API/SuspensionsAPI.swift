// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer

extension WebPages {
    func suspend(_ name: Name, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let body = try JSONBody(request, known: ["reason", "until"])
        let reason = try body.required("reason")
        let until = try body.instant("until")
        if let until, until <= now() {
            throw ActionFailure(.badRequest, "until \(until) has passed already", hint: "it is \(now())")
        }
        try await sources.actions.suspend(name, reason: reason, until: until, context.visit)
        return Reply.json(["environment": Value(name), "accepted": true], status: 202)
    }

    func unsuspend(_ name: Name, _ context: PageContext) async throws -> HTTPResponse {
        let end = try await sources.actions.unsuspend(name, reason: context.query["reason"], context.visit)
        return Reply.json([
            "environment": Value(name), "result": .string(end == .ended ? "ended" : "not-suspended"),
        ])
    }
}
