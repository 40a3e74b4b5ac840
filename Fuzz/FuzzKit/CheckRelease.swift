// SPDX-License-Identifier: Apache-2.0

import Domain
import Render
import YAML

/// Any bytes are a release record or errors inside of them; a record can be written and read again, and what it says
/// of itself cannot be overridden by the values it brings along.
public func checkRelease(_ bytes: [UInt8]) {
    let path = "releases/cart.yaml"
    let reading = Renderer.release(bytes, path: path)
    expectPlaces(of: reading.diagnostics, in: [path: Extent(bytes)])
    expect((reading.content == nil) == reading.hasErrors, "a record with errors, or none without")
    guard let record = reading.content else { return }
    let text = tree(of: record).yaml()
    let again = Renderer.release(Array(text.utf8), path: path)
    expect(again.content == record, "another record: \(again.diagnostics)\n\(text)")
    checkTemplate(record, bytes, path)
}

/// What the record says reaches a template unchanged.
private func checkTemplate(_ record: ReleaseRecord, _ bytes: [UInt8], _ path: String) {
    let template = """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{service}}
        data:
          version: {{version}}
          image: {{image}}
          environment: {{environment}}
          id: {{release.id}}
        """
    let files = ["templates/cart.yaml": Array(template.utf8), path: bytes]
    let rendering = Renderer().render(snapshot(files), for: development).rendering
    expectPlaces(of: rendering.allDiagnostics, in: files.mapValues { Extent($0) })
    guard let service = rendering.services.first, !service.isFailed else { return }
    let data: Value = [
        "version": .string(record.version), "image": .string(record.image), "environment": "dev",
        "id": .string(record.id),
    ]
    expect(service.manifests.count == 1, "\(service.manifests.count) manifests")
    expect(service.manifests.first?.object["data"] == data, "other data: \(service.manifests)")
    expect(service.release == record, "another record")
}

private func tree(of record: ReleaseRecord) -> Value {
    var tree: Value = [
        "service": .string(record.service.text), "version": .string(record.version), "image": .string(record.image),
    ]
    if !record.images.isEmpty {
        tree["images"] = .map(Map(record.images.map { Map.Entry(key: $0.key, value: .string($0.value)) }))
    }
    if let build = record.build {
        tree["build"] = members([
            ("number", build.number.map(Value.integer)), ("url", build.url.map(Value.string)),
            ("job", build.job.map(Value.string)),
        ])
    }
    if let source = record.source {
        tree["source"] = members([
            ("url", source.url.map(Value.string)), ("branch", source.branch.map(Value.string)),
            ("commit", source.commit.map(Value.string)), ("message", source.message.map(Value.string)),
            ("author", source.author.map(Value.string)),
        ])
    }
    tree["releasedAt"] = record.releasedAt.map { .string($0.precise) }
    tree["releasedBy"] = record.releasedBy.map(Value.string)
    tree["note"] = record.note.map(Value.string)
    return tree
}

private func members(_ members: [(String, Value?)]) -> Value {
    .map(Map(members.compactMap { key, value in value.map { Map.Entry(key: key, value: $0) } }))
}
