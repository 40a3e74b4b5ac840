// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation
import Testing

@testable import Webhooks

let noon = Instant(seconds: 1_900_000_000)
let secretText = "0123456789abcdef0123456789abcdef"

extension Hook {
    init(_ kind: Kind, _ secrets: [String] = [secretText], name: String = "main") throws {
        let secrets = secrets.map { Secret($0) }
        self.init(name: try #require(Name(name)), kind: kind) { secrets }
    }
}

/// A message as the forge of that kind signs it.
func signed(
    _ kind: Hook.Kind, _ body: String, secret: String = secretText, at time: Instant = noon, id: String = "d-1",
    event: String? = nil
) -> HookMessage {
    let bytes = Array(body.utf8)
    let digest = "sha256=\(hex(hmacSHA256(key: Array(secret.utf8), bytes)))"
    var fields: [(String, String)] = [("Content-Type", "application/json; charset=utf-8")]
    switch kind {
    case .github:
        fields += [
            ("X-GitHub-Event", event ?? "push"), ("X-GitHub-Delivery", id), ("X-Hub-Signature-256", digest),
        ]
    case .gitlab:
        fields += [("X-Gitlab-Event", event ?? "Push Hook"), ("Idempotency-Key", id), ("X-Gitlab-Token", secret)]
    case .bitbucket:
        fields += [("X-Event-Key", event ?? "repo:push"), ("X-Request-UUID", id), ("X-Hub-Signature", digest)]
    case .bitbucketServer:
        fields += [("X-Event-Key", event ?? "repo:refs_changed"), ("X-Request-Id", id), ("X-Hub-Signature", digest)]
    case .gitea:
        fields += [
            ("X-Gitea-Event", event ?? "push"), ("X-Gitea-Delivery", id),
            ("X-Gitea-Signature", String(digest.dropFirst("sha256=".count))),
        ]
    case .generic:
        let stamp = "\(time.milliseconds / 1000)"
        let stamped = hex(hmacSHA256(key: Array(secret.utf8), Array("\(stamp).".utf8) + bytes))
        fields += [
            ("X-Kubernaut-Timestamp", stamp), ("X-Kubernaut-Signature-256", "sha256=\(stamped)"),
            ("X-Kubernaut-Delivery", id),
        ]
    }
    return HookMessage(headers: HTTPHeaders(fields), body: bytes, peer: "192.0.2.7", at: noon)
}

/// As the Standard Webhooks text says.
func signedByStandard(_ body: String, key: [UInt8], at time: Instant = noon, id: String = "msg_1") -> HookMessage {
    let stamp = "\(time.milliseconds / 1000)"
    let signature = Base64.standard.text(hmacSHA256(key: key, Array("\(id).\(stamp).\(body)".utf8)))
    return HookMessage(
        headers: [
            "Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": stamp,
            "webhook-signature": "v1,AAAA v1,\(signature)", "X-Gitlab-Event": "Push Hook",
        ], body: Array(body.utf8), peer: "192.0.2.7", at: noon)
}

extension HookMessage {
    func with(_ name: String, _ value: String?) -> HookMessage {
        var headers = headers
        headers[name] = value
        return HookMessage(headers: headers, body: body, peer: peer, at: at)
    }

