// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import HTTPServer
import Lifecycle
import Logging

/// One side of a comparison as a reader writes it: `dev`, `env:dev`, `env:dev@9f31c2a`, `live:dev`.
struct CompareOperand: Sendable, Hashable, CustomStringConvertible {
    let environment: Name
    /// As it was written, at least seven hexadecimal digits; nil for the head.
    let revision: String?
    let isLive: Bool

    init(environment: Name, revision: String? = nil, isLive: Bool = false) {
        self.environment = environment
        self.revision = revision
        self.isLive = isLive
    }

    /// Nil for what names nothing.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = parts.count == 2 ? parts[0] : "env"
        let rest = (parts.last ?? "").split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard kind == "env" || kind == "live", let name = rest.first.flatMap({ Name($0) }) else { return nil }
        environment = name
        isLive = kind == "live"
        guard rest.count == 2 else {
            revision = nil
            return
        }
        let digits = rest[1].lowercased()
        guard !isLive, (7...40).contains(digits.utf8.count), digits.allSatisfy(\.isHexDigit) else { return nil }
        revision = digits
    }

    var description: String {
        "\(isLive ? "live" : "env"):\(environment)\(revision.map { "@\($0.prefix(12))" } ?? "")"
    }

    /// For people.
    var words: String {
        isLive ? "the cluster of \(environment)" : "\(environment)\(revision.map { " at \($0.prefix(7))" } ?? "")"
    }
}

/// What a comparison found.
struct Comparison: Sendable {
    let a: CompareOperand
    let b: CompareOperand
    /// Nil for all that the reader may see.
    let service: Name?
    /// In the order of their keys; what is the same included.
    let objects: [ObjectDiff]
    /// What the cluster would refuse.
    let problems: [String]
}

extension WebPages {
    /// `/diff?service=&a=&b=`.
    func compareReply(_ context: PageContext) async throws -> HTTPResponse {
        let query = context.query
        let service = try query["service"].flatMap { text -> Name? in
            guard !text.isEmpty else { return nil }
            guard let name = Name(text) else { throw NotFound() }
            return try context.service(name)
        }
        guard let left = query["a"], !left.isEmpty, let right = query["b"], !right.isEmpty else {
            return Reply.page(comparePage(.none, service, context), context)
        }
        guard let a = CompareOperand(left), let b = CompareOperand(right) else {
            let wrong = CompareOperand(left) == nil ? left : right
            let problem = "“\(wrong)” names nothing to compare: write env:NAME, env:NAME@COMMIT or live:NAME"
            return Reply.page(comparePage(.problem(problem), service, context), status: 400, context)
        }
        do {
            let found = try await comparison(a, b, service, context)
            var reply = Reply.page(comparePage(.found(found), service, context), context)
            if a.isLive || b.isLive { reply.headers["Cache-Control"] = "no-store" }
            return reply
        } catch let problem as CompareProblem {
            return Reply.page(comparePage(.problem(problem.description), service, context), status: 400, context)
        }
    }

    /// - Throws: `NotFound` for environments that the reader does not see; `CompareProblem`.
    func comparison(
        _ a: CompareOperand, _ b: CompareOperand, _ service: Name?, _ context: PageContext
    ) async throws -> Comparison {
        for side in [a, b] { _ = try context.environment(side.environment) }
        if a.isLive || b.isLive { return try await liveComparison(a, b, service, context) }
        let isOther = a.environment != b.environment
        let old = try await side(a, service, hidesNamespace: isOther, context)
        let new = try await side(b, service, hidesNamespace: isOther, context)
        return Comparison(a: a, b: b, service: service, objects: compare(old, new, mask: mask), problems: [])
    }

    private func side(
        _ operand: CompareOperand, _ service: Name?, hidesNamespace: Bool, _ context: PageContext
    ) async throws -> DiffSide {
        let environment = try context.environment(operand.environment)
        let commit = try operand.revision.map { try commitID($0, in: environment) }
        guard let rendering = try await sources.rendering(operand.environment, commit) else {
            throw CompareProblem(
                "the branch of \(operand.environment) does not hold \(operand.revision ?? "a commit yet")")
        }
        if rendering.isUnreadable { throw CompareProblem("\(operand.words) cannot be rendered as a whole") }
        let services = rendering.services.filter { rendered in
            (service == nil || rendered.name == service)
                && context.visit.rules.allows(
                    context.visit.caller, .view, at: .service(rendered.name, in: operand.environment))
        }
        if let failed = services.first(where: \.isFailed) {
            let reason = failed.diagnostics.first { $0.severity == .error }?.description ?? ""
            throw CompareProblem("\(failed.name) in \(operand.words) cannot be rendered: \(reason)")
        }
        return DiffSide(
            name: operand.description, services, of: rendering.environment, hidesNamespace: hidesNamespace)
    }

