// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Testing

@testable import WebUI

@Suite("A form with files")
struct MultipartTests {
    private func read(_ body: String, boundary: String = "xx") throws(Multipart.Problem) -> [Multipart.Part] {
        try Multipart(Array(body.utf8), contentType: "multipart/form-data; boundary=\(boundary)").parts
    }

    private func part(_ head: String, _ text: String) -> String { "--xx\r\n\(head)\r\n\r\n\(text)\r\n" }
    private let name = "Content-Disposition: form-data; name=\"a\""

    @Test("is read as curl and browsers write it")
    func ordinary() throws {
        let parts = try read(
            part("Content-Disposition: form-data; name=\"service\"", "cart")
                + part(
                    "Content-Disposition: form-data; name=\"template\"; filename=\"k.yaml\"\r\nContent-Type: application/octet-stream",
                    "a: 1\r\n--x\r\nb: 2") + "--xx--\r\n")
        #expect(parts.map(\.name) == ["service", "template"])
        #expect(parts.map(\.text) == ["cart", "a: 1\r\n--x\r\nb: 2"])
        #expect(
            parts[1].fileName == "k.yaml" && parts[1].type == "application/octet-stream" && parts[0].fileName == nil)
        #expect(try read("--xx--").isEmpty)
    }

    @Test("gives names back that were written with escapes")
    func escapes() throws {
        let parts = try read(
            part("content-disposition: form-data; name=\"a\\\"b\"; filename=\"c%22;d.yaml\"", "") + "--xx--")
        #expect(parts[0].name == "a\"b" && parts[0].fileName == "c\";d.yaml" && parts[0].bytes.isEmpty)
    }

    static let broken: [(String, String)] = [
        ("", "does not begin"), ("preamble\r\n--xx--", "does not begin"), ("--xx\r\n", "head"),
        ("--xx\nContent-Disposition: form-data; name=\"a\"\n\nb\n--xx--", "line break"),
        ("--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb", "last boundary"),
        ("--xx\r\n\r\nb\r\n--xx--", "its name"),
        ("--xx\r\nContent-Disposition: form-data\r\n\r\nb\r\n--xx--", "name"),
        ("--xx\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nb\r\n--xx--", "form-data"),
        ("--xx\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nb\r\n--xx--", "twice"),
        ("--xx\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb\r\n--xx--", "quote"),
        ("--xx\r\nContent-Disposition: form-data; name=\"a\"; filename*=UTF-8''b\r\n\r\nb\r\n--xx--", "filename*"),
        (
            "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nb\r\n--xx--",
            "twice"
        ),
        (
            "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--xx--",
            "encoded"
        ),
        ("--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n folded: b\r\n\r\nb\r\n--xx--", "no field"),
        ("--xx--\r\nmore", "after the last"),
        (
            "--xx\r\nContent-Disposition: form-data; name=\"\(String(repeating: "n", count: 201))\"\r\n\r\n\r\n--xx--",
            "too long"
        ),
    ]

    @Test("is refused when two readers could take it for two things", arguments: broken)
    func refused(_ body: String, _ word: String) {
        let problem = #expect(throws: Multipart.Problem.self) { try read(body) }
        #expect(problem?.description.contains(word) == true, "\(problem?.description ?? "")")
    }

    @Test("is refused for a boundary that is none", arguments: ["", "a\u{1}b", String(repeating: "b", count: 71), "ä"])
    func boundaries(_ boundary: String) {
        #expect(throws: Multipart.Problem.self) { try read("--\(boundary)--", boundary: "\"\(boundary)\"") }
    }

    @Test("is bounded in parts")
    func bounded() throws {
        let many = String(repeating: part(name, ""), count: 128)
        #expect(try read(many + "--xx--").count == 128)
        #expect(throws: Multipart.Problem.self) { try read(many + part(name, "") + "--xx--") }
    }

    @Test("comes back as it was written, whatever it holds")
    func roundTrip() throws {
        var dice = SystemRandomNumberGenerator()
        let pieces: [[UInt8]] = [
            Array("\r\n".utf8), Array("--".utf8), Array("--x".utf8), Array("\r\n--x".utf8), [0], [0xff],
            Array("é".utf8),
            Array("\n--xx".utf8), Array("xx--".utf8),
        ]
        let rounds = ProcessInfo.processInfo.environment["KUBERNAUT_TEST_ROUNDS"].flatMap { Int($0) } ?? 300
        for _ in 0..<rounds {
            let contents = (0..<Int.random(in: 0...4, using: &dice)).map { _ in
                (0..<Int.random(in: 0...8, using: &dice)).flatMap { _ in pieces.randomElement(using: &dice) ?? [] }
            }
            var body: [UInt8] = []
            for content in contents { body += Array("--xx\r\n\(name)\r\n\r\n".utf8) + content + Array("\r\n".utf8) }
            body += Array("--xx--\r\n".utf8)
            let isAmbiguous = contents.contains { content in
                String(decoding: Array("\r\n".utf8) + content + Array("\r\n".utf8), as: UTF8.self).contains("\r\n--xx")
            }
            guard !isAmbiguous else { continue }
            let parts = try Multipart(body, contentType: "multipart/form-data; boundary=xx").parts
            #expect(parts.map(\.bytes) == contents)
        }
    }

    @Test("never crashes on a damaged body")
    func damaged() {
        let good = Array((part("\(name); filename=\"k.yaml\"\r\nContent-Type: text/plain", "text") + "--xx--\r\n").utf8)
        var dice = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var body = good
            for _ in 0..<Int.random(in: 1...4, using: &dice) {
                guard !body.isEmpty else { break }
                let place = Int.random(in: 0..<body.count, using: &dice)
                switch Int.random(in: 0...2, using: &dice) {
                case 0: body.remove(at: place)
                case 1: body[place] = UInt8.random(in: 0...255, using: &dice)
                default: body.insert(UInt8.random(in: 0...255, using: &dice), at: place)
                }
            }
            _ = try? Multipart(body, contentType: "multipart/form-data; boundary=xx")
        }
    }
}
