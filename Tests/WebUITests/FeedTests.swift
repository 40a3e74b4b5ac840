// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import FoundationXML
import HTTPServer
import Testing

@testable import WebUI

@Suite("The feed of releases")
struct FeedTests {
    /// What a parser of XML finds: the texts of each kind of element, in order.
    private final class Reader: NSObject, XMLParserDelegate {
        var texts: [String: [String]] = [:]
        var links: [String] = []
        private var text = ""

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            text = ""
            if name == "link", let address = attributes["href"] { links.append(address) }
        }
        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            texts[name, default: []].append(text)
        }
    }

    private static func read(_ answer: HTTPResponse) throws -> Reader {
        let reader = Reader()
        let parser = XMLParser(data: Data(answer.bytes))
        parser.delegate = reader
        try #require(parser.parse(), "\(String(describing: parser.parserError)): \(answer.text)")
        return reader
    }

    @Test("has what came and went, newest first, with an id for each, as well-formed XML")
    func whole() async throws {
        let answer = await Fixture.pages().get("/releases.atom")
        #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8")
        let feed = try Self.read(answer)
        let updated = feed.texts["updated"] ?? []
        #expect(updated.count == 51 && updated.first == updated.dropFirst().first)
        #expect(Array(updated.dropFirst()) == updated.dropFirst().sorted(by: >))
        #expect(Set(feed.texts["id"] ?? []).count == 51)
        #expect(feed.links.allSatisfy { $0.hasPrefix("http://localhost:8080/") })
        #expect(feed.texts["title"]?.contains { $0.hasPrefix("cart ") && $0.hasSuffix(" dev") } == true)
        // It is the same as long as nothing happened: readers ask often.
        let tag = try #require(answer.headers["ETag"])
        #expect(await Fixture.pages().get("/releases.atom", headers: ["If-None-Match": tag]).status == 304)
    }

    @Test("is of one environment and one service when it is asked so, and of none that is not there")
    func filtered() async throws {
        let feed = try Self.read(await Fixture.pages().get("/releases.atom?env=staging&service=cart"))
        let titles = (feed.texts["title"] ?? []).dropFirst()
        #expect(!titles.isEmpty && titles.allSatisfy { $0.hasPrefix("cart ") && $0.hasSuffix("staging") })
        for query in ["env=nowhere", "env=X", "service=nothing", "service=X"] {
            #expect(await Fixture.pages().get("/releases.atom?\(query)").status == 404, "\(query)")
        }
    }
}
