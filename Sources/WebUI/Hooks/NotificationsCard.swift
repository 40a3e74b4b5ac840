// SPDX-License-Identifier: Apache-2.0

import Domain

/// Who is told of failures and recoveries, and what could not be delivered.
func notificationsCard(_ sinks: [SinkStatus], _ context: PageContext) -> HTML {
    guard !sinks.isEmpty else {
        return card("Notifications", id: "notifications", "<p class=\"dim\">Nobody is told of anything.</p>")
    }
    let rows = sinks.map { sink -> HTML in
        let badge =
            sink.problem == nil
            ? Badge(icon: .healthy, word: "well").html : Badge(icon: .failed, word: "cannot be reached").html
        let reason: HTML? = sink.problem.map { "<div class=\"reason\">\($0)</div>" }
        return row(
            """
            \(rowHead("\(sink.name)"))\(cell("Kind", "\(sink.kind)"))\(cell("State", "\(badge)\(reason)"))\
            \(cell("Last delivery", sink.lastDeliveryAt.map { dateAndAge($0, at: context.now) } ?? "–"))\
            \(cell("Waiting", "\(sink.queued)"))\(cell("Delivered", "\(sink.delivered)"))\
            \(cell("Given up", "\(sink.deadCount)"))
            """)
    }
    let dead = sinks.flatMap { sink in sink.deadLetters.map { (sink.name, $0) } }.sorted { $0.1.at > $1.1.at }
    let deadRows = dead.prefix(20).map { name, letter -> HTML in
        row(
            """
            \(rowHead("\(name)"))\(cell("Given up", dateAndAge(letter.at, at: context.now)))\
            \(cell("Notice", "\(letter.summary)"))\(cell("Attempts", "\(letter.attempts)"))\
            \(cell("Reason", "\(letter.reason)"))
            """)
    }
    let deadTable: HTML =
        deadRows.isEmpty
        ? ""
        : table(
            caption: "Not delivered", columns: ["Receiver", "Given up", "Notice", "Attempts", "Reason"], rows: deadRows)
    let columns: [HTML] = ["Receiver", "Kind", "State", "Last delivery", "Waiting", "Delivered", "Given up"]
    return card(
        "Notifications", id: "notifications", "\(table(caption: "Receivers", columns: columns, rows: rows))\(deadTable)"
    )
}
