// SPDX-License-Identifier: Apache-2.0

import Domain

/// `/envs/{env}/objects?status=&kind=&service=&page=`: every object of an environment, those that need somebody first.
func objectsPage(_ environment: EnvironmentStatus, _ context: PageContext) -> Page {
    let name = environment.environment.name
    let list = ObjectList(environment, context.query)
    let scope = "\(counted(list.all, "object")), \(list.drifted) not as in git, \(list.unhealthy) not healthy"
    let down = environment.clusterProblem.map { problem -> HTML in
        """
        <ul class="problems"><li>\(Badge(icon: .unknown, word: "Cluster unreachable").html) <span>\(problem). What is \
        shown is the last known state.</span></li></ul>
        """
    }
    return Page(
        title: "Objects in \(name)", section: .environments, topics: ["env:\(name)"],
        alternate: "/api/v1/environments/\(name)",
        commands: ["kubernaut diff live:\(name)", "kubernaut orphans \(name)"],
        content: """
            <div class="headline"><h1>Objects in \(environmentLink(name))</h1><p class="dim">\(scope)</p></div>
            \(down)
            \(filterForm(list, environment, context))
            <section class="card" aria-label="Objects">\(objectTable(list, name, context))</section>
            \(pager(list.page, of: list.pageCount, context))
            \(leftovers(environment))
            """)
}

/// What the reader asked for of an environment's objects. Pure.
private struct ObjectList {
    enum State: String, CaseIterable {
        case drifted, unhealthy

        var words: StaticString { self == .drifted ? "not as in git" : "not healthy" }
    }

    struct Item {
        let object: ObjectStatus
        let service: Name
    }

    static let pageSize = 200

    let items: [Item]
    let total: Int
    let all: Int
    let drifted: Int
    let unhealthy: Int
    let kinds: [String]
    let state: State?
    let kind: String?
    let service: String
    let page: Int
    let pageCount: Int

    init(_ environment: EnvironmentStatus, _ query: Query) {
        let every = environment.services.flatMap { service in
            service.objects.map { Item(object: $0, service: service.name) }
        }
        state = query["status"].flatMap { State(rawValue: $0) }
        kinds = Set(every.map(\.object.key.groupKind.kind)).sorted()
        kind = query["kind"].flatMap { $0.isEmpty ? nil : $0 }
        service = String((query["service"] ?? "").prefix(63)).lowercased()
        all = every.count
        drifted = every.count { !$0.object.isInSync }
        unhealthy = every.count { $0.object.health.status != .healthy }
        let (state, kind, service) = (state, kind, service)
        let matching = every.filter { item in
            let isWanted =
                switch state {
                case .drifted: !item.object.isInSync
                case .unhealthy: item.object.health.status != .healthy
                case nil: true
                }
            return isWanted && (kind.map { $0 == item.object.key.groupKind.kind } ?? true)
                && (service.isEmpty || item.service.text.contains(service))
        }.sorted { left, right in
            let (a, b) = (left.object.urgency, right.object.urgency)
            return a == b ? left.object.key < right.object.key : a > b
        }
        total = matching.count
        pageCount = max(1, (total + Self.pageSize - 1) / Self.pageSize)
        page = min(pageCount, max(1, query["page"].flatMap { Int($0) } ?? 1))
        items = Array(matching.dropFirst((page - 1) * Self.pageSize).prefix(Self.pageSize))
    }
}

extension ObjectStatus {
    fileprivate var urgency: Int { health.status.severity * 2 + (isInSync ? 0 : 1) }
}

private func filterForm(_ list: ObjectList, _ environment: EnvironmentStatus, _ context: PageContext) -> HTML {
    let path = "/envs/\(environment.environment.name)/objects"
    let states = ObjectList.State.allCases.map { state -> HTML in
        "<option value=\"\(state.rawValue)\"\(list.state == state ? " selected=\"selected\"" : "")>\(state.words)</option>"
    }
    let kinds = list.kinds.map { kind -> HTML in
        "<option\(list.kind == kind ? " selected=\"selected\"" : "")>\(kind)</option>"
    }
    let isFiltered = list.state != nil || list.kind != nil || !list.service.isEmpty
    return """
        <form class="filter" method="get" action="\(path)" role="search" aria-label="Objects">
        <label>Service <input type="search" name="service" value="\(list.service)" size="14" placeholder="any"/></label>
        <label>Kind <select name="kind"><option value="">any</option>\(kinds)</select></label>
        <label>State <select name="status"><option value="">any</option>\(states)</select></label>
        <button type="submit">Apply</button> \(isFiltered ? "<a href=\"\(path)\">Clear filters</a>" : "" as HTML)</form>
        """
}

private func objectTable(_ list: ObjectList, _ environment: Name, _ context: PageContext) -> HTML {
    guard !list.items.isEmpty else {
        return list.all == 0
            ? "<p class=\"empty\">Nothing is to be in the cluster.</p>"
            : "<p class=\"empty\">No object matches these filters.</p>"
    }
    let rows = list.items.map { item -> HTML in
        let key = item.object.key
        let reason: HTML =
            item.object.health.reason.isEmpty ? "" : "<div class=\"reason\">\(item.object.health.reason)</div>"
        let compare =
            "/diff"
            + Query([("service", item.service.text), ("a", "live:\(environment)"), ("b", "env:\(environment)")]).text
        let git: HTML =
            item.object.isInSync
            ? "<span class=\"dim\">as in git</span>"
            : "\(Badge(icon: .drifted, word: "differs").html) <a href=\"\(compare)\">how</a>"
        return row(
            """
            \(rowHead("\(key.groupKind.kind)"))\
            \(cell("Name", "<code>\(key.namespace.map { "\($0)/" } ?? "")\(key.name)</code>"))\
            \(cell("Service", serviceLink(item.service)))\
            \(cell("Health", "\(item.object.health.status.badge.html)\(reason)"))\
            \(cell("Git", git))
            """)
    }
    return table(
        caption: "Objects, \(list.total) of \(list.all)", columns: ["Kind", "Name", "Service", "Health", "Git"],
        rows: rows)
}

/// What is in the cluster and not in git.
private func leftovers(_ environment: EnvironmentStatus) -> HTML {
    heldCards(environment) + orphans(environment)
}
