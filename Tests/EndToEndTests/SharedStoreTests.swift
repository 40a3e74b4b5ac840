// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import GitHubStandIn
import HTTPClient
import HTTPServer
import JSON
import Platform
import TestKit
import Testing

/// Two daemons that share nothing but a PostgreSQL database, their keys for cookies, and the repository.
@Suite(.timeLimit(.minutes(3)), .serialized) struct SharedStoreTests {
    /// A secret in every place that has one. None may appear anywhere else.
    private static let clientSecret = "canary-client-secret-9f2e"
    private static let cookieKey = "canary-cookie-key-0123456789abcdef0123"

    @Test(
        "replicas share sessions, keys and the audit; a database that dies costs nobody more than changes; no secret shows"
    )
    func shared() async throws {
        let stage = try Stage()
        let (first, second) = (try await stage.daemon("a", port: stage.port), try await stage.daemon("b", port: 0))
        let browser = Browser()
        try await browser.signIn(as: "kim", at: first.address)
        #expect(try await browser.get("/account", at: second.address).text.contains("kim"))
        #expect(try await browser.get("/system", at: second.address).status == 200)

        // A key from a form of the one opens the other, until the one takes it back.
        let made = try await browser.post(
            "/account/keys", at: first.address, [("name", "ci"), ("may.keys", "1"), ("may.audit", "1")])
        #expect(made.status == 201)
        let key = String(
            try #require(made.text.split(separator: "value=\"").first { $0.hasPrefix("kn_") }).prefix { $0 != "\"" })
        let list = try stage.kubernaut(["key", "list", "-o", "json"], second.address, key)
        #expect(list.contains("\"ci\"") && !list.contains(key))
        #expect(try stage.kubernaut(["can", "audit"], second.address, key).hasPrefix("yes: "))
        let child = try stage.kubernaut(
            ["key", "create", "--name", "child", "-p", "keys", "--expires", "1h"], second.address, key)
        let rows = try stage.kubernaut(["audit"], first.address, key)
        #expect(rows.contains("sign-in") && rows.contains("key-create") && rows.contains("key ci"), "\(rows)")

        // A restart keeps everybody signed in.
        first.kill()
        let again = try await stage.daemon("a", port: stage.port)
        #expect(try await browser.get("/account", at: again.address).status == 200)

        try stage.postgres.kill()
        try await eventually("the pages to say so", orShow: second.log) {
            let page = try await browser.get("/", at: second.address)
            #expect(page.status == 200)
            return page.text.contains("The store does not answer")
        }
        let refused = try await browser.post("/account/keys", at: second.address, [("name", "x"), ("may.view", "1")])
        #expect([403, 503].contains(refused.status))
        #expect(try await browser.get("/audit", at: second.address).status == 503)
        try stage.postgres.start()
        try await eventually("the store to be back", orShow: second.log) {
            try await browser.get("/audit", at: second.address).text.contains("key-create")
        }
        try await eventually("the pages to say so", orShow: second.log) {
            try await !browser.get("/", at: second.address).text.contains("The store does not answer")
        }

        let id = String(key.split(separator: "_")[1])
        #expect(try await browser.post("/account/keys/\(id)/revoke", at: second.address, []).status == 303)
        #expect(throws: CommandFailure.self) { try stage.kubernaut(["key", "list"], again.address, key) }

        var shown = try stage.postgres.dump(stage.database)
        for address in [again.address, second.address] {
            for path in [
                "/", "/account", "/account/keys", "/keys", "/system", "/audit", "/audit.csv", "/syncs", "/metrics",
                "/api/v1/me", "/api/v1/keys", "/api/v1/status", "/api/v1/audit",
            ] {
                shown += try await browser.get(path, at: address).text
            }
        }
        for daemon in [first, second, again] { shown += try String(contentsOfFile: daemon.log, encoding: .utf8) }
        shown += try stage.postgres.log()
        let cookie = browser.session
        let secrets = [
            Self.clientSecret, Self.cookieKey, PostgresServer.password, percentEncoded(PostgresServer.password), key,
            child.trimmingCharacters(in: .newlines), cookie, "gho_", "ghp_",
        ]
        #expect(shown.contains("kn_\(id)") && shown.contains("kim"))
        for secret in secrets { #expect(!shown.contains(secret), "\(secret) shows") }
        let cores = try Self.coreLimits(ofDaemonsWith: stage.path)
        #expect(cores.count == 2 && cores.allSatisfy { $0 == ["0", "0"] }, "\(cores)")
        #expect(second.stop(within: .seconds(25)) == .exited(0))
        #expect(again.stop(within: .seconds(25)) == .exited(0))
    }

    /// How large a core of each running daemon may be, soft and hard: what a crash would write holds every secret.
    private static func coreLimits(ofDaemonsWith path: String) throws -> [[String]] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.compactMap { process in
            let words = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            guard words.contains("\0serve\0"), words.contains(path) else { return nil }
            let limits = try String(contentsOfFile: "/proc/\(process)/limits", encoding: .utf8)
            let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
            return line?.split(separator: " ").dropFirst(4).prefix(2).map(String.init)
        }
    }

    /// A database, a GitHub and a repository.
    private final class Stage: Sendable {
        let postgres: PostgresServer
        let database: String
        let port: Int
        private let remote: ConfigRemote
        private let folder: TemporaryFolder
        var path: String { folder.path }
        private let github: WebServer
        private let githubURL: String

        init() throws {
            postgres = try PostgresServer()
            database = try postgres.makeDatabase()
            port = try FreePort.take(1)[0]
            folder = try TemporaryFolder("shared")
            remote = try ConfigRemote()
            let pipeline = """
                environments: [dev, staging]
                grants: [{user: kim, role: admin, environments: ["*"], services: ["*"]}]
                """
            for branch in ["dev", "staging"] {
                try remote.commit(["environments/kubernaut.yaml": pipeline], on: branch, "Let kim in")
            }
            let state = StandInState(accounts: StandInState.shop.accounts, clientSecret: SharedStoreTests.clientSecret)
            let standIn = GitHubStandIn(state)
            github = WebServer(name: "github", configuration: WebServer.Configuration(), handler: standIn.handler)
            githubURL = "http://127.0.0.1:\(try github.start())"
            try Files.write(Array("\(SharedStoreTests.clientSecret)\n".utf8), to: "\(folder.path)/client-secret")
            try Files.write(Array("\(SharedStoreTests.cookieKey)\n".utf8), to: "\(folder.path)/cookie-keys")
            try Files.write(Array("\(PostgresServer.password)\n".utf8), to: "\(folder.path)/password")
        }

        deinit { github.stop() }

        func daemon(_ name: String, port: Int) async throws -> Replica {
            // One has the password in its URL, the other in a file.
            let store =
                name == "a"
                ? "store: \"\(postgres.url(database))\""
                : "store: {url: \"\(postgres.url(database, password: ""))\", passwordFile: \(folder.path)/password}"
            let configuration = """
                \(store)
                cluster: embedded
                login:
                  url: http://127.0.0.1:\(self.port)
                  keyFile: \(folder.path)/cookie-keys
                  github:
                    clientID: kubernaut-dev
                    clientSecretFile: \(folder.path)/client-secret
                    organizations: [acme]
                    webURL: \(githubURL)
                """
            let file = "\(folder.path)/\(name).yaml"
            try Files.write(Array(configuration.utf8), to: file)
            return try await Replica(
                [
                    "--repo", remote.path, "--config", file, "--state", "\(folder.path)/\(name)", "--listen",
                    "127.0.0.1:\(port)",
                ],
                log: "\(folder.path)/\(name)-\(UUID().uuidString).log")
        }

        /// Runs a command against a server with a key, as a pipeline does.
        func kubernaut(_ words: [String], _ server: String, _ key: String) throws -> String {
            let environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "KUBERNAUT_TOKEN": key]
            return try runCommand(
                [try BuiltBinary.path()] + words + ["--server", server], environment: environment, folder: folder.path)
        }
    }

    private final class Replica: Sendable {
        let address: String
        let log: String
        private let child: ChildProcess
        private let orphanGuard: OrphanGuard

        init(_ arguments: [String], log: String) async throws {
            child = try ChildProcess(
                [BuiltBinary.path(), "serve", "--poll", "1s", "--log-format", "json", "--log-level", "debug"]
                    + arguments,
                output: .file(log), errors: .file(log))
            orphanGuard = try OrphanGuard(child.id)
            self.log = log
            let child = child
            address = try await eventually("the daemon to listen", orShow: log) {
                if let status = child.wait(timeout: .zero) { throw Disappointment("the daemon ended with \(status)") }
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                let lines = text.split(separator: "\n").compactMap { try? parseJSON(Array($0.utf8)) }
                return lines.first { $0["message"]?.string == "Listening" }?["address"]?.string
            }
            let client = HTTPClient()
            defer { client.shutdown() }
            try await eventually("the policy to be read", orShow: log) { [address] in
                try await client.send(HTTPClientRequest("GET", "\(address)/readyz")).status == 200
            }
        }

        func kill() {
            child.signal(SIGKILL)
            _ = child.wait()
        }

        func stop(within limit: Duration) -> ChildProcess.ExitStatus? {
            child.signal(SIGTERM)
            return child.wait(timeout: limit)
        }
    }

    /// Keeps its cookies, whoever's they are: replicas have one name.
    private final class Browser {
        private var cookies: [String: String] = [:]
        private let client = HTTPClient()

        deinit { client.shutdown() }

        var session: String { cookies["__Host-kn_session"] ?? "none" }

        func get(_ path: String, at address: String) async throws -> (status: Int, text: String, location: String) {
            try await send("GET", address + path)
        }

        func post(
            _ path: String, at address: String, _ fields: [(String, String)]
        ) async throws -> (status: Int, text: String, location: String) {
            let page = try await get("/account/keys", at: address).text
            let mark = "name=\"form_token\" value=\""
            let token = page.firstRange(of: mark).map { page[$0.upperBound...].prefix { $0 != "\"" } } ?? ""
            let form = Query([("form_token", String(token))] + fields.map { (name: $0.0, value: $0.1) })
            return try await send("POST", address + path, form.encoded)
        }

        func signIn(as login: String, at address: String) async throws {
            let start = try await get("/auth/github", at: address)
            let back = try await send("GET", "\(start.location)&as=\(login)")
            let done = try await send("GET", back.location)
            guard done.status == 303, session != "none" else { throw Disappointment("no sign-in: \(done.text)") }
        }

        private func send(
            _ method: String, _ url: String, _ body: String = ""
        ) async throws -> (status: Int, text: String, location: String) {
            var request = HTTPClientRequest(method, url, body: Array(body.utf8))
            request.headers["Cookie"] = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
            if method == "POST" {
                request.headers["Content-Type"] = "application/x-www-form-urlencoded"
                request.headers["Sec-Fetch-Site"] = "same-origin"
            }
            let answer = try await client.send(request)
            for cookie in answer.headers.all("Set-Cookie") {
                let pair = cookie.prefix { $0 != ";" }.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                cookies[String(pair[0])] = pair[1].isEmpty ? nil : String(pair[1])
            }
            return (answer.status, String(decoding: answer.body, as: UTF8.self), answer.headers["Location"] ?? "")
        }
    }
}
