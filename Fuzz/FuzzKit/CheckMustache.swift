// SPDX-License-Identifier: Apache-2.0

import Domain
import Render
import YAML

/// Input: a template, NUL, a partial, NUL, a text. Any template renders or is refused at a place inside of it, and the
/// text as a value never changes the structure of what a manifest template gives.
public func checkMustache(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
    let template = parts[0]
    let partial = parts.count > 1 ? parts[1] : []
    let text = parts.count > 2 ? String(decoding: parts[2], as: UTF8.self) : "a: b\n- {{x}}"
    checkText(template, partial, text)
    checkManifests(template, partial, text)
}

private func values(_ text: String) -> Value {
    [
        "text": .string(text), "number": 3, "yes": true, "no": false, "empty": [], "which": "part",
        "list": [["name": "a", "text": .string(text)], ["name": "b"]], "map": ["x": .string(text), "y": ["z": 1]],
    ]
}

private func checkText(_ template: [UInt8], _ partial: [UInt8], _ text: String) {
    let source = String(decoding: template, as: UTF8.self)
    let partialSource = String(decoding: partial, as: UTF8.self)
    do {
        _ = try renderText(source, values(text), partials: ["part": partialSource])
    } catch {
        expect(!error.message.isEmpty, "an error without a message")
        let extents = [source, partialSource].map { Extent(Array($0.utf8), .template) }
        expect(
            extents.contains { $0.contains(line: error.line, column: error.column) },
            "\(error) is outside of both texts")
    }
}

private let record = Array(
    """
    service: cart
    version: 1.0.0
    image: acme/cart@sha256:\(String(repeating: "a", count: 64))
    """.utf8)

private func checkManifests(_ template: [UInt8], _ partial: [UInt8], _ text: String) {
    guard let before = render(template, partial, marker), let after = render(template, partial, text) else { return }
    // A value may choose the kind of an object, and the name of a key, and both mean something.
    guard before.allSatisfy({ !$0.hasMarkedKeys && !isMarked($0["kind"]) && !isMarked($0["apiVersion"]) }) else {
        return
    }
    expect(before.count == after.count, "\(before.count) objects became \(after.count)")
    for (before, after) in zip(before, after) {
        expectSame(before, after, text, FieldPath(), isSecret: before["kind"] == "Secret")
    }
}

/// A text that the fuzzer does not write by itself.
private let marker = "marker-7b1f"

private func isMarked(_ value: Value?) -> Bool { value?.string?.contains(marker) ?? false }

extension Value {
    fileprivate var hasMarkedKeys: Bool {
        switch self {
        case .list(let items): items.contains(where: \.hasMarkedKeys)
        case .map(let map): map.contains { $0.key.contains(marker) || $0.value.hasMarkedKeys }
        default: false
        }
    }
}

/// The objects; nil when the service failed.
private func render(_ template: [UInt8], _ partial: [UInt8], _ text: String) -> [Value]? {
    let templatePath = template.starts(with: Array("{\"".utf8)) ? "templates/cart.json" : "templates/cart.yaml"
    let partialPath = "templates/partials/part.yaml"
    let files = [
        "releases/cart.yaml": record, "defaults.yaml": Array(values(text).yaml().utf8), templatePath: template,
        partialPath: partial,
    ]
    var extents = files.mapValues { Extent($0) }
    extents[templatePath] = Extent(template, .template)
    extents[partialPath] = Extent(partial, .template)
    let rendering = Renderer().render(snapshot(files), for: development).rendering
    expect(!rendering.isUnreadable, "unreadable defaults: \(rendering.diagnostics)")
    expectPlaces(of: rendering.allDiagnostics, in: extents)
    guard let service = rendering.services.first, !service.isFailed else { return nil }
    for manifest in service.manifests { checkRoundTrip(manifest.object) }
    return service.manifests.map(\.object)
}

/// Walks two trees that must be one but for the text.
private func expectSame(_ before: Value, _ after: Value, _ text: String, _ path: FieldPath, isSecret: Bool) {
    switch (before, after) {
    case (.map(let left), .map(let right)):
        expect(left.keys == right.keys, "\(path): other keys \(left.keys) \(right.keys)")
        for (entry, other) in zip(left, right) {
            expectSame(entry.value, other.value, text, path.appending(entry.key), isSecret: isSecret)
        }
    case (.list(let left), .list(let right)):
        expect(left.count == right.count, "\(path): \(left.count) items became \(right.count)")
        for (index, (item, other)) in zip(left, right).enumerated() {
            expectSame(item, other, text, path.appending(index), isSecret: isSecret)
        }
    case (.string(let left), .string(let right)):
        // In base64 no text is visible.
        if isSecret, path.steps.first == .key("data") { return }
        expect(left.replacing(marker, with: text).hasSameBytes(as: right), "\(path): \(left) became \(right)")
    default:
        expect(before == after, "\(path): a \(before.kindName) became a \(after.kindName)")
    }
}