    /// What applying would change, by the cluster's own dry run; of one service, since each object is asked about.
    private func liveComparison(
        _ a: CompareOperand, _ b: CompareOperand, _ service: Name?, _ context: PageContext
    ) async throws -> Comparison {
        guard a.environment == b.environment, a.isLive != b.isLive, a.revision == nil, b.revision == nil else {
            throw CompareProblem(
                "the cluster of an environment can be compared with the newest state of its own branch")
        }
        guard let service else {
            throw CompareProblem("choose a service: the cluster is asked about each object")
        }
        guard context.visit.allows(.view, at: .service(service, in: a.environment)),
            let found = try await liveObjects(of: service, in: a.environment)
        else { throw NotFound(near: context.names(nearTo: service)) }
        let objects = found.flatMap { object -> [ObjectDiff] in
            func side(_ name: String, _ value: Value?) -> DiffSide {
                DiffSide(
                    name: name,
                    objects: value.map {
                        [DiffObject(key: object.key, service: service, object: $0.withoutServerFields)]
                    } ?? [])
            }
            let (live, wanted) = (side("live:\(a.environment)", object.live), side("git", object.wanted))
            return a.isLive ? compare(live, wanted, mask: mask) : compare(wanted, live, mask: mask)
        }
        let problems = found.compactMap { object in object.problem.map { "\(object.key): \($0)" } }
        return Comparison(a: a, b: b, service: service, objects: objects, problems: problems)
    }

    /// The cluster is asked about many objects for this: a few readers at once may do so, and nobody can make a storm of it.
    private func liveObjects(of service: Name, in environment: Name) async throws -> [LiveObject]? {
        guard takeLook() else {
            throw CompareProblem("others are comparing with a cluster right now: try again in a moment")
        }
        defer { liveLooks.withLock { $0 -= 1 } }
        do {
            return try await sources.live(environment, service)
        } catch {
            logger.warning("A cluster could not be compared", ["environment": environment, "error": "\(error)"])
            throw CompareProblem("the cluster of \(environment) does not answer as it should")
        }
    }

    /// A commit that pages name by its first digits.
    private func commitID(_ digits: String, in environment: EnvironmentStatus) throws -> CommitID {
        if let whole = CommitID(digits) { return whole }
        let events = environment.releases.values.flatMap { $0.map(\.commit.id) }
        let known = Set(events + [environment.head?.id, environment.appliedCommit].compactMap(\.self))
        let matching = known.filter { $0.hex.hasPrefix(digits) }
        guard matching.count == 1, let commit = matching.first else {
            let name = environment.environment.name
            throw CompareProblem(
                matching.isEmpty
                    ? "no commit of \(name) that pages show begins with \(digits): give all 40 digits"
                    : "more than one commit of \(name) begins with \(digits): give more digits")
        }
        return commit
    }
}

/// Why two sides cannot be compared, in one sentence.
struct CompareProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

// MARK: - the page

private enum CompareState {
    case none
    case problem(String)
    case found(Comparison)
}

private func comparePage(_ state: CompareState, _ service: Name?, _ context: PageContext) -> Page {
    let content: HTML
    var title = "Compare"
    var commands = ["kubernaut diff dev staging"]
    switch state {
    case .none: content = "<p class=\"empty\">Choose two sides.</p>"
    case .problem(let sentence):
        content =
            "<ul class=\"problems\" role=\"alert\"><li>\(Badge(icon: .failed, word: "Not comparable").html) <span>\(sentence).</span></li></ul>"
    case .found(let found):
        content = comparisonText(found)
        title = "\(service.map { "\($0): " } ?? "")\(found.a.words) and \(found.b.words)"
        commands = ["kubernaut diff \(found.a) \(found.b)\(service.map { " --service \($0)" } ?? "")"]
    }
    return Page(
        title: title, section: .environments, commands: commands,
        content: """
            <div class="headline"><h1>Compare\(service.map { " \(serviceLink($0))" } as HTML?)</h1>\
            <p class="dim">what would have to change to get from the first to the second</p></div>
            \(compareForm(service, context))
            \(content)
            """)
}

