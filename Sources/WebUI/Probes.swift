// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer

/// Answers for the kubelet. `?verbose` lists the checks as the API server does.
enum Probes {
    /// - Parameter isAlive: Whether the loops turn. Git and clusters do not count: a restart cannot mend them.
    static func livez(isAlive: Bool, _ context: PageContext) -> HTTPResponse {
        answer([("loops", isAlive, "a loop has not moved for too long")], name: "livez", context)
    }

    /// Not the reachability of one environment: pages must stay up to show just that.
    static func readyz(isReady: Bool, _ context: PageContext) -> HTTPResponse {
        answer(
            [
                ("listener", true, ""),
                ("snapshot", isReady, "not every environment was read yet"),
            ], name: "readyz", context)
    }

    private static func answer(
        _ checks: [(name: String, isGood: Bool, reason: String)], name: String, _ context: PageContext
    ) -> HTTPResponse {
        let isGood = checks.allSatisfy(\.isGood)
        let isVerbose = context.query["verbose"] != nil || !isGood
        let lines = checks.map { $0.isGood ? "[+]\($0.name) ok\n" : "[-]\($0.name) failed: \($0.reason)\n" }.joined()
        let verdict = "\(name) check \(isGood ? "passed" : "failed")\n"
        var response = Reply.text(isVerbose ? lines + verdict : "ok", status: isGood ? 200 : 503)
        if !isGood { response.headers["Retry-After"] = "2" }
        return response
    }
}
