// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import HTTPServer
import JSON
import Testing

@testable import WebUI

@Suite("The site")
struct SiteTests {
    private static let addresses: [(String, Route)] = [
        ("/", Route.overview), ("/envs", .environments), ("/envs/", .environments),
        ("/envs/dev", .environment(Fixture.name("dev"))),
        ("/envs/d%65v", .environment(Fixture.name("dev"))), ("/services/cart", .service(Fixture.name("cart"))),
        ("/syncs", .passes),
        ("/syncs/0a", .pass("0a")), ("/system", .system), ("/healthz", .livez), ("/readyz", .readyz),
        (
            "/envs/dev/services/cart/manifest.yaml",
            .manifest(environment: Fixture.name("dev"), service: Fixture.name("cart"), isRaw: true)
        ),
        ("/api/v1/environments/dev/sync", .api(.otherMethod(["POST"]))), ("/api/v1/passes/1", .api(.pass("1"))),
    ]

    @Test("addresses lead to their page", arguments: addresses)
    func routes(_ path: String, _ route: Route) {
        #expect(Route(rawPath: path) == route)
    }

    @Test(
        "what is no address is none",
        arguments: [
            "/envs/Dev", "/envs/..", "/envs/%2e%2e", "/envs/a%00", "/envs/%ff", "/envs/%4", "/x", "/api",
            "/api/v2/status",
            "/services/cart/x", "/envs/dev/services/cart", "/assets", "/api/v1/environments/dev/sync/x",
        ])
    func noRoute(_ path: String) { #expect(Route(rawPath: path) == nil) }

    @Test("a page says what a browser may do with it: nothing but show it")
    func securityHeaders() async {
        let page = await Fixture.pages().get("/")
        let policy = page.headers["Content-Security-Policy"] ?? ""
        #expect(policy.hasPrefix("default-src 'none'; style-src 'self';") && policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe") && policy.contains("script-src 'self'; connect-src 'self'"))
        let plain = await Fixture.pages().get("/help").headers["Content-Security-Policy"] ?? ""
        #expect(!plain.contains("script-src") && plain.contains("default-src 'none'"))
        #expect(page.headers["X-Content-Type-Options"] == "nosniff" && page.headers["Referrer-Policy"] == "no-referrer")
        #expect(page.headers["Cache-Control"] == "private, no-cache")
    }

    @Test("an unchanged page is 304, also while seconds pass, and a changed one is not")
    func conditional() async throws {
        let tag = try #require(await Fixture.pages().get("/").headers["ETag"])
        #expect(tag.hasPrefix("W/\""))
        let again = await Fixture.pages().get("/", headers: ["If-None-Match": "W/\"other\", \(tag)"])
        #expect(again.status == 304 && again.bytes.isEmpty && again.headers["ETag"] == tag)
        let different = await Fixture.pages().get("/?sort=age", headers: ["If-None-Match": tag])
        #expect(different.status == 200)
        var status = Fixture.status()
        status.environments[0].services.removeLast()
        #expect(await Fixture.pages(status).get("/", headers: ["If-None-Match": tag]).status == 200)
        #expect(await Fixture.pages().get("/nothing", headers: ["If-None-Match": "*"]).status == 404)
        #expect(await Fixture.pages().get("/livez", headers: ["If-None-Match": "*"]).status == 200)
    }

    @Test("the style sheet and icons may be kept for ever, under an address that changes with them")
    func assets() async {
        for asset in [Assets.style, Assets.icon, Assets.iconProblem] {
            let answer = await Fixture.pages().get(asset.path)
            #expect(answer.status == 200 && answer.headers["Cache-Control"] == "public, max-age=31536000, immutable")
            #expect(answer.headers["Content-Type"] == asset.type)
        }
        #expect(await Fixture.pages().get("/assets/style-000000000000.css").status == 404)
    }

    @Test(
        "a reader who asks for it gets a page that reloads, within reason",
        arguments: [
            ("/?refresh=15", "15"), ("/?refresh=1", nil), ("/?refresh=99999", nil), ("/", nil),
            ("/nothing?refresh=15", nil),
        ] as [(String, String?)])
    func refresh(_ path: String, _ header: String?) async {
        #expect(await Fixture.pages().get(path).headers["Refresh"] == header)
    }

    @Test(
        "a wrong name gets 404 with the names that may be meant",
        arguments: [
            ("/services/crt", "/services/cart"), ("/services/checkuot", "/services/checkout"),
            ("/envs/prod", "/envs/production"),
            ("/sync", "/syncs"), ("/env", "/envs"),
        ])
    func suggestions(_ path: String, _ link: String) async {
        let answer = await Fixture.pages().get(path)
        #expect(answer.status == 404 && answer.text.contains("href=\"\(link)\">"))
    }

    @Test(
        "other methods get 405 and hear which are good",
        arguments: [
            ("/", "POST", "GET, HEAD"), ("/api/v1/status", "DELETE", "GET, HEAD"),
            ("/api/v1/environments/dev/sync", "GET", "POST"),
        ])
    func methods(_ path: String, _ method: String, _ allowed: String) async {
        let answer = await Fixture.pages().get(path, method: method)
        #expect(answer.status == 405 && answer.headers["Allow"] == allowed)
    }

    @Test(
        "only our own names and plain addresses reach the site",
        arguments: [
            ("localhost", 200), ("127.0.0.1:8080", 200), ("[::1]:8080", 200), ("10.1.2.3", 200),
            ("kubernaut.acme.example", 200),
            ("KUBERNAUT.ACME.EXAMPLE:443", 200), ("evil.example", 421), ("127.0.0.1.evil.example", 421),
            ("localhost.evil.example", 421),
        ])
    func hosts(_ host: String, _ status: Int) async {
        #expect(await Fixture.pages().get("/", headers: ["Host": host]).status == status)
    }

    @Test("probes: alive without git, ready only after the first snapshot")
    func probes() async {
        var status = DaemonStatus(repository: "x")
        #expect(await Fixture.pages(status).get("/livez").status == 200)
        let notReady = await Fixture.pages(status).get("/readyz")
        #expect(
            notReady.status == 503 && notReady.text.contains("[-]snapshot failed")
                && notReady.headers["Retry-After"] != nil)
        status.isReady = true
        #expect(await Fixture.pages(status).get("/readyz").text == "ok")
        #expect(
            await Fixture.pages(status).get("/readyz?verbose").text
                == "[+]listener ok\n[+]snapshot ok\nreadyz check passed\n")
        #expect(await Fixture.pages(status).get("/metrics").text == "kubernaut_up 1\n")
    }

    @Test("a failure of ours is a page with a number, and its reason is for the log alone")
    func failure() async {
        struct Broken: PassHistory {
            struct Failure: Error, CustomStringConvertible {
                let description = "reading passes failed (busy): <locked>"
            }
            func append(_ record: PassRecord) async throws {}
            func passes(of environment: Name?, before: String?, limit: Int) async throws -> [PassRecord] {
                throw Failure()
            }
            func pass(_ id: String) async throws -> PassRecord? { throw Failure() }
        }
        let page = await Fixture.pages(history: Broken()).get("/syncs")
        #expect(page.status == 500 && page.text.contains("the number <code>") && !page.text.contains("busy"))
        let json = await Fixture.pages(history: Broken()).get("/api/v1/passes")
        #expect(json.status == 500 && json.headers["Content-Type"] == "application/problem+json")
        #expect(!json.text.contains("busy"))
    }
}

