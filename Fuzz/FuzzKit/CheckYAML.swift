// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import YAML

/// Any bytes are trees or one error inside of them, and what is written is read back as it was.
public func checkYAML(_ bytes: [UInt8]) {
    let extent = Extent(bytes)
    do {
        for node in try parseYAML(bytes) {
            expectPlaces(of: node, in: extent)
            checkRoundTrip(node.value)
        }
    } catch {
        expect(!error.reason.isEmpty, "an error without a reason")
        for mark in [error.mark, error.related?.mark].compactMap(\.self) {
            expect(extent.contains(line: Int(mark.line), column: Int(mark.column)), "\(error) is outside of the text")
        }
    }
}

private func expectPlaces(of node: YAMLNode, in extent: Extent) {
    expect(
        extent.contains(line: Int(node.mark.line), column: Int(node.mark.column)), "a node at \(node.mark)")
    for item in node.items ?? [] { expectPlaces(of: item, in: extent) }
    for member in node.members ?? [] { expectPlaces(of: member.value, in: extent) }
}

func checkRoundTrip(_ value: Value) {
    // What is longer may not be read again for its size alone.
    let limit = FileLimits.standard.bytes / 8
    guard value.weight(upTo: limit) < limit else { return }
    let text = value.yaml()
    var again: Value?
    do { again = try parseYAMLValue(Array(text.utf8)) } catch {
        // Escapes and indentation make a text longer than the value.
        if error.code != .limit { expect(false, "unreadable: \(error)\n\(text)") }
    }
    if let again {
        expect(again == value, "another tree:\n\(text)")
        expect(again.yaml() == text, "another text:\n\(text)")
    }
    let lines = value.yamlLines()
    expect(lines.map { $0.text + "\n" }.joined() == text, "lines that are not the text:\n\(text)")
    for line in lines {
        guard let path = line.path else { continue }
        expect(value[path] != nil, "\(path) is not there")
    }
    do { expect(try parseJSON(value.json()) == value, "another tree from JSON: \(value.jsonText())") } catch {
        expect(false, "unreadable JSON: \(error) \(value.jsonText())")
    }
}
