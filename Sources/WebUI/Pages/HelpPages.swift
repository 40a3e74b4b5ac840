// SPDX-License-Identifier: Apache-2.0

import Domain
import Render

/// `/help`: what the pages' words mean. The same for everybody.
func helpPage() -> Page {
    let verdicts: [(Verdict, HTML)] = [
        (.failed, "It could not be rendered or applied. The reason names file and line, or what the cluster said."),
        (
            .unhealthy,
            "It is applied, and something of it does not work: a pod that crashes, a volume that is not bound."
        ),
        (.stuck, "It has been rolling out for too long."),
        (.rollingOut, "It is applied and not ready yet."),
        (.waiting, "It is about to be applied, or waits for a service that it needs."),
        (.drifted, "Somebody else changed it in the cluster; it is being put back."),
        (.held, "A person ordered that it stays at its release."),
        (.unknown, "The cluster does not answer, or nobody can tell."),
        (.healthy, "The cluster is as git says, and it works."),
        (.notHere, "It has no release in this environment."),
    ]
    let states = verdicts.map { verdict, meaning -> HTML in
        "<div><dt>\(verdict.badge.html)</dt><dd>\(meaning)</dd></div>"
    }
    let words: [(HTML, HTML?)] = [
        ("Release", "A version of a service with its image, recorded as a file that Jenkins commits."),
        ("Environment", "A branch of the config repository and a place in a cluster."),
        ("Promotion", "One commit that brings releases from one environment's branch to the next."),
        ("Waiting", "Releases of the environment before that have not come here. Counted in releases, not in commits."),
        ("Hotfix", "The environment has a release that the one before never had."),
        ("Config", "The release is the same, and only its configuration differs."),
        ("Hold", "An order that a service stays at its release, with a reason. A rollback makes one."),
        ("Sync", "One run from commit to cluster."),
        ("Drift", "The cluster differs from git, and git did not change."),
    ]
    let entries = DiagnosticCatalogue.entries.map { entry -> HTML in
        row(
            """
            \(rowHead("<a href=\"/help/errors/\(entry.code)\">\(entry.code)</a>"))\
            \(cell("Name", "<code>\(entry.name)</code>"))\
            \(cell("Means", "\(firstSentence(entry.explanation))"))
            """)
    }
    return Page(
        title: "Help", section: .none, commands: ["kubernaut help", "kubernaut help KN2201"],
        content: """
            <div class="headline"><h1>Help</h1><p class="dim">what these pages say, and what to do about it</p></div>
            \(card("States", id: "states", "<dl class=\"facts\">\(states)</dl>"))
            \(card("Words", id: "words", facts(words)))
            \(card("Codes of problems in files", id: "codes", table(caption: "Codes", columns: ["Code", "Name", "Means"], rows: entries)))
            """)
}

private func firstSentence(_ text: String) -> String {
    guard let end = text.firstRange(of: ". ") else { return text }
    return String(text[..<end.lowerBound]) + "."
}

/// `/help/errors/{code}`.
///
/// - Throws: `NotFound` with codes that may have been meant.
func helpOnErrorPage(_ code: String) throws(NotFound) -> Page {
    guard let entry = DiagnosticCatalogue.entry(code) else {
        let codes = DiagnosticCatalogue.entries.map(\.code)
        throw NotFound(
            near: nearNames(to: code.uppercased(), among: codes).map { ("/help/errors/\($0)", $0) }
                + [("/help#codes", "all codes")])
    }
    let switching: HTML =
        entry.isSwitchable
        ? """
        A warning\(entry.isOnByDefault ? "" : ", off unless switched on"). <code>kubernaut.yaml</code> switches it \
        \(entry.isOnByDefault ? "off" : "on"):</p>
        <pre tabindex="0">warnings:
          \(entry.name): \(entry.isOnByDefault ? "false" : "true")</pre><p>
        """ : "An error: what it is about is not applied until it is mended, and nothing of it is deleted."
    return Page(
        title: "\(entry.code), \(entry.name)", section: .none, commands: ["kubernaut help \(entry.code)"],
        content: """
            <div class="headline"><h1>\(entry.code)</h1><p class="dim">\(entry.name)</p></div>
            <section class="card prose" aria-label="Explanation"><p>\(entry.explanation)</p><p>\(switching)</p></section>
            <p><a href="/help#codes">All codes</a></p>
            """)
}

/// A code as a link to what it means, where anything is known of it.
func codeLink(_ code: String) -> HTML {
    DiagnosticCatalogue.entry(code) == nil
        ? "<code>\(code)</code>" : "<a href=\"/help/errors/\(code)\"><code>\(code)</code></a>"
}
