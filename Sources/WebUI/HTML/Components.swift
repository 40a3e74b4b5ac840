// SPDX-License-Identifier: Apache-2.0

import Domain

/// A state as people see it everywhere: shape, word, color class.
struct Badge {
    let icon: Icon
    let word: String

    /// Names the color in the style sheet.
    var tone: String {
        switch icon {
        case .failed, .unhealthy, .stuck: "bad"
        case .rolling: "busy"
        case .waiting, .drifted: "warn"
        case .held: "held"
        case .unknown, .absent: "dim"
        case .healthy: "good"
        }
    }

    var html: HTML { "<span class=\"b \(tone)\">\(icon.image) \(word)</span>" }

    /// With a number before the word: `3 Healthy`.
    func counted(_ count: Int) -> HTML { "<span class=\"b \(tone)\">\(icon.image) \(count) \(word)</span>" }
}

extension Verdict {
    var badge: Badge { Badge(icon: icon, word: rawValue) }

    private var icon: Icon {
        switch self {
        case .failed: .failed
        case .unhealthy: .unhealthy
        case .stuck: .stuck
        case .rollingOut: .rolling
        case .waiting: .waiting
        case .drifted: .drifted
        case .held: .held
        case .unknown: .unknown
        case .healthy: .healthy
        case .notHere: .absent
        }
    }

    /// Whether a person should look at it now.
    var isProblem: Bool { severity <= Verdict.stuck.severity }
}

extension HealthStatus {
    var badge: Badge {
        switch self {
        case .healthy: Badge(icon: .healthy, word: "Healthy")
        case .suspended: Badge(icon: .held, word: "Suspended")
        case .progressing: Badge(icon: .rolling, word: "Progressing")
        case .terminating: Badge(icon: .rolling, word: "Terminating")
        case .missing: Badge(icon: .waiting, word: "Missing")
        case .degraded: Badge(icon: .unhealthy, word: "Degraded")
        case .unknown: Badge(icon: .unknown, word: "Unknown")
        }
    }
}

extension Outcome {
    var badge: Badge {
        switch self {
        case .succeeded: Badge(icon: .healthy, word: "Succeeded")
        case .incomplete: Badge(icon: .unhealthy, word: "Incomplete")
        case .failed: Badge(icon: .failed, word: "Failed")
        case .stopped: Badge(icon: .held, word: "Stopped")
        }
    }
}

extension Action {
    var badge: Badge {
        switch self {
        case .created: Badge(icon: .healthy, word: "created")
        case .configured: Badge(icon: .rolling, word: "configured")
        case .unchanged: Badge(icon: .absent, word: "unchanged")
        case .deleted: Badge(icon: .drifted, word: "deleted")
        case .skipped: Badge(icon: .held, word: "skipped")
        case .failed: Badge(icon: .failed, word: "failed")
        }
    }
}

extension Position {
    /// What stands in the gap between two environments; nil when there is nothing to say.
    var gap: (short: String, long: String)? {
        switch self {
        case .inStep, .absent: nil
        case .behind(1): ("1", "1 release waits")
        case .behind(let count): ("\(count)", "\(count) releases wait")
        case .ahead: ("hotfix", "ahead: a hotfix")
        case .differs: ("config", "only configuration differs")
        }
    }
}

// MARK: - time

enum Age {
    /// Coarse on purpose: a page whose facts did not change stays the same for as long as possible.
    static func text(of moment: Instant, at now: Instant) -> String {
        let seconds = now.since(moment).components.seconds
        switch seconds {
        case ..<60: return "just now"
        case ..<3600: return "\(seconds / 60) min"
        case ..<(48 * 3600): return "\(seconds / 3600) h"
        case ..<(60 * 86_400): return "\(seconds / 86_400) d"
        case ..<(730 * 86_400): return "\(seconds / (30 * 86_400)) months"
        default: return "\(seconds / (365 * 86_400)) years"
        }
    }
}

extension Instant {
    /// `2026-08-22 13:55 UTC`.
    var forPeople: String {
        let text = description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }
}

func age(_ moment: Instant?, at now: Instant) -> HTML? {
    moment.map { "<time datetime=\"\($0)\" title=\"\($0.forPeople)\">\(Age.text(of: $0, at: now))</time>" }
}

func dateAndAge(_ moment: Instant, at now: Instant) -> HTML {
    "<time datetime=\"\(moment)\">\(moment.forPeople)</time> <span class=\"dim\">\(Age.text(of: moment, at: now))</span>"
}

