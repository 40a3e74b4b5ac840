// SPDX-License-Identifier: Apache-2.0

public import Domain

extension SecretMask {
    /// A service as it may be shown to whoever may see it: what its Secrets hold is masked in objects, lines and values.
    public func masked(_ detail: ServiceDetail) -> ServiceDetail {
        let secrets = detail.manifests.map(\.manifest).filter(\.isSecret).flatMap { Self.texts(of: $0.object) }
        guard !secrets.isEmpty else { return detail }
        func shown(_ origin: Origin) -> Origin {
            Origin(
                layer: origin.layer, location: origin.location, value: origin.value,
                overridden: origin.overridden.map {
                    Origin.Overridden(layer: $0.layer, location: $0.location, value: masked($0.value, among: secrets))
                })
        }
        var answer = ServiceDetail(
            service: masked(detail.service), commit: detail.commit,
            manifests: detail.manifests.map { annotated in
                annotated.manifest.isSecret
                    ? AnnotatedManifest(
                        manifest: masked(annotated.manifest),
                        lines: masked(
                            annotated.lines.map { line in
                                AnnotatedLine(text: line.text, path: line.path, origin: line.origin.map(shown))
                            })) : annotated
            },
            values: detail.values.map { value in
                // A value that a Secret took is hidden as well where it was overridden on its way there.
                let isSecret = masked(value.value, among: secrets) != value.value
                return ExplainedValue(
                    path: value.path, value: masked(value.value, among: secrets),
                    origin: isSecret ? hiding(value.origin) : shown(value.origin))
            })
        answer.changes = detail.changes
        answer.changesRemark = detail.changesRemark
        return answer
    }

    private func masked(_ service: RenderedService) -> RenderedService {
        RenderedService(
            name: service.name, team: service.team, release: service.release, needs: service.needs,
            manifests: service.manifests.map { masked($0) }, diagnostics: service.diagnostics, inputs: service.inputs,
            source: service.source, hold: service.hold, adoptsExisting: service.adoptsExisting)
    }

    /// The digest goes, too: it would let guesses be tested.
    private func masked(_ manifest: Manifest) -> Manifest {
        guard manifest.isSecret else { return manifest }
        return Manifest(
            kind: manifest.kind, namespace: manifest.namespace, name: manifest.name, object: masked(manifest.object),
            service: manifest.service, location: manifest.location,
            digest: fingerprint(Array(manifest.digest.utf8)).string ?? "")
    }

    private func hiding(_ origin: Origin) -> Origin {
        Origin(
            layer: origin.layer, location: origin.location, value: origin.value,
            overridden: origin.overridden.map {
                Origin.Overridden(
                    layer: $0.layer, location: $0.location,
                    value: fingerprint(Array(($0.value.string ?? "\($0.value)").utf8)))
            })
    }

    /// The lines of a Secret, each value in one line.
    private func masked(_ lines: [AnnotatedLine]) -> [AnnotatedLine] {
        var shown: [AnnotatedLine] = []
        var isInside = false
        var depth = 0
        for line in lines {
            let indent = line.text.prefix { $0 == " " }.count
            let isBlank = line.text.allSatisfy { $0 == " " }
            if indent == 0, !isBlank {
                isInside = ["data:", "stringData:"].contains { line.text.hasPrefix($0) }
                depth = 0
                // A map in one line is an empty one; anything else is unheard of, and hidden.
                shown.append(
                    isInside && !line.text.hasSuffix(":") ? hidden(line, keeping: line.text.prefix { $0 != ":" }) : line
                )
                continue
            }
            guard isInside else {
                shown.append(line)
                continue
            }
            if depth == 0, !isBlank { depth = indent }
            // What is deeper continues the text above it.
            guard !isBlank, indent == depth, let colon = Self.endOfKey(line.text) else { continue }
            shown.append(hidden(line, keeping: line.text[..<colon]))
        }
        return shown
    }

    private func hidden(_ line: AnnotatedLine, keeping key: Substring) -> AnnotatedLine {
        let origin = line.origin.map { hiding($0) }
        let rest = Array(line.text.dropFirst(key.count + 1).utf8)
        return AnnotatedLine(
            text: "\(key): \(fingerprint(rest).string ?? "")", path: line.path, origin: origin)
    }

    /// The colon after a key, quoted or not; nil where there is none.
    private static func endOfKey(_ text: String) -> String.Index? {
        var rest = text[...]
        rest = rest.drop { $0 == " " }
        if let quote = rest.first, quote == "\"" || quote == "'" {
            guard let end = rest.dropFirst().firstIndex(of: quote) else { return nil }
            rest = rest[end...]
        }
        return rest.firstIndex(of: ":")
    }

    /// What a Secret holds, as it stands there and decoded.
    static func texts(of secret: Value) -> [String] {
        var texts: [String] = []
        for entry in secret["data"]?.map ?? Map() {
            guard let text = entry.value.string, !text.isEmpty else { continue }
            texts.append(text)
            if let bytes = Base64.standard.bytes(text) { texts.append(String(decoding: bytes, as: UTF8.self)) }
        }
        for entry in secret["stringData"]?.map ?? Map() {
            guard let text = entry.value.string, !text.isEmpty else { continue }
            texts.append(text)
        }
        return texts
    }
}

extension Manifest {
    fileprivate var isSecret: Bool { kind.kind == "Secret" && kind.group.isEmpty }
}