    func withBody(_ text: String) -> HookMessage {
        HookMessage(headers: headers, body: Array(text.utf8), peer: peer, at: at)
    }
}

@Suite struct VerifyTests {
    @Test(
        "what a forge signs is genuine; with one byte changed, another secret or none, it is not",
        arguments: Hook.Kind.allCases)
    func genuine(kind: Hook.Kind) throws {
        let hook = try Hook(kind)
        let message = signed(kind, #"{"ref":"refs/heads/dev"}"#)
        #expect(hook.verify(message, secrets: try hook.secrets()) != nil)
        #expect(hook.verify(message, secrets: []) == nil)
        #expect(hook.verify(message, secrets: [Secret("")]) == nil)
        #expect(hook.verify(message, secrets: [Secret(secretText + "x")]) == nil)
        if kind != .gitlab {
            #expect(hook.verify(message.withBody(#"{"ref":"refs/heads/prod"}"#), secrets: try hook.secrets()) == nil)
        }
    }

    @Test("both secrets count while one takes the other's place", arguments: Hook.Kind.allCases)
    func rotation(kind: Hook.Kind) throws {
        let hook = try Hook(kind)
        let (old, new) = (Secret(secretText), Secret("another secret that is long enough"))
        for order in [[old, new], [new, old]] {
            #expect(hook.verify(signed(kind, "{}"), secrets: order) != nil)
        }
        #expect(hook.verify(signed(kind, "{}"), secrets: [new]) == nil)
    }

    @Test(
        "what only looks like a signature counts for nothing",
        arguments: [
            "", "sha256=", "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709", "sha256=zz", "sha256=00",
            "sha256=\(String(repeating: "0", count: 63))", "sha256=\(String(repeating: "0", count: 64))",
            "SHA256=\(String(repeating: "0", count: 64))", String(repeating: "ß", count: 64),
        ])
    func malformed(signature: String) throws {
        let hook = try Hook(.github)
        let message = signed(.github, "{}").with("X-Hub-Signature-256", signature)
        #expect(hook.verify(message, secrets: try hook.secrets()) == nil)
    }

    @Test("of two signature fields neither counts, though one is good")
    func twoSignatures() throws {
        let hook = try Hook(.github)
        let good = signed(.github, "{}")
        var headers = good.headers
        headers.append("x-hub-signature-256", "sha256=\(String(repeating: "0", count: 64))")
        let message = HookMessage(headers: headers, body: good.body, peer: good.peer, at: good.at)
        #expect(hook.verify(message, secrets: try hook.secrets()) == nil)
    }

    @Test("GitHub's example of its documentation is genuine")
    func githubExample() throws {
        let message = HookMessage(
            headers: [
                "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
            ], body: Array("Hello, World!".utf8), peer: "", at: noon)
        #expect(try Hook(.github).verify(message, secrets: [Secret("It's a Secret to Everybody")]) != nil)
    }

    @Test(
        "a time more than five minutes off makes a signature worthless", arguments: [-301, 301, -86_400, 900_000_000])
    func staleTime(seconds: Int) throws {
        let time = noon.adding(.seconds(seconds))
        let generic = try Hook(.generic)
        #expect(generic.verify(signed(.generic, "{}", at: time), secrets: try generic.secrets()) == nil)
        let key = Array(secretText.utf8)
        let gitlab = try Hook(.gitlab)
        let secret = Secret("whsec_\(Base64.standard.text(key))")
        #expect(gitlab.verify(signedByStandard("{}", key: key, at: time), secrets: [secret]) == nil)
    }

    @Test("GitLab's signing of 2026 counts where its key is the secret; the token of old does not count there")
    func gitlabSigning() throws {
        let key = Array(secretText.utf8)
        let secret = "whsec_\(Base64.standard.text(key))"
        let hook = try Hook(.gitlab)
        let message = signedByStandard(#"{"object_kind":"push"}"#, key: key)
        #expect(hook.verify(message, secrets: [Secret(secret)]) != nil)
        #expect(hook.verify(message.withBody("{}"), secrets: [Secret(secret)]) == nil)
        #expect(hook.verify(message.with("webhook-id", "msg_2"), secrets: [Secret(secret)]) == nil)
        #expect(hook.verify(message.with("webhook-timestamp", "+1900000000"), secrets: [Secret(secret)]) == nil)
        #expect(hook.verify(signed(.gitlab, "{}", secret: secret), secrets: [Secret(secret)]) == nil)
        #expect(hook.verify(message, secrets: [Secret("whsec_"), Secret("whsec_!")]) == nil)
        // The value of the Standard Webhooks text itself.
        let example = HookMessage(
            headers: [
                "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
                "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ], body: Array(#"{"test": 2432232314}"#.utf8), peer: "", at: Instant(seconds: 1_614_265_330))
        #expect(hook.verify(example, secrets: [Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]) != nil)
    }
}
