// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@Suite("Base64")
struct Base64Tests {
    // RFC 4648, section 10.
    @Test(
        "writes and reads the vectors of RFC 4648",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(bytes: String, text: String) {
        #expect(Base64.standard.text(Array(bytes.utf8)) == text)
        #expect(Base64.standard.bytes(text) == Array(bytes.utf8))
        let bare = text.filter { $0 != "=" }
        #expect(Base64.url.text(Array(bytes.utf8)) == bare)
        #expect(Base64.url.bytes(bare) == Array(bytes.utf8))
    }

    @Test("differs in two letters only where URLs need it")
    func urlLetters() {
        #expect(Base64.standard.text([0xfb, 0xff, 0xfe]) == "+//+")
        #expect(Base64.url.text([0xfb, 0xff, 0xfe]) == "-__-")
        #expect(Base64.url.bytes("+//+") == nil)
        #expect(Base64.standard.bytes("-__-") == nil)
    }

    @Test("skips line breaks and refuses what is no base64", arguments: ["Zg", "Z===", "Zg==Zg==", "Zm9v!A==", "Z"])
    func refusals(text: String) {
        #expect(Base64.standard.bytes(text) == nil)
        #expect(Base64.standard.bytes("Zm9v\n Ym\r\nFy") == Array("foobar".utf8))
    }
}
