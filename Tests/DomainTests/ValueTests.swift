import Domain
import Testing

@Suite struct ValueTests {
    @Test("maps are equal whatever the order of writing")
    func order() { #expect(["a": 1, "b": 2] as Value == ["b": 2, "a": 1]) }

    @Test("of a repeated key the last one stays")
    func repeated() {
        let map = Map([.init(key: "a", value: 1), .init(key: "b", value: 2), .init(key: "a", value: 3)])
        #expect(map == ["a": 3, "b": 2])
        #expect(map.count == 2)
    }

    @Test("strings compare by bytes, not by Unicode equivalence")
    func bytes() {
        #expect(Value.string("e\u{301}") != .string("\u{e9}"))
        var map: Map = ["\u{e9}": 1]
        map["e\u{301}"] = 2
        #expect(map.count == 2)
    }

    @Test("members are set, replaced and removed through the subscript")
    func subscripts() {
        var value: Value = ["spec": ["replicas": 1]]
        value["spec"]?["replicas"] = 2
        value["kind"] = "Deployment"
        #expect(value == ["spec": ["replicas": 2], "kind": "Deployment"])
        value["kind"] = nil
        #expect(value[at: "spec", "replicas"] == 2)
        #expect(value["kind"] == nil)
    }
}

@Suite struct FieldPathTests {
    @Test(
        "prints and reads the same form",
        arguments: [
            FieldPath(), FieldPath([.key("spec"), .key("containers"), .index(0), .key("image")]),
            FieldPath([.key("metadata"), .key("annotations"), .key("a.b/c")]), FieldPath([.key("with \"quotes\" \\")]),
            FieldPath([.index(3), .key("")]),
        ])
    func roundTrip(path: FieldPath) { #expect(FieldPath(path.description) == path) }

    @Test("prints as people write it")
    func printed() {
        #expect("\(FieldPath([.key("spec"), .key("containers"), .index(0)]))" == "spec.containers[0]")
    }

    @Test("refuses what is no path", arguments: [".", "a.", "a..b", "[", "[x]", "[-1]", "a[0", "[\"a]"])
    func refuses(text: String) { #expect(FieldPath(text) == nil) }
}

@Suite struct NameTests {
    @Test("a name is a DNS label", arguments: ["a", "cart", "x9", "a-b", String(repeating: "a", count: 63)])
    func accepts(text: String) { #expect(Name(text)?.text == text) }

    @Test(
        "anything else is refused",
        arguments: [
            "", "-a", "a-", "A", "a_b", "a.b", "ä", String(repeating: "a", count: 64), "../x",
        ])
    func refuses(text: String) { #expect(Name(text) == nil) }
}
