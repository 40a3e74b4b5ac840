// SPDX-License-Identifier: Apache-2.0

import Domain

/// `/envs/{env}/services/{service}/manifest`: what is applied, and in the margin who says so.
func manifestPage(_ detail: ServiceDetail, of environment: Name, _ context: PageContext) -> Page {
    let service = detail.service.name
    let at = context.query["at"]
    let query = at.map { "?at=\(percentEncoded($0))" } ?? ""
    let raw = "/envs/\(environment)/services/\(service)/manifest.yaml\(query)"
    let version = detail.service.release.map { " \($0.version)" } ?? ""
    return Page(
        title: "\(service)\(version) in \(environment), manifest", section: .releases,
        alternate: "/api/v1/environments/\(environment)/services/\(service)/manifest\(query)",
        commands: ["kubernaut render --env \(environment) --service \(service) -o yaml"],
        content: """
            <div class="headline"><h1>\(serviceLink(service))\(version) in \(environmentLink(environment))</h1>\
            <p class="dim">\(counted(detail.manifests.count, "object")), as rendered\(at == nil ? "" : " at an older commit")</p></div>
            <section class="card" aria-label="Origin">\(facts([
                ("Commit", detail.commit.map { commit in "\(commitText(commit.id)) “\(commit.subject)” <span class=\"dim\">by \(commit.author), \(age(commit.date, at: context.now))</span>" }),
                ("Image", detail.service.release.map { imageText($0.image) }),
                ("Needs", detail.service.needs.isEmpty ? nil : detail.service.needs.map { serviceLink($0) }.joined(", ")),
                ("History", detail.changesRemark.map { "\($0)" }),
                ("Raw", "<a href=\"\(raw)\">\(service) in \(environment) as YAML</a>"),
            ]))</section>
            \(detail.service.diagnostics.isEmpty ? "" : card("Problems", id: "problems", diagnosticList(detail.service.diagnostics)))
            \(contents(detail))
            \(detail.manifests.enumerated().map { manifestCard($1, number: $0 + 1, detail.changes, context) })
            \(valuesCard(detail, context))
            """)
}

private func contents(_ detail: ServiceDetail) -> HTML {
    guard detail.manifests.count > 1 else { return "" }
    let items = detail.manifests.enumerated().map { index, annotated -> HTML in
        "<li><a href=\"#object-\(index + 1)\">\(annotated.manifest.kind.kind) <code>\(annotated.manifest.name)</code></a></li>"
    }
    return "<nav aria-label=\"Objects\"><ul class=\"contents\">\(items)</ul></nav>"
}

private func manifestCard(
    _ annotated: AnnotatedManifest, number: Int, _ changes: LineChanges, _ context: PageContext
) -> HTML {
    let manifest = annotated.manifest
    var previous: String?
    let lines = annotated.lines.enumerated().map { index, line -> HTML in
        let place = line.origin.map { "\($0.layer.word) \($0.location)" }
        defer { if place != nil { previous = place } }
        return codeLine(
            line, anchor: "o\(number)-l\(index + 1)", index + 1, repeats: place == previous, changes, context)
    }
    let isLong = annotated.lines.count > 200
    let body: HTML = """
        <div class="scroll code" role="region" aria-label="\(manifest.kind.kind) \(manifest.name)" tabindex="0">\
        <table class="yaml"><caption class="hidden">\(manifest.kind.kind) \(manifest.name) with the origin of each line</caption>
        <thead class="hidden"><tr><th scope="col">Line</th><th scope="col">YAML</th><th scope="col">Set by</th></tr></thead>
        <tbody>
        \(lines)</tbody></table></div>
        """
    let shown: HTML = isLong ? "<details><summary>\(annotated.lines.count) lines</summary>\(body)</details>" : body
    return """
        <section class="card"><div class="card-head"><h2 id="object-\(number)">\
        \(manifest.kind.kind) <code>\(manifest.name)</code></h2><span class="dim">\(manifest.kind.apiVersion) · from \
        <code>\(manifest.location)</code></span></div>
        \(shown)</section>

        """
}

