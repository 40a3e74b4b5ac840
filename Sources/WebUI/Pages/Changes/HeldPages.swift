// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer

// Lists of objects to which something happens only when a person confirms exactly them: deletions, and taking over
// what exists and is not ours.

/// What the pages say about such a list.
private struct HeldWords {
    let title: String
    let cardTitle: HTML
    /// Why it waits, for this many objects.
    let why: HTML
    /// What will happen, read before it is confirmed.
    let consequence: HTML
    let empty: HTML
    let button: HTML
    /// What happens when the list is another one by then.
    let otherwise: HTML
    /// Where the form goes.
    let path: StaticString

    init(_ purpose: HeldList.Purpose, _ count: String, in environment: Name) {
        switch purpose {
        case .prune:
            title = "Delete from \(environment)"
            cardTitle = "Deletions that wait for a person"
            why = "Git no longer has \(count); deleting them needs someone who confirms exactly this list."
            consequence = """
                Git no longer has these, and kubernaut put them into the cluster. They are deleted with everything that the \
                cluster hangs on them.
                """
            empty = "Nothing waits to be deleted."
            button = "Delete \(count) from \(environment)"
            otherwise = "nothing is deleted"
            path = "/prunes"
        case .adopt:
            title = "Take over in \(environment)"
            cardTitle = "Objects that are not kubernaut's"
            why = """
                Git wants \(count) that exist already and belong to somebody else or nobody; taking them over needs someone \
                who confirms exactly this list.
                """
            consequence = """
                These exist, and kubernaut did not make them. From now on they are as git says: fields that earlier tools \
                wrote and git does not have go, and what git drops later is deleted. Whoever else still applies them has to stop.
                """
            empty = "Nothing waits to be taken over."
            button = "Take over \(count) in \(environment)"
            otherwise = "nothing is taken over"
            path = "/adoptions"
        }
    }
}

extension WebPages {
    /// `/prunes/new?env=`, `/adoptions/new?env=`: the list, to be read before it is confirmed.
    func heldReply(
        _ purpose: HeldList.Purpose, _ form: Form, _ failure: ActionFailure?, _ context: PageContext
    ) throws -> HTTPResponse {
        guard let name = form.name("env") else { throw NotFound() }
        let environment = try context.environment(name)
        // Who sees a part of the environment sees nothing of this list.
        guard context.visit.allows(.view, at: .environment(name)) else { throw NotFound() }
        return Reply.changePage(
            heldPage(purpose, environment, failure, context), status: failure?.code.status ?? 200, context)
    }

    func confirm(
        _ purpose: HeldList.Purpose, _ form: Form, _ context: PageContext
    ) async throws -> HTTPResponse {
        guard let environment = form.name("env") else { throw NotFound() }
        do {
            guard let hash = form["hash"], form["read"] == "1" else {
                throw ActionFailure(.badRequest, "nothing happens before somebody says that they have read the list")
            }
            try await sources.actions.confirm(purpose, in: environment, hash: hash, context.visit)
            return Reply.redirect(to: "/envs/\(environment)?done=\(purpose.rawValue)")
        } catch let failure as ActionFailure {
            if failure.code == .notFound { throw NotFound() }
            return try heldReply(purpose, form, failure, context)
        }
    }
}

func heldPage(
    _ purpose: HeldList.Purpose, _ environment: EnvironmentStatus, _ failure: ActionFailure?, _ context: PageContext
) -> Page {
    let name = environment.environment.name
    let held = environment.held(purpose)
    let count = counted(held.items.count, "object")
    let words = HeldWords(purpose, count, in: name)
    let content: HTML =
        held.isEmpty
        ? "<p class=\"empty\">\(words.empty) <a href=\"/envs/\(name)\">\(name)</a></p>"
        : """
        <section class="card" aria-label="The list"><p>\(words.consequence)</p>\(heldItems(purpose, held.items))</section>
        <form class="order" method="post" action="\(words.path)">\(context.changeFields)\(hidden("env", name))\(hidden("hash", held.hash))
        <label class="tick"><input type="checkbox" name="read" value="1" required="required"/> I have read the list: \(count) in \(name)</label>
        <p class="actions">\(context.button(words.button, purpose.permission, at: .environment(name))) <a href="/envs/\(name)">Cancel</a></p>
        <p class="dim">Bound to exactly this list, <code>\(held.hash.prefix(12))</code>: should it change, \(words.otherwise).</p></form>
        """
    return Page(
        title: words.title, section: .environments,
        commands: held.isEmpty ? [] : ["kubernaut \(purpose.rawValue) \(name) --confirm \(held.hash.prefix(12))"],
        content: """
            <div class="headline"><h1>\(words.cardTitle) in \(environmentLink(name))</h1><p class="dim">\(count)</p></div>
            \(failure?.banner)\(content)
            """)
}

/// What waits in an environment, a card for each list.
func heldCards(_ environment: EnvironmentStatus) -> HTML {
    let cards = HeldList.Purpose.allCases.map { heldCard($0, environment) }
    return "\(cards)"
}

private func heldCard(_ purpose: HeldList.Purpose, _ environment: EnvironmentStatus) -> HTML {
    let held = environment.held(purpose)
    guard !held.isEmpty else { return "" }
    let name = environment.environment.name
    let words = HeldWords(purpose, counted(held.items.count, "object"), in: name)
    let shown = Array(held.items.prefix(200))
    let more = held.items.count - shown.count
    return card(
        words.cardTitle, id: purpose == .prune ? "held" : "foreign",
        """
        <p>\(Badge(icon: .held, word: "Held").html) \(words.why)</p>
        \(heldItems(purpose, shown))\(more > 0 ? "<p class=\"dim\">and \(more) more</p>" : "")
        <p><a class="button" href="\(words.path)/new?env=\(name)">Read and confirm</a></p>
        """)
}

private func heldItems(_ purpose: HeldList.Purpose, _ items: [HeldList.Item]) -> HTML {
    guard purpose == .adopt else {
        let keys = items.map { item -> HTML in "<li><code>\(item.key)</code></li>" }
        return "<ul class=\"columns\">\(keys)</ul>"
    }
    let rows = items.map { item -> HTML in
        let holders: HTML =
            item.holders.isEmpty
            ? "<span class=\"dim\">nobody says</span>" : "\(item.holders.joined(separator: ", "))"
        return row(
            """
            \(rowHead("\(item.key.groupKind.kind)"))\
            \(cell("Namespace", item.key.namespace.map { "\($0)" as HTML } ?? "<span class=\"dim\">–</span>"))\
            \(cell("Name", "<code>\(item.key.name)</code>"))\
            \(cell("Held by", holders))\
            \(cell("UID", "<code>\(item.uid)</code>"))
            """)
    }
    return table(
        caption: "Objects to take over", columns: ["Kind", "Namespace", "Name", "Held by", "UID"], rows: rows)
}
