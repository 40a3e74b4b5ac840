// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import Notifications
import Platform
import TestKit
import Testing
import Webhooks

@testable import CLI

/// A settings file, and what is said of it; `§` stands where the complaint must point to.
struct BadSettings: Sendable, CustomStringConvertible {
    let marked: String
    let complaint: String

    init(_ marked: String, _ complaint: String) {
        self.marked = marked
        self.complaint = complaint
    }

    var description: String { "\(marked.split(separator: "\n").last ?? "") – \(complaint)" }
    var text: String { marked.replacing("§", with: "") }
    /// `line:column`, from 1.
    var place: String {
        let before = marked.prefix { $0 != "§" }
        let line = before.count { $0 == "\n" } + 1
        return "\(line):\(before.reversed().prefix { $0 != "\n" }.count + 1)"
    }
}

/// What of the daemon's configuration file concerns the wire.
@Suite("The daemon's settings for")
struct ServeSettingsTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/daemon.yaml" }

    init() throws { folder = try TemporaryFolder("settings") }

    private func read(_ text: String) throws -> ServeConfiguration {
        try Files.write(Array(text.utf8), to: path)
        var configuration = ServeConfiguration()
        try configuration.read(file: path)
        return configuration
    }

    private func refuses(_ row: BadSettings) {
        let error = #expect(throws: ConfigurationError.self) { _ = try read(row.text) }
        #expect(error?.description == "\(path):\(row.place): \(row.complaint)")
    }

    // MARK: Webhooks

    @Test("webhooks name a place, a dialect and a file of secrets", arguments: Hook.Kind.allCases)
    func webhooks(_ kind: Hook.Kind) throws {
        let hooks = try read(
            "webhooks:\n- {name: forge, kind: \(kind.rawValue), secretFile: /run/secrets/hook}\n- {name: other, kind: generic, secretFile: x}\n"
        ).webhooks
        #expect(hooks.map(\.name.text) == ["forge", "other"])
        #expect(hooks[0].kind == kind && hooks[0].secretFile == "/run/secrets/hook")
        #expect(try read("webhooks: []\n").webhooks.isEmpty)
    }

    private static let kinds = "github, gitlab, bitbucket, bitbucket-server, gitea, generic"

    @Test(
        "webhooks that cannot be meant are refused where they stand",
        arguments: [
            BadSettings("webhooks: §github\n", "must be a list"),
            BadSettings("webhooks:\n- §github\n", "must be a map"),
            BadSettings("webhooks:\n- name: §My Forge\n", "must be a name: \(Name.rule)"),
            BadSettings("webhooks:\n- name: §[]\n", "must be a text"),
            BadSettings("webhooks:\n- kind: §githab\n", "must be one of \(kinds)"),
            BadSettings("webhooks:\n- kind: §{}\n", "must be a text"),
            BadSettings("webhooks:\n- secretFile: §[a]\n", "must be a text"),
            BadSettings("webhooks:\n- secretFile: §''\n", "must be a text"),
            BadSettings(
                "webhooks:\n- name: a\n  §secret: b\n", "unknown setting secret"),
            BadSettings("webhooks:\n- §name: a\n  kind: github\n", "a webhook needs name, kind and secretFile"),
            BadSettings("webhooks:\n- §kind: github\n  secretFile: x\n", "a webhook needs name, kind and secretFile"),
            BadSettings(
                "webhooks:\n- {name: a, kind: github, secretFile: x}\n- §{name: a, kind: gitlab, secretFile: y}\n",
                "there is a webhook a already"),
        ])
    func badWebhooks(_ row: BadSettings) { refuses(row) }

    // MARK: Notifications

    @Test("notifications take every key that a receiver can have")
    func notifications() throws {
        let sinks = try read(
            """
            notifications:
            - name: events
              kind: webhook
              url: https://hooks.example.com/a
              secretFile: /run/secrets/events
              environments: [production, "st*"]
              services: [cart]
              events: [failed, recovered]
              allowPrivate: true
              allowPlain: true
              authorityFile: /etc/ca.pem
            - {name: chat, kind: slack, urlFile: /run/secrets/chat}
            - {name: room, kind: hipchat, server: "https://hipchat.example.com", room: "7", tokenFile: /run/secrets/room}
            - {name: status, kind: github-status, repository: acme/config, tokenFile: /run/t, apiURL: "https://github.example.com/api/v3"}

            """
        ).notifications
        #expect(sinks.map(\.name.text) == ["events", "chat", "room", "status"])
        #expect(sinks.map(\.kind) == [.webhook, .slack, .hipchat, .githubStatus])
        let events = sinks[0]
        #expect(events.url == "https://hooks.example.com/a" && events.secretFile == "/run/secrets/events")
        #expect(events.filter.environments == [Glob("production"), Glob("st*")])
        #expect(events.filter.services == [Glob("cart")] && events.filter.events == [.failed, .recovered])
        #expect(events.allowPrivate && events.allowPlain && events.authorityFile == "/etc/ca.pem")
        #expect(sinks[1].urlFile == "/run/secrets/chat" && !sinks[1].allowPrivate && !sinks[1].allowPlain)
        #expect(sinks[1].filter.events == Set(Notice.Event.allCases) && sinks[1].filter.environments == [.any])
        #expect(sinks[2].server == "https://hipchat.example.com" && sinks[2].room == "7")
        #expect(sinks[2].tokenFile == "/run/secrets/room" && sinks[2].apiURL == "https://api.github.com")
        #expect(sinks[3].repository == "acme/config" && sinks[3].apiURL == "https://github.example.com/api/v3")
    }

    private static func sink(_ rest: String) -> String { "notifications:\n- name: a\n  kind: webhook\n  \(rest)\n" }
    private static let addressRule = "must be an address without a slash at its end"

    @Test(
        "notifications that cannot be meant are refused where they stand",
        arguments: [
            BadSettings("notifications: §{}\n", "must be a list"),
            BadSettings("notifications:\n- §slack\n", "must be a map"),
            BadSettings("notifications:\n- §name: a\n", "a receiver needs name and kind"),
            BadSettings("notifications:\n- §kind: slack\n", "a receiver needs name and kind"),
            BadSettings("notifications:\n- name: §A\n  kind: slack\n", "must be \(Name.rule)"),
            BadSettings(
                "notifications:\n- name: a\n  kind: §mail\n", "must be one of webhook, slack, hipchat, github-status"),
            BadSettings("notifications:\n- name: a\n  §room_: b\n", "unknown setting room_; did you mean \"room\"?"),
            BadSettings(sink("url: §[]"), "must be a text"), BadSettings(sink("urlFile: §{}"), "must be a text"),
            BadSettings(sink("secretFile: §[x]"), "must be a text"),
            BadSettings(sink("tokenFile: §''"), "must be a text"), BadSettings(sink("room: §[]"), "must be a text"),
            BadSettings(sink("authorityFile: §[]"), "must be a text"),
            BadSettings(sink("server: §hipchat.example.com"), addressRule),
            BadSettings(sink("server: §https://hipchat.example.com/"), addressRule),
            BadSettings(sink("apiURL: §ftp://x"), addressRule),
            BadSettings(sink("repository: §config"), "must be owner/name"),
            BadSettings(sink("repository: §../config"), "must be owner/name"),
            BadSettings(sink("repository: §a/b/c"), "must be owner/name"),
            BadSettings(sink("repository: §a/b?c"), "must be owner/name"),
            BadSettings(sink("environments: §dev"), "must be a list"),
            BadSettings(sink("environments: [§[]]"), "must be a text"),
            BadSettings(sink("services: §cart"), "must be a list"),
            BadSettings(sink("events: §failed"), "must be a list"),
            BadSettings(
                sink("events: [failed, §failled]"),
                "must be one of \(Notice.Event.allCases.map(\.rawValue).joined(separator: ", "))"),
            BadSettings(sink("allowPrivate: §1"), "must be true or false"),
            BadSettings(sink("allowPlain: §'true'"), "must be true or false"),
            BadSettings(
                "notifications:\n- §name: a\n  kind: webhook\n", "webhook needs url or urlFile, and secretFile"),
            BadSettings(
                "notifications:\n- §{name: a, kind: webhook, url: x, urlFile: y, secretFile: z}\n",
                "webhook needs url or urlFile, and secretFile"),
            BadSettings("notifications:\n- §{name: a, kind: slack}\n", "slack needs url or urlFile"),
            BadSettings(
                "notifications:\n- §{name: a, kind: hipchat, room: '1', tokenFile: t}\n",
                "hipchat needs server, room and tokenFile"),
            BadSettings(
                "notifications:\n- §{name: a, kind: github-status, repository: a/b}\n",
                "github-status needs repository and tokenFile"),
            BadSettings(
                "notifications:\n- {name: a, kind: slack, url: x}\n- §{name: a, kind: slack, url: y}\n",
                "there is a receiver a already"),
        ])
    func badNotifications(_ row: BadSettings) { refuses(row) }

    // MARK: TLS and proxies

    @Test("TLS name both files; without them pages are plain")
    func tls() throws {
        let tls = try read("tls: {certificateFile: /etc/tls.crt, keyFile: /etc/tls.key}\n").tls
        #expect(tls?.certificateFile == "/etc/tls.crt" && tls?.keyFile == "/etc/tls.key")
        #expect(try read("state: x\n").tls == nil)
    }

    @Test("proxies take addresses, ranges and the field that they write")
    func proxies() throws {
        let settings = try read("trustedProxies: [10.0.0.0/8, \"fd00::/8\", 192.0.2.1]\nforwardedHeader: Forwarded\n")
        let all = settings.trustedProxies
        func trusts(_ text: String) -> Bool {
            NetworkAddress(text).map { it in all.contains { $0.contains(it) } } ?? false
        }
        #expect(all.count == 3 && settings.forwardedHeader == .forwarded)
        #expect(trusts("10.9.8.7") && trusts("fd00::1") && trusts("192.0.2.1"))
        #expect(!trusts("192.0.2.2") && !trusts("11.0.0.1"))
        #expect(try read("forwardedHeader: x-forwarded-for\n").forwardedHeader == .xForwardedFor)
        #expect(try read("state: x\n").trustedProxies.isEmpty)
    }

    private static let rangeRule = "must be an address, or a range such as 10.0.0.0/8"

    @Test(
        "TLS and proxies that cannot be meant are refused where they stand",
        arguments: [
            BadSettings("tls: §yes\n", "must be a map"),
            BadSettings("tls:\n  §certificateFile: a\n", "tls needs certificateFile and keyFile"),
            BadSettings("tls:\n  §keyFile: a\n", "tls needs certificateFile and keyFile"),
            BadSettings("tls: {certificateFile: §[], keyFile: b}\n", "must be a text"),
            BadSettings("tls: {certificateFile: a, keyFile: §{}}\n", "must be a text"),
            BadSettings(
                "tls: {certificateFile: a, §keyfile: b}\n", "unknown setting keyfile; did you mean \"keyFile\"?"),
            BadSettings("trustedProxies: §10.0.0.0/8\n", "must be a list"),
            BadSettings("trustedProxies: [10.0.0.0/8, §proxy.example.com]\n", rangeRule),
            BadSettings("trustedProxies: [§10.0.0.0/33]\n", rangeRule),
            BadSettings("trustedProxies: [§10.0.0/8]\n", rangeRule),
            BadSettings("trustedProxies: [§{}]\n", "must be a text"),
            BadSettings("forwardedHeader: §x-real-ip\n", "must be x-forwarded-for or forwarded"),
            BadSettings("forwardedHeader: §[]\n", "must be a text"),
            BadSettings(
                "§trustedProxy: [10.0.0.0/8]\n", "unknown setting trustedProxy; did you mean \"trustedProxies\"?"),
        ])
    func badWire(_ row: BadSettings) { refuses(row) }
}
