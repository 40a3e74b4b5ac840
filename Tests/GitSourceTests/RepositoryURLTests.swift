// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GitSource

@Suite("Repository addresses")
struct RepositoryURLTests {
    struct Reading: Sendable, CustomTestStringConvertible {
        let text: String
        let transport: RepositoryURL.Transport
        let shown: String
        var user: String?
        var host = ""
        var port: Int?
        var path = ""
        var testDescription: String { text }
    }

    static let readings: [Reading] = [
        Reading(text: "/srv/config.git", transport: .local, shown: "/srv/config.git"),
        Reading(text: "/srv/a:b@c/config.git", transport: .local, shown: "/srv/a:b@c/config.git"),
        Reading(text: "file:///srv/my%20config.git", transport: .local, shown: "/srv/my config.git"),
        Reading(text: "file://localhost/srv/x", transport: .local, shown: "/srv/x"),
        Reading(text: "https://git.acme.io/x/y.git", transport: .http, shown: "https://git.acme.io/x/y.git"),
        Reading(text: "HTTPS://git.acme.io/x/", transport: .http, shown: "https://git.acme.io/x"),
        Reading(
            text: "https://kim:s%3Acret@git.acme.io:8443/x", transport: .http, shown: "https://git.acme.io:8443/x",
            user: "kim"),
        Reading(
            text: "https://ghp_token@github.com/x", transport: .http, shown: "https://github.com/x", user: "ghp_token"),
        Reading(text: "https://a@b:c@host/x", transport: .http, shown: "https://host/x", user: "a@b"),
        Reading(
            text: "git@github.com:acme/config.git", transport: .ssh, shown: "git@github.com:acme/config.git",
            user: "git", host: "github.com", path: "acme/config.git"),
        Reading(text: "host:/srv/x", transport: .ssh, shown: "host:/srv/x", host: "host", path: "/srv/x"),
        Reading(text: "git@[::1]:x", transport: .ssh, shown: "git@[::1]:x", user: "git", host: "::1", path: "x"),
        Reading(
            text: "ssh://git@host:2222/srv/x", transport: .ssh, shown: "ssh://git@host:2222/srv/x", user: "git",
            host: "host", port: 2222, path: "/srv/x"),
        Reading(
            text: "ssh://[::1]:22/x", transport: .ssh, shown: "ssh://[::1]:22/x", host: "::1", port: 22, path: "/x"),
        Reading(text: "ssh://host/~kim/x", transport: .ssh, shown: "ssh://host/~kim/x", host: "host", path: "~kim/x"),
    ]

    @Test("is read as git reads it, and shown without credentials", arguments: readings)
    func reads(_ reading: Reading) throws {
        let url = try RepositoryURL(reading.text)
        #expect(url.transport == reading.transport)
        #expect(url.description == reading.shown)
        #expect("\(url)" == reading.shown)
        #expect(url.user == reading.user)
        #expect(url.sshHost == reading.host)
        #expect(url.sshPort == reading.port)
        #expect(url.sshPath == reading.path)
    }

    @Test("a password never shows, not even in a dump")
    func hidesPassword() throws {
        let url = try RepositoryURL("https://kim:hunter2@git.acme.io/x")
        var text = ""
        dump(url, to: &text)
        #expect(!text.contains("hunter2"))
        #expect(!String(reflecting: url).contains("hunter2"))
    }

    @Test(
        "what cannot be used is refused",
        arguments: [
            "", "git://host/x", "ftp://host/x", "file://server/share", "https:///x", "https://host/x?y", "a\nb",
            "ssh://-oProxyCommand=x/y", "-oProxyCommand=x:y", "ssh://host:0/x", "ssh://host:x/y", "ssh://kim:pw@host/x",
            "https://host/a b", "ssh://host", "file:///%zz", "host:-x",
        ])
    func refuses(text: String) throws {
        #expect {
            _ = try RepositoryURL(text)
        } throws: { error in
            (error as? GitError)?.code == .refused && !"\(error)".contains("pw@")
        }
    }
}

@Suite("What ssh says")
struct SSHComplaintTests {
    static let complaints: [(text: String, code: GitError.Code)] = [
        ("kim@host: Permission denied (publickey).", .unauthorized),
        ("@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@\nHost key verification failed.", .hostKeyUnknown),
        ("No ED25519 host key is known for [127.0.0.1]:2 and you have requested strict checking.", .hostKeyUnknown),
        ("fatal: '/x' does not appear to be a git repository", .notFound),
        ("ERROR: Repository not found.", .notFound),
        ("ssh: connect to host x port 22: Connection timed out", .timedOut),
        ("ssh: connect to host x port 22: Connection refused", .unreachable),
        ("No user exists for uid 12345", .other),
        ("", .unreachable),
    ]

    @Test("gets the code that tells the operator what to do", arguments: complaints)
    func means(text: String, code: GitError.Code) { #expect(SSHComplaint.meaning(of: text).code == code) }
}