func text(of duration: Duration) -> String {
    let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    switch milliseconds {
    case ..<0: return "–"
    case ..<1000: return "\(milliseconds) ms"
    case ..<60_000: return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    default: return "\(milliseconds / 60_000) min \(milliseconds / 1000 % 60) s"
    }
}

// MARK: - links

func commitText(_ commit: CommitID?) -> HTML {
    guard let commit else { return "<span class=\"dim\">–</span>" }
    return "<code title=\"\(commit)\">\(commit.short)</code>"
}

/// The reference with its digest cut to what people compare; the whole is in the title.
func imageText(_ image: String) -> HTML {
    guard let at = image.firstRange(of: "@sha256:") else { return "<code class=\"image\">\(image)</code>" }
    return
        "<code class=\"image\" title=\"\(image)\">\(image[..<at.upperBound])\(image[at.upperBound...].prefix(12))…</code>"
}

func serviceLink(_ name: Name) -> HTML { "<a href=\"/services/\(name)\">\(name)</a>" }
func environmentLink(_ name: Name) -> HTML { "<a href=\"/envs/\(name)\">\(name)</a>" }

/// A service's diagnostics, or an environment's: place, code, sentence, what to do.
func diagnosticList(_ diagnostics: [Diagnostic]) -> HTML {
    let items = diagnostics.map { diagnostic -> HTML in
        let badge =
            diagnostic.severity == .error ? Badge(icon: .failed, word: "error") : Badge(icon: .drifted, word: "warning")
        return """
            <li>\(badge.html) \(codeLink(diagnostic.code)) \(diagnostic.message)\
            <div class="place"><code>\(diagnostic.location)</code>\
            \(diagnostic.service.map { " · \(serviceLink($0))" } as HTML?)</div>\
            \(diagnostic.hint.map { "<div class=\"hint\">\($0)</div>" } as HTML?)</li>
            """
    }
    return diagnostics.isEmpty ? "" : "<ul class=\"diagnostics\">\(items)</ul>"
}

/// A box with a title. `id` is a constant of ours.
func card(_ title: HTML, id: StaticString, aside: HTML = "", _ content: HTML) -> HTML {
    let id = id.description
    return """
        <section class="card"><div class="card-head"><h2 id="\(id)">\(title)</h2>\(aside)</div>
        \(content)</section>

        """
}

/// Rows of name and value.
func facts(_ rows: [(HTML, HTML?)]) -> HTML {
    let items = rows.compactMap { row -> HTML? in row.1.map { "<div><dt>\(row.0)</dt><dd>\($0)</dd></div>" } }
    return "<dl class=\"facts\">\(items)</dl>"
}

func table(caption: HTML, columns: [HTML], rows: [HTML], kind: StaticString = "") -> HTML {
    let heads = columns.map { column -> HTML in "<th scope=\"col\" role=\"columnheader\">\(column)</th>" }
    return """
        <div class="scroll" role="region" aria-label="\(caption)" tabindex="0">\
        <table class="data \(kind)" role="table"><caption class="hidden">\(caption)</caption>
        <thead role="rowgroup"><tr role="row">\(heads)</tr></thead>
        <tbody role="rowgroup">\(rows)</tbody></table></div>
        """
}

/// A cell that knows its column's name, for narrow screens where rows become cards.
func cell(_ label: StaticString, _ content: HTML, kind: StaticString = "") -> HTML {
    "<td role=\"cell\" data-label=\"\(label)\" class=\"\(kind)\"><div>\(content)</div></td>"
}

func rowHead(_ content: HTML) -> HTML { "<th scope=\"row\" role=\"rowheader\">\(content)</th>" }
func row(_ cells: HTML) -> HTML { "<tr role=\"row\">\(cells)</tr>\n" }

/// Ways to the pages before and after, by `page=` in the address; nothing when there is one page alone.
func pager(_ page: Int, of count: Int, _ context: PageContext) -> HTML {
    guard count > 1 else { return "" }
    func link(_ page: Int, _ text: HTML) -> HTML {
        (1...count).contains(page)
            ? "<a href=\"\(context.path)\(context.query.with("page", "\(page)").text)\">\(text)</a>"
            : "<span class=\"dim\">\(text)</span>"
    }
    return """
        <nav class="pager" aria-label="Pages">\(link(page - 1, "Previous page")) \
        <span>Page \(page) of \(count)</span> \(link(page + 1, "Next page"))</nav>
        """
}