private func codeLine(
    _ line: AnnotatedLine, anchor: String, _ number: Int, repeats: Bool, _ changes: LineChanges, _ context: PageContext
) -> HTML {
    let origin = line.origin.map { origin -> HTML in
        let isTemplate = origin.layer == .template
        if isTemplate && repeats { return "" }
        return """
            <span class="layer l-\(origin.layer.rawValue.lowercased())">\(origin.layer.word)</span> \
            <code>\(origin.location)</code>\(origin.value.map { " <span class=\"dim\">\($0)</span>" } as HTML?)\
            \(changes[origin.location].map { " \(changeText($0, context))" } as HTML?)\
            \(overridden(origin, changes, context))
            """
    }
    let isSet = line.origin.map { $0.layer != .template } ?? false
    return """
        <tr id="\(anchor)"\(isSet ? " class=\"set\"" : "")><td class="n"><a href="#\(anchor)">\(number)</a></td>\
        <td class="y"><pre>\(line.text.isEmpty ? " " : line.text)</pre></td><td class="from">\(origin)</td></tr>

        """
}

/// Who last changed a line, how long ago, and by which commit.
private func changeText(_ change: LineChange, _ context: PageContext) -> HTML {
    guard let commit = change.commit else { return "<span class=\"who dim\">· not committed yet</span>" }
    let bound: HTML = if case .atOrBefore = change { "at or before " } else { "" }
    return """
        <span class="who dim">· \(commit.author), \(age(commit.date, at: context.now)), \(bound)\
        <code title="\(commit.id) \(commit.subject)">\(commit.id.short)</code></span>
        """
}

private func overridden(_ origin: Origin, _ changes: LineChanges, _ context: PageContext) -> HTML {
    guard !origin.overridden.isEmpty else { return "" }
    let items = origin.overridden.map { lower -> HTML in
        "<li>\(lower.layer.word) <code>\(lower.location)</code> said <code>\(short(lower.value))</code>\(changes[lower.location].map { " \(changeText($0, context))" } as HTML?)</li>"
    }
    return " <details class=\"over\"><summary>overrides \(origin.overridden.count)</summary><ul>\(items)</ul></details>"
}

private func valuesCard(_ detail: ServiceDetail, _ context: PageContext) -> HTML {
    guard !detail.values.isEmpty else { return "" }
    let rows = detail.values.prefix(500).map { value -> HTML in
        let lower = value.origin.overridden.map { lower -> HTML in
            "<div><code>\(short(lower.value))</code> <span class=\"dim\">\(lower.location)</span>\(detail.changes[lower.location].map { " \(changeText($0, context))" } as HTML?)</div>"
        }
        return row(
            """
            \(rowHead("<code>\(value.path)</code>"))\
            \(cell("Value", "<code>\(short(value.value))</code>"))\
            \(cell("Set by", "<span class=\"layer l-\(value.origin.layer.rawValue.lowercased())\">\(value.origin.layer.word)</span> <code>\(value.origin.location)</code>\(detail.changes[value.origin.location].map { " \(changeText($0, context))" } as HTML?)"))\
            \(cell("Overrides", lower.isEmpty ? "<span class=\"dim\">–</span>" : lower.joined("")))
            """)
    }
    return card(
        "Values", id: "values", aside: "<span class=\"dim\">after all layers were merged</span>",
        table(caption: "Values and who set them", columns: ["Key", "Value", "Set by", "Overrides"], rows: rows))
}

func short(_ value: Value) -> String {
    let text =
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .decimal(let text): text
        case .bool(let truth): String(truth)
        case .null: "null"
        case .list(let items): "[\(items.count) items]"
        case .map(let map): "{\(map.count) keys}"
        }
    return text.count > 120 ? text.prefix(119) + "…" : text
}

extension Layer {
    /// As people call it.
    var word: String {
        switch self {
        case .template: "template"
        case .defaults: "defaults"
        case .environmentDefaults: "environment"
        case .service: "service"
        case .release: "release"
        case .environmentService: "override"
        case .reserved: "built in"
        case .normalization: "normalized"
        }
    }
}

/// All objects as one YAML stream.
func manifestYAML(_ detail: ServiceDetail) -> String {
    detail.manifests.map { annotated in
        "---\n" + annotated.lines.map { $0.text + "\n" }.joined()
    }.joined()
}
