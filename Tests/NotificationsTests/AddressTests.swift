// SPDX-License-Identifier: Apache-2.0

import Domain
import Platform
import Testing

@testable import Notifications

@Suite(.timeLimit(.minutes(1))) struct AddressTests {
    @Test(
        "addresses inside of networks, and those that lead there in disguise, are not public",
        arguments: [
            "127.0.0.1", "127.255.255.255", "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "169.254.169.254",
            "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7",
            "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
            "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "2002:7f00:1::",
            "2002:a9fe:a9fe::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1",
            "100::1", "64:ff9b:1::1",
        ])
    func special(text: String) throws {
        #expect(try !#require(NetworkAddress(text)).isPublic)
    }

    @Test(
        "addresses of the internet are public, up to the edges of what is not",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
            "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
            "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1",
            "::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
        ])
    func open(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(address.isPublic)
    }

    @Test(
        "only numeric addresses are addresses",
        arguments: ["", "localhost", "127.1", "0x7f.1", "2130706433", "[::1]", "fe80::1%eth0"])
    func notNumeric(text: String) {
        #expect(NetworkAddress(text) == nil)
    }

    private func sink(private allowsPrivate: Bool = false, plain: Bool = false) -> Sink {
        var sink = Sink(name: name("main"), kind: .slack(url: { Secret("") }))
        sink.allowsPrivate = allowsPrivate
        sink.allowsPlain = plain
        return sink
    }

    private func check(_ url: String, _ sink: Sink, _ found: [String] = []) async -> Result<
        [String], AddressGuard.Problem
    > {
        let guardian = AddressGuard { _ in found.compactMap { NetworkAddress($0) } }
        do throws(AddressGuard.Problem) {
            return .success(try await guardian.addresses(of: url, for: sink))
        } catch {
            return .failure(error)
        }
    }

    @Test("a name that leads inside is refused, also when only one of its addresses does; the others are pinned")
    func names() async throws {
        let url = "https://hooks.example.org/x"
        #expect(try await check(url, sink(), ["1.1.1.1", "2606:4700::1111"]).get() == ["1.1.1.1", "2606:4700::1111"])
        for bad in ["127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"] {
            guard case .failure(.refused(let why)) = await check(url, sink(), ["1.1.1.1", bad]) else {
                Issue.record("\(bad) was let through")
                continue
            }
            #expect(why.contains("allowPrivate"))
            #expect(try await check(url, sink(private: true), ["1.1.1.1", bad]).get().count == 2)
        }
        guard case .failure(.unknown) = await check(url, sink()) else {
            Issue.record("a name without address was let through")
            return
        }
    }

    @Test(
        "addresses that are no plain https URL are refused",
        arguments: [
            "http://hooks.example.org/", "ftp://hooks.example.org/", "file:///etc/passwd", "https://", "//x",
            "https://user:pw@hooks.example.org/", "https://127.0.0.1/", "https://[::1]/",
            "https://[::ffff:7f00:1]:8443/",
            "gopher://127.0.0.1:6379/_x", "https://hooks.example.org\n.evil/",
        ])
    func urls(url: String) async {
        guard case .failure(.refused) = await check(url, sink(), ["1.1.1.1"]) else {
            Issue.record("\(url) was let through")
            return
        }
    }

    @Test("spellings of addresses that only resolvers understand are resolved, and judged by what comes out")
    func oddSpellings() async {
        for host in ["2130706433", "0x7f000001", "127.1", "localhost"] {
            guard case .failure(.refused) = await check("https://\(host)/", sink(), ["127.0.0.1"]) else {
                Issue.record("\(host) was let through")
                continue
            }
        }
    }
}