@Suite("REST")
struct RESTTests {
    @Test(
        "every address answers with JSON",
        arguments: [
            "/api/v1/status", "/api/v1/environments", "/api/v1/environments/dev", "/api/v1/services",
            "/api/v1/services/cart",
            "/api/v1/passes", "/api/v1/passes/\(Fixture.passes[0].id)",
            "/api/v1/environments/dev/services/cart/manifest",
        ])
    func reads(_ path: String) async throws {
        let answer = await Fixture.pages().get(path)
        #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/json")
        #expect(try parseJSON(answer.bytes).map != nil)
    }

    @Test("a service says where it stands in each environment")
    func service() async throws {
        let value = try parseJSON(await Fixture.pages().get("/api/v1/services/search").bytes)
        let staging = try #require(value["environments"]?.list?.first { $0["environment"]?.string == "staging" })
        #expect(staging["verdict"]?.string == "unhealthy" && staging[at: "release", "version"]?.string == "1.41.0")
        #expect(staging["position"] == ["state": "behind", "releases": 2])
        #expect(value["releases"]?.list?.count == 6)
    }

    @Test("passes are read page by page")
    func passes() async throws {
        let first = try parseJSON(await Fixture.pages().get("/api/v1/passes?limit=5").bytes)
        #expect(first["items"]?.list?.count == 5)
        let next = try #require(first["next"]?.string)
        let second = try parseJSON(await Fixture.pages().get("/api/v1/passes?limit=50&before=\(next)").bytes)
        #expect(second["items"]?.list?.count == 7 && second["next"] == nil)
        let dev = try parseJSON(await Fixture.pages().get("/api/v1/passes?environment=production").bytes)
        #expect(dev["items"]?.list?.count == 3)
    }

