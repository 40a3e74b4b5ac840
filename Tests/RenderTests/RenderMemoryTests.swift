// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import Render

@Suite struct RenderMemoryTests {
    private let renderer = Renderer()

    @Test("equal inputs give equal objects and equal words about them, whatever was edited in between")
    func inputsSayAll() throws {
        var known: [String: String] = [:]
        var repeats = 0
        for seed in 0..<12 as Range<UInt64> {
            var editor = IncrementalTests.Editor(seed: seed)
            for _ in 0..<25 {
                let files = snapshot(editor.files)
                for (name, namespace) in [("dev", "shop"), ("staging", "shop")] {
                    let environment = try environment(name, namespace: namespace)
                    for text in IncrementalTests.Editor.services {
                        let service = try #require(Name(text))
                        guard let rendered = renderer.renderAlone(service, in: files, for: environment).service else {
                            continue
                        }
                        let picture =
                            (rendered.manifests.map { "\($0.digest) \($0.location)" }
                            + rendered.diagnostics.map(\.description) + [rendered.name.text]).joined(separator: "\n")
                        if let before = known.updateValue(picture, forKey: rendered.inputs) {
                            try #require(before == picture)
                            repeats += 1
                        }
                    }
                }
                editor.edit()
            }
        }
        // Else it says nothing.
        #expect(repeats > 300)
        #expect(known.count > 300)
    }

    @Test("comparing by what is remembered finds what two renderings differ in", arguments: 0..<12 as Range<UInt64>)
    func comparisonIsExact(seed: UInt64) throws {
        let memory = RenderMemory()
        let environment = try environment("dev", namespace: "shop")
        var (here, there) = (IncrementalTests.Editor(seed: seed), IncrementalTests.Editor(seed: seed + 100))
        var cache: RenderCache?
        for round in 0..<20 {
            let (target, source) = (snapshot(here.files), snapshot(there.files))
            let known = renderer.render(target, for: environment, reusing: cache)
            cache = known.cache
            let found = renderer.services(
                of: environment, in: target, renderedOtherwiseBy: source, reusing: cache, memory: memory)
            let expected = renderer.services(
                of: renderer.render(target, for: environment).rendering,
                differingFrom: renderer.render(source, for: environment).rendering)
            try #require(found == expected, "round \(round)")
            if here.next(2) == 0 { here.edit() } else { there.edit() }
            if here.next(6) == 0 { swap(&here.files, &there.files) }
        }
    }

    @Test("what another template makes of services is found out once, not with every commit")
    func rememberedOnce() throws {
        let memory = RenderMemory()
        let environment = try environment("dev", namespace: "shop")
        var files = IncrementalTests.Editor(seed: 1).files
        files["templates/default.yaml"] = IncrementalTests.Editor.templates[0]
        var others = files
        others["templates/default.yaml"]?.append("immutable: true\n")
        func differing() -> Set<String> {
            let found = renderer.services(
                of: environment, in: snapshot(files), renderedOtherwiseBy: snapshot(others), memory: memory)
            return Set(found.map(\.text))
        }
        let all = Set(IncrementalTests.Editor.services)
        #expect(differing() == all)
        #expect(memory.renderings == 4)
        files["releases/cart.yaml"] = IncrementalTests.Editor.record("cart", 1)
        #expect(differing() == all)
        #expect(memory.renderings == 4)
        others["releases/cart.yaml"] = IncrementalTests.Editor.record("cart", 2)
        #expect(differing() == all)
        #expect(memory.renderings == 5)
        // Back again.
        others["releases/cart.yaml"] = IncrementalTests.Editor.record("cart", 0)
        #expect(differing() == all)
        #expect(memory.renderings == 5)
        // Other text, the same objects.
        others["templates/default.yaml"] = IncrementalTests.Editor.templates[0] + "# a remark\n"
        #expect(differing() == [])
        #expect(memory.renderings == 9)
    }

    @Test("a memory stays within its bound, and keeps what is asked for")
    func bounded() throws {
        let memory = RenderMemory(limit: 3)
        let rendering = renderer.render(
            snapshot(IncrementalTests.Editor(seed: 1).files), for: try environment("dev", namespace: "shop")
        ).rendering
        let outcome = RenderMemory.Outcome(of: try #require(rendering.services.first), namespace: "shop")
        memory.note(outcome, of: "kept", isNew: true)
        for number in 0..<50 {
            memory.note(outcome, of: "\(number)", isNew: true)
            #expect(memory.outcome(of: "kept") == outcome)
            #expect(memory.count <= 6)
        }
        #expect(memory.outcome(of: "1") == nil)
        #expect(memory.outcome(of: "49") == outcome)
        #expect(memory.renderings == 51)
    }
}