private func compareForm(_ service: Name?, _ context: PageContext) -> HTML {
    let environments = context.status.environments.map(\.environment.name)
    let services = Set(context.status.environments.flatMap { $0.services.map(\.name) }).sorted().map { name -> HTML in
        "<option\(name == service ? " selected=\"selected\"" : "")>\(name)</option>"
    }
    let choices = environments.flatMap { name -> [HTML] in
        ["<option value=\"env:\(name)\"/>", "<option value=\"live:\(name)\"/>"]
    }
    func field(_ name: StaticString, _ label: StaticString, _ standard: Name?) -> HTML {
        let value = context.query[name.description] ?? standard.map { "env:\($0)" } ?? ""
        return """
            <label>\(label) <input name="\(name)" value="\(value)" list="sides" size="20" required="required" \
            autocomplete="off"/></label>
            """
    }
    return """
        <form class="filter" method="get" action="/diff" aria-label="Compare">
        <label>Service <select name="service"><option value="">all</option>\(services)</select></label>
        \(field("a", "From", environments.first)) \(field("b", "To", environments.dropFirst().first ?? environments.first))
        <datalist id="sides">\(choices)</datalist><button type="submit">Compare</button></form>
        """
}

private func comparisonText(_ found: Comparison) -> HTML {
    let changed = found.objects.filter { $0.change != .same }
    let same = found.objects.count - changed.count
    let problems = found.problems.map { problem -> HTML in
        "<li>\(Badge(icon: .failed, word: "Refused").html) <span>\(problem)</span></li>"
    }
    let list: HTML = problems.isEmpty ? "" : "<ul class=\"problems\">\(problems)</ul>"
    guard !changed.isEmpty else {
        return list
            + "<section class=\"card\" aria-label=\"Result\"><p class=\"empty\">\(Badge(icon: .healthy, word: "Nothing differs").html) \(counted(same, "object")) compared.</p></section>"
    }
    return """
        \(list)\(card("What differs", id: "summary", aside: "<span class=\"dim\">\(counted(same, "object")) the same</span>", diffSummary(changed)))
        \(diffCards(changed))
        """
}

/// One row for each object, linked to its lines.
func diffSummary(_ objects: [ObjectDiff]) -> HTML {
    let rows = objects.enumerated().map { index, object -> HTML in
        row(
            """
            \(rowHead("<a href=\"#diff-\(index + 1)\">\(object.key.description)</a>"))\
            \(cell("Change", object.change.badge.html))\
            \(cell("Service", object.service.map { serviceLink($0) } ?? "<span class=\"dim\">–</span>"))\
            \(cell("Lines", lineCounts(object), kind: "number"))
            """)
    }
    return table(caption: "Objects that differ", columns: ["Object", "Change", "Service", "Lines"], rows: rows)
}

private func lineCounts(_ object: ObjectDiff) -> HTML {
    "<span class=\"good\">+\(object.addedLines)</span> <span class=\"bad\">−\(object.removedLines)</span>"
}

/// The lines of each object; the first three are open.
func diffCards(_ objects: [ObjectDiff]) -> HTML {
    let cards = objects.enumerated().map { index, object -> HTML in
        let open: HTML = index < 3 ? " open=\"open\"" : ""
        return """
            <details class="card diff" id="diff-\(index + 1)"\(open)><summary><b>\(object.key.description)</b> \
            \(object.change.badge.html) \(lineCounts(object))</summary>
            <div class="scroll" role="region" aria-label="Lines of \(object.key.description)" tabindex="0">\(diffLines(object.lines))</div></details>

            """
    }
    return "\(cards)"
}

/// A unified diff. Signs stand in front of the lines, so nothing depends on color.
private func diffLines(_ lines: [String]) -> HTML {
    let parts = lines.dropFirst(2).map { line -> HTML in
        switch line.first {
        case "+": "<ins>\(line)\n</ins>"
        case "-": "<del>\(line)\n</del>"
        case "@": "<span class=\"at\">\(line)\n</span>"
        default: "\(line)\n"
        }
    }
    return "<pre>\(parts)</pre>"
}

extension ObjectDiff.Change {
    var badge: Badge {
        switch self {
        case .added: Badge(icon: .healthy, word: "new")
        case .removed: Badge(icon: .failed, word: "goes")
        case .changed: Badge(icon: .rolling, word: "changes")
        case .same: Badge(icon: .absent, word: "same")
        }
    }
}
