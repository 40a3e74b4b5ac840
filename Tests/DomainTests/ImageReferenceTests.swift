// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

private let digest = "sha256:" + String(repeating: "0", count: 64)

@Suite struct ImageReferenceTests {
    @Test(
        "an image reference is taken apart as registries do",
        arguments: [
            ("cart", nil, "cart", nil, nil), ("cart:1.0", nil, "cart", "1.0", nil),
            ("acme/cart:latest", nil, "acme/cart", "latest", nil),
            ("localhost/cart", "localhost", "cart", nil, nil), ("host:5000/a/b", "host:5000", "a/b", nil, nil),
            ("registry.acme.io/shop/cart:1.0@\(digest)", "registry.acme.io", "shop/cart", "1.0", digest),
            ("cart@\(digest)", nil, "cart", nil, digest), ("a__b/c--d.e_f", nil, "a__b/c--d.e_f", nil, nil),
            ("Host/a", "Host", "a", nil, nil), ("a/b:V_1.0-x", nil, "a/b", "V_1.0-x", nil),
        ] as [(String, String?, String, String?, String?)])
    func parts(text: String, registry: String?, repository: String, tag: String?, digest: String?) throws {
        let image = try #require(ImageReference(text))
        #expect(image.registry == registry)
        #expect(image.repository == repository)
        #expect(image.tag == tag)
        #expect(image.digest == digest)
        #expect(image.description == text)
    }

    @Test(
        "what registries refuse is no reference",
        arguments: [
            "", "Cart", "acme/Cart", "cart:", "cart:a b", "cart@", "cart@sha256:12",
            "cart@sha256:" + String(repeating: "G", count: 64),
            "/cart", "cart/", "a//b", "a___b", "a..b", ".a", "a-", "host:port/a", "host:123456/a", "-host.io/a",
            "cart:-x", "a b",
            "https://host/a", "cart:" + String(repeating: "x", count: 129), String(repeating: "a", count: 256),
            "cart\n",
        ])
    func refused(text: String) {
        #expect(ImageReference(text) == nil)
    }

    @Test("near words come first, far ones not at all")
    func suggestions() {
        #expect(nearestWords(to: "replcas", in: ["replicas", "resources", "image"]) == ["replicas"])
        #expect(nearestWords(to: "TAG", in: ["tag", "tags", "bag"]).first == "tag")
        #expect(nearestWords(to: "iamge", in: ["image"]) == ["image"])
        #expect(nearestWords(to: "xyz", in: ["abc"]) == [])
        #expect(didYouMean("imag", in: ["image", "images"]) == "did you mean \"image\"?")
    }
}
