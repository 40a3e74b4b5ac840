// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import HTTPClient
import JSON

extension Sink {
    /// The request that delivers a letter. Pure but for reading secrets.
    ///
    /// - Parameters:
    ///   - site: How browsers reach the pages, without a slash at its end; nil when that is not known.
    ///   - now: When it is sent: signatures carry the time of the attempt.
    /// - Returns: Nil when this kind of receiver has no use for it.
    func request(for letter: Letter, site: String?, now: Instant) throws -> HTTPClientRequest? {
        var request: HTTPClientRequest
        switch (kind, letter.content) {
        case (.webhook(let url, let secret), .notice(let notice)):
            request = HTTPClientRequest("POST", try url().text)
            request.body = notice.cloudEvent(site: site).json()
            request.headers["Content-Type"] = "application/cloudevents+json; charset=utf-8"
            let time = "\(now.milliseconds / 1000)"
            let signature = try secret().withUnsafeValue { secret in
                hex(hmacSHA256(key: Array(secret.utf8), Array("\(time).".utf8) + request.body))
            }
            request.headers["X-Kubernaut-Timestamp"] = time
            request.headers["X-Kubernaut-Signature-256"] = "sha256=\(signature)"
            request.headers["X-Kubernaut-Delivery"] = letter.id
        case (.slack(let url), .notice(let notice)):
            request = HTTPClientRequest("POST", try url().text)
            request.body = (["text": .string(notice.slackText(site: site))] as Value).json()
            request.headers["Content-Type"] = "application/json; charset=utf-8"
        case (.hipchat(let server, let room, let token), .notice(let notice)):
            request = HTTPClientRequest("POST", "\(server)/v2/room/\(percentEncoded(room))/notification")
            request.authorization = Secret("Bearer \(try token().text)")
            request.body = notice.hipchatMessage(site: site).json()
            request.headers["Content-Type"] = "application/json; charset=utf-8"
        case (.githubStatus(let api, let repository, let token), .status(let status)):
            request = HTTPClientRequest("POST", "\(api)/repos/\(repository)/statuses/\(status.commit)")
            request.authorization = Secret("Bearer \(try token().text)")
            request.body = status.githubStatus(site: site).json()
            request.headers["Content-Type"] = "application/json; charset=utf-8"
            request.headers["Accept"] = "application/vnd.github+json"
            request.headers["X-GitHub-Api-Version"] = "2022-11-28"
        default: return nil
        }
        request.timeout = .seconds(15)
        // What they answer is of no interest beyond a line for the log.
        request.limit = 64 << 10
        return request
    }
}

extension Secret {
    fileprivate var text: String { withUnsafeValue { $0 } }
}

extension Notice {
    /// Where a person looks next.
    private func link(_ site: String?) -> String? {
        site.map { services.count == 1 ? "\($0)/services/\(services[0])" : "\($0)/envs/\(environment)" }
    }

    /// CloudEvents 1.0, structured mode.
    func cloudEvent(site: String?) -> Value {
        var data: Value = [
            "event": .string(event.rawValue), "environment": .string(environment.text),
            "services": .list(services.map { .string($0.text) }), "summary": .string(summary),
        ]
        data["version"] = version.map { .string($0) }
        data["commit"] = commit.map { .string($0.hex) }
        data["actor"] = actor.map { .string($0) }
        data["url"] = link(site).map { .string($0) }
        let subject = services.count == 1 ? "\(environment)/\(services[0])" : environment.text
        return [
            "specversion": "1.0", "id": .string(id), "source": .string(site ?? "/kubernaut"),
            "type": .string("kubernaut.\(event.rawValue)"), "time": .string(at.precise), "subject": .string(subject),
            "datacontenttype": "application/json", "data": data,
        ]
    }

    /// Slack reads `&`, `<` and `>`; whoever writes reasons must not be able to write links or call everybody.
    func slackText(site: String?) -> String {
        let text = summary.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return "\(event.sign) \(text)" + (link(site).map { " <\($0)|Look>" } ?? "")
    }

    /// `POST /v2/room/{room}/notification`; messages hold at most 10,000 characters.
    func hipchatMessage(site: String?) -> Value {
        [
            "color": .string(event.color), "message_format": "text", "notify": .bool(event != .promoted),
            "message": .string("\(summary)\(link(site).map { " \($0)" } ?? "")"),
        ]
    }
}

extension Notice.Event {
    fileprivate var sign: String {
        switch self {
        case .failed: ":x:"
        case .unhealthy: ":warning:"
        case .recovered: ":white_check_mark:"
        case .promoted: ":rocket:"
        case .rolledBack: ":leftwards_arrow_with_hook:"
        case .heldPrune: ":hourglass:"
        }
    }

    fileprivate var color: String {
        switch self {
        case .failed: "red"
        case .unhealthy, .heldPrune: "yellow"
        case .recovered, .promoted: "green"
        case .rolledBack: "purple"
        }
    }
}

extension CommitStatus {
    /// `POST /repos/{owner}/{repo}/statuses/{sha}`; descriptions hold at most 140 characters.
    func githubStatus(site: String?) -> Value {
        var value: Value = [
            "state": .string(state.rawValue), "context": .string("kubernaut/\(environment)"),
            "description": .string(String(summary.prefix(140))),
        ]
        value["target_url"] = site.map { .string("\($0)/envs/\(environment)") }
        return value
    }
}
