// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import Platform
import TestKit
import Testing

@Suite("TLS against nginx", .timeLimit(.minutes(1)))
struct TLSTests {
    static func client(
        _ authority: TestAuthority?, certificate: (certificate: String, key: String)? = nil, name: String? = nil,
        verifies: Bool = true
    ) throws -> HTTPClient {
        var tls = HTTPClientTLS(serverName: name, verifiesServer: verifies)
        if let authority { tls.authorities = try Files.read(authority.certificateFile) }
        if let certificate {
            tls.certificate = try Files.read(certificate.certificate)
            tls.key = Secret(String(decoding: try Files.read(certificate.key), as: UTF8.self))
        }
        return HTTPClient(.init(tls: tls))
    }

    static func failure(_ client: HTTPClient, _ url: String) async -> HTTPClientError? {
        do throws(HTTPClientError) {
            _ = try await client.send(.init("GET", url))
            return nil
        } catch {
            return error
        }
    }

    @Test("an own authority from memory is trusted, and many calls at once share one HTTP/2 connection")
    func shares() async throws {
        let authority = try TestAuthority()
        let nginx = try Nginx(authority)
        let client = try Self.client(authority)
        let answers = try await withThrowingTaskGroup { group in
            for _ in 0..<40 { group.addTask { try await client.send(.init("GET", nginx.url)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.status == 200 && $0.head.version == "2" })
        #expect(answers.map(\.openedConnections).reduce(0, +) == 1)
    }

    @Test("a server that another authority, or only the system's, would have to vouch for is not trusted")
    func distrusts() async throws {
        let nginx = try Nginx(try TestAuthority())
        let clients = [try Self.client(try TestAuthority()), try Self.client(nil)]
        for client in clients {
            let error = await Self.failure(client, nginx.url)
            #expect(error?.code == .untrusted)
            #expect(error?.detail.contains("unable to get local issuer certificate") == true, "\(error?.detail ?? "")")
            #expect(error?.isUnsent == true)
        }
    }

    @Test("verification is off only on request")
    func unverified() async throws {
        let nginx = try Nginx(try TestAuthority(), name: "elsewhere.test")
        let answer = try await Self.client(nil, verifies: false).send(.init("GET", nginx.url))
        #expect(answer.status == 200)
    }

    @Test("the server's name is what counts; a given one replaces the URL's, in the handshake alone")
    func names() async throws {
        let authority = try TestAuthority()
        let nginx = try Nginx(authority, name: "api.test")
        let error = await Self.failure(try Self.client(authority), nginx.url)
        #expect(error?.code == .untrusted)
        let client = try Self.client(authority, name: "api.test")
        let answer = try await client.send(.init("GET", nginx.url))
        #expect(String(decoding: answer.body, as: UTF8.self) == "client= sni=api.test")
        let host = try await client.send(.init("GET", "\(nginx.url)/host"))
        #expect(String(decoding: host.body, as: UTF8.self) == "127.0.0.1:\(nginx.port)")
        #expect(await Self.failure(try Self.client(authority, name: "other.test"), nginx.url)?.code == .untrusted)
    }

    @Test("a client certificate from memory proves who calls")
    func proves() async throws {
        let authority = try TestAuthority()
        let people = try TestAuthority()
        let nginx = try Nginx(authority, clients: people)
        let folder = try TemporaryFolder("client")
        let kim = try people.issue("kim", in: folder.path)
        let answer = try await Self.client(authority, certificate: kim).send(.init("GET", nginx.url))
        #expect(String(decoding: answer.body, as: UTF8.self).hasPrefix("client=CN=kim"))
        #expect(try await Self.client(authority).send(.init("GET", nginx.url)).status == 400)
    }

    @Test("a key that is no PEM is named before anything is sent")
    func brokenKey() async throws {
        let authority = try TestAuthority()
        let nginx = try Nginx(authority)
        let folder = try TemporaryFolder("client")
        let kim = try authority.issue("kim", in: folder.path)
        try Files.write(Array("nonsense".utf8), to: kim.key)
        let error = await Self.failure(try Self.client(authority, certificate: kim), nginx.url)
        #expect(error?.code == .invalidRequest)
        #expect(error?.detail.contains("key") == true, "\(error?.detail ?? "")")
    }

    @Test("a server that speaks only HTTP/1.1 gets one connection for each exchange that runs")
    func oldServer() async throws {
        let authority = try TestAuthority()
        let nginx = try Nginx(authority, http2: false)
        let client = try Self.client(authority)
        // Unread, so that it keeps its connection.
        let stream = try await client.stream(.init("GET", "\(nginx.url)/large"))
        #expect(stream.head.version == "1.1")
        let answer = try await client.send(.init("GET", nginx.url))
        #expect(answer.status == 200)
        #expect(answer.openedConnections == 1)
    }

    @Test("a slow reader holds back its own exchange and no other, and keeps little in memory")
    func holdsBack() async throws {
        let authority = try TestAuthority()
        let nginx = try Nginx(authority)
        let client = try Self.client(authority)
        let stream = try await client.stream(.init("GET", "\(nginx.url)/large"))
        var pieces = stream.body.makeAsyncIterator()
        _ = try await pieces.next()
        let before = try residentKilobytes()
        for _ in 0..<200 { #expect(try await client.send(.init("GET", nginx.url)).openedConnections == 0) }
        #expect(try residentKilobytes() - before < 48 << 10)
        var count = 0
        while let piece = try await pieces.next() { count += piece.count }
        #expect(count > (60 << 20) && count < (64 << 20))
    }
}
