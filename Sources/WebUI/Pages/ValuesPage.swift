// SPDX-License-Identifier: Apache-2.0

import Domain

/// `/envs/{env}/services/{service}/values?at=&path=`: why is this value what it is?
func valuesPage(_ detail: ServiceDetail, of environment: Name, _ context: PageContext) -> Page {
    let service = detail.service.name
    let wanted = context.query["path"] ?? ""
    let values = detail.values.filter { wanted.isEmpty || $0.path.description.contains(wanted) }
    let version = detail.service.release.map { " \($0.version)" } ?? ""
    let at = context.query["at"]
    let commit = detail.commit.map { commit -> HTML in
        "at \(commitText(commit.id)) “\(commit.subject)” by \(commit.author), \(age(commit.date, at: context.now))"
    }
    let kept: HTML? = at.map { "<input type=\"hidden\" name=\"at\" value=\"\($0)\"/>" }
    let path = "/envs/\(environment)/services/\(service)/values"
    let clear: HTML =
        wanted.isEmpty
        ? ""
        : "<a href=\"\(path)\(Query([("at", at)].compactMap { name, value in value.map { (name, $0) } }).text)\">All values</a>"
    return Page(
        title: "\(service)\(version) in \(environment), values", section: .environments,
        alternate: "/api/v1/environments/\(environment)/services/\(service)/manifest",
        commands: ["kubernaut explain \(service) --env \(environment)"],
        content: """
            <div class="headline"><h1>Values of \(serviceLink(service))\(version) in \(environmentLink(environment))</h1>\
            <p class="dim">\(commit)</p></div>
            <form class="filter" method="get" action="\(path)" role="search" aria-label="Values">
            <label>Key <input type="search" name="path" value="\(wanted)" size="24" placeholder="any"/></label>
            \(kept)<button type="submit">Apply</button> \(clear)
            <a href="/envs/\(environment)/services/\(service)/manifest">Manifest</a></form>
            \(layers())
            <section class="card" aria-label="Values">\(valueList(values, detail, context))</section>
            \(detail.changesRemark.map { "<p class=\"dim\">\($0)</p>" } as HTML?)
            """)
}

/// The order in which layers win, for whoever sees it the first time.
private func layers() -> HTML {
    let order: [Layer] = [.defaults, .environmentDefaults, .service, .release, .environmentService, .reserved]
    let items = order.map { layer -> HTML in layerText(layer) }
    return "<p class=\"dim\">Weakest to strongest: \(items.joined(" "))</p>"
}

private func layerText(_ layer: Layer) -> HTML {
    "<span class=\"layer l-\(layer.rawValue.lowercased())\">\(layer.word)</span>"
}

private func valueList(_ values: [ExplainedValue], _ detail: ServiceDetail, _ context: PageContext) -> HTML {
    guard !values.isEmpty else {
        return "<p class=\"empty\">\(detail.values.isEmpty ? "This service has no values." : "No key matches.")</p>"
    }
    let rows = values.prefix(500).map { value -> HTML in
        let origin = value.origin
        let beaten = origin.overridden.map { lower -> HTML in
            """
            <li>instead of <code>\(short(lower.value))</code> \(layerText(lower.layer)) \
            \(placeLink(lower.location, detail.commit?.id, context)) \(change(lower.location, detail, context))</li>
            """
        }
        let below: HTML = beaten.isEmpty ? "" : "<ul class=\"beaten\">\(beaten)</ul>"
        return row(
            """
            \(rowHead("<code>\(value.path)</code>"))\
            \(cell("Value", "<code class=\"value\">\(short(value.value))</code>\(below)"))\
            \(cell("Set by", "\(layerText(origin.layer)) \(placeLink(origin.location, detail.commit?.id, context))"))\
            \(cell("Who and when", change(origin.location, detail, context) ?? "<span class=\"dim\">–</span>"))
            """)
    }
    let more: HTML =
        values.count > 500 ? "<p class=\"dim\">and \(values.count - 500) more: filter by key</p>" : ""
    return table(
        caption: "Values and who set them", columns: ["Key", "Value", "Set by", "Who and when"], rows: rows) + more
}

private func change(_ location: SourceLocation, _ detail: ServiceDetail, _ context: PageContext) -> HTML? {
    guard let change = detail.changes[location] else { return nil }
    guard let commit = change.commit else { return "<span class=\"dim\">not committed yet</span>" }
    let bound: HTML = if case .atOrBefore = change { "at or before " } else { "" }
    return """
        <span class="who">\(bound)\(commit.author), \(age(commit.date, at: context.now)) \
        <code class="dim" title="\(commit.id)">\(commit.id.short)</code></span> <span class="dim">\(commit.subject)</span>
        """
}

/// A place in the config repository, as a link where its host shows files under a known address.
func placeLink(_ location: SourceLocation, _ commit: CommitID?, _ context: PageContext) -> HTML {
    let words: HTML = "<code>\(location)</code>"
    guard let commit, let address = fileAddress(location, commit, in: context.status.repository) else { return words }
    return externalLink(address, words)
}

/// Nil for repositories that no browser reaches.
func fileAddress(_ location: SourceLocation, _ commit: CommitID, in repository: String) -> String? {
    guard repository.hasPrefix("https://") || repository.hasPrefix("http://"), location.line > 0 else { return nil }
    var base = repository
    while base.hasSuffix("/") { base.removeLast() }
    if base.hasSuffix(".git") { base.removeLast(4) }
    let path = location.file.split(separator: "/").map { percentEncoded(String($0)) }.joined(separator: "/")
    let host = base.split(separator: "/").dropFirst().first ?? ""
    if host.contains("bitbucket") { return "\(base)/src/\(commit)/\(path)#lines-\(location.line)" }
    let isGitea = ["gitea", "forgejo", "codeberg"].contains { host.contains($0) }
    return "\(base)/\(isGitea ? "src/commit" : "blob")/\(commit)/\(path)#L\(location.line)"
}
