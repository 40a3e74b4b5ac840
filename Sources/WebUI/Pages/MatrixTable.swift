// SPDX-License-Identifier: Apache-2.0

import Domain

/// The matrix as a table: between two environments a narrow column says what waits.
func matrixTable(_ matrix: ReleaseMatrix, _ context: PageContext) -> HTML {
    let environments = context.status.environments
    guard !matrix.rows.isEmpty else {
        return "<p class=\"empty\">No service matches these filters. <a href=\"/\">Clear filters</a></p>"
    }
    let heads = environments.enumerated().map { index, environment -> HTML in
        let gap: HTML =
            index == 0
            ? ""
            : "<th scope=\"col\" role=\"columnheader\" class=\"gap\"><span class=\"hidden\">Waiting for \(environment.environment.name)</span></th>"
        return "\(gap)<th scope=\"col\" role=\"columnheader\">\(environmentLink(environment.environment.name))</th>"
    }
    let rows = matrix.rows.map { matrixRow($0, context) }
    let range = "\(matrix.firstIndex + 1)–\(matrix.firstIndex + matrix.rows.count) of \(matrix.total)"
    return """
        <div class="scroll" role="region" aria-label="Releases by service and environment" tabindex="0">\
        <table class="matrix data" role="table"><caption>Releases by service and environment, \(range)</caption>
        <thead role="rowgroup"><tr role="row">\(sortHead("Service", .service, context))\(heads)</tr></thead>
        <tbody role="rowgroup">
        \(rows)</tbody></table></div>
        \(sortLinks(context))
        """
}

private func sortHead(_ title: HTML, _ order: ReleaseMatrix.Filter.Order, _ context: PageContext) -> HTML {
    let isCurrent = ReleaseMatrix.Filter(context.query).order == order
    let sorted: HTML = isCurrent ? " aria-sort=\"ascending\"" : ""
    let target = "/" + context.query.with("sort", order.rawValue).with("page", nil).text
    return "<th scope=\"col\" role=\"columnheader\"\(sorted)><a href=\"\(target)\">\(title)</a></th>"
}

private func sortLinks(_ context: PageContext) -> HTML {
    let current = ReleaseMatrix.Filter(context.query).order
    let names: [(ReleaseMatrix.Filter.Order, HTML)] = [
        (.status, "most urgent"), (.behind, "most waiting"), (.age, "newest"), (.service, "name"),
    ]
    let links = names.map { order, name -> HTML in
        let target = "/" + context.query.with("sort", order.rawValue).with("page", nil).text
        return order == current ? "<b>\(name)</b>" : "<a href=\"\(target)\">\(name)</a>"
    }
    return "<p class=\"sort dim\">Sorted by \(links.joined(" · "))</p>"
}

private func matrixRow(_ row: ReleaseMatrix.Row, _ context: PageContext) -> HTML {
    let team = row.team.map { team -> HTML in "<span class=\"team\">\(team)</span>" }
    let cells = context.status.environments.enumerated().map { index, environment -> HTML in
        let name = environment.environment.name
        let before = index == 0 ? nil : context.status.environments[index - 1].environment.name
        let gap = before.map { gapCell(row.positions[index], row.service, from: $0, to: name) }
        return "\(gap)\(releaseCell(row.cells[index], of: environment, context.now))"
    }
    return
        "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">\(serviceLink(row.service))\(team)</th>\(cells)</tr>\n"
}

private func gapCell(_ position: Position?, _ service: Name, from: Name, to environment: Name) -> HTML {
    guard let gap = position?.gap else { return "<td role=\"cell\" class=\"gap none\"></td>" }
    return """
        <td role="cell" class="gap"><a class="wait" href="\(promotionPath(from: from, to: environment, services: [service]))">\
        <span aria-hidden="true">\(gap.short)</span><span class="hidden">\(gap.long) for \(environment): preview</span></a></td>
        """
}

private func releaseCell(_ service: ServiceStatus?, of environment: EnvironmentStatus, _ now: Instant) -> HTML {
    let name = environment.environment.name
    guard let service, service.verdict != .notHere else {
        return "<td role=\"cell\" data-label=\"\(name)\" class=\"none\">\(Verdict.notHere.badge.html)</td>"
    }
    let version = service.release.map { release -> HTML in
        releaseLink(release)
    }
    let commit = service.release?.source?.commit.map { id -> HTML in
        "<code class=\"dim\">\(String(id.prefix(7)))</code>"
    }
    let reason: HTML = service.reason.isEmpty ? "" : "<div class=\"reason\">\(service.reason)</div>"
    return """
        <td role="cell" data-label="\(name)"><div class="release">\(version ?? "<span class=\"dim\">no release</span>") \(commit)</div>\
        <div class="state">\(service.verdict.badge.html) <span class="dim">\(age(service.since, at: now))</span></div>\(reason)</td>
        """
}