    @Test("errors are problem documents with a hint")
    func problems() async throws {
        let answer = await Fixture.pages().get("/api/v1/services/crt")
        let value = try parseJSON(answer.bytes)
        #expect(answer.headers["Content-Type"] == "application/problem+json")
        #expect(value["status"]?.integer == 404 && value["hint"]?.string == "did you mean cart?")
    }

    private static let syncCases: [(String, String, String, Int)] = [
        ("X-Kubernaut", "1", "dev", 202), ("Content-Type", "application/json; charset=utf-8", "dev", 202),
        ("Content-Type", "application/x-www-form-urlencoded", "dev", 403), ("Content-Type", "text/plain", "dev", 403),
        ("Accept", "*/*", "dev", 403), ("X-Kubernaut", "1", "nowhere", 404),
    ]

    @Test("a sync is accepted only with a sign that no foreign page sent it", arguments: syncCases)
    func sync(_ header: String, _ value: String, _ environment: String, _ status: Int) async {
        let fields = HTTPHeaders([(header, value)])
        let answer = await Fixture.pages().get(
            "/api/v1/environments/\(environment)/sync", headers: fields, method: "POST")
        #expect(answer.status == status)
    }
}

@Suite("Style sheet")
struct StyleTests {
    private static func colors(_ block: String) -> [String: String] {
        Dictionary(
            block.components(separatedBy: ";").compactMap { item in
                let parts = item.components(separatedBy: ":")
                guard parts.count == 2, parts[0].contains("--"), parts[1].hasPrefix("#") else { return nil }
                return (parts[0].components(separatedBy: "--").last ?? "", parts[1])
            }
        ) { first, _ in first }
    }

    private static func luminance(_ color: String) -> Double {
        var hex = String(color.dropFirst().prefix { $0.isHexDigit })
        if hex.count == 3 { hex = hex.map { "\($0)\($0)" }.joined() }
        let value = Int(hex, radix: 16) ?? 0
        let parts = [value >> 16, value >> 8 & 255, value & 255].map { part -> Double in
            let share = Double(part) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    private static func contrast(_ a: String, _ b: String) -> Double {
        let (x, y) = (luminance(a), luminance(b))
        return (max(x, y) + 0.05) / (min(x, y) + 0.05)
    }

    @Test("text is readable on every background, in both color schemes", arguments: [0, 1])
    func contrasts(_ scheme: Int) {
        let colors = Self.colors([lightColors, darkColors][scheme])
        #expect(colors.count > 15)
        for text in ["text", "dim", "link", "good", "warn", "bad", "held", "busy"] {
            for background in ["bg", "card", "alt", "tint-bad", "tint-warn", "tint-set"]
                + (text == "text" ? ["ins", "del"] : [])
            {
                let ratio = Self.contrast(colors[text] ?? "#000", colors[background] ?? "#000")
                #expect(ratio >= 4.5, "\(text) on \(background): \(ratio)")
            }
        }
        #expect(Self.contrast(colors["control"] ?? "", colors["card"] ?? "") >= 3)
        #expect(Self.contrast(colors["head-dim"] ?? "", colors["head"] ?? "") >= 4.5)
        #expect(Self.contrast(colors["card"] ?? "", colors["link"] ?? "") >= 4.5)
    }
}
