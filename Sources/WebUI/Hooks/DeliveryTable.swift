// SPDX-License-Identifier: Apache-2.0

import Domain
import Webhooks

/// "Does my webhook work?": the last deliveries of every hook.
func hooksCard(_ desk: HookDesk?, _ context: PageContext) -> HTML {
    guard let desk else {
        return card(
            "Webhooks", id: "hooks",
            "<p class=\"dim\">None is configured: pushes are found by looking every now and then.</p>")
    }
    let rows = desk.recent.prefix(50).map { delivery -> HTML in
        row(
            """
            \(rowHead("\(delivery.hook)"))\(cell("Received", dateAndAge(delivery.at, at: context.now)))\
            \(cell("Event", "\(delivery.event.isEmpty ? "–" : delivery.event)"))\
            \(cell("Delivery", "<code>\(delivery.id.isEmpty ? "–" : delivery.id)</code>"))\
            \(cell("Result", "\(badge(delivery.result)) <div class=\"reason\">\(delivery.detail)</div>"))
            """)
    }
    let names = desk.names.map { name -> HTML in "<code>/hooks/\(name)</code>" }.joined(", ")
    let list: HTML =
        rows.isEmpty
        ? "<p class=\"dim\">Nothing was received since this daemon started.</p>"
        : table(
            caption: "Last deliveries", columns: ["Hook", "Received", "Event", "Delivery", "Result"], rows: Array(rows))
    return card("Webhooks", id: "hooks", "<p>Listening at \(names)</p>\(list)")
}

private func badge(_ result: HookDelivery.Result) -> HTML {
    switch result {
    case .accepted, .pong: Badge(icon: .healthy, word: result.rawValue).html
    case .ignored, .duplicate: Badge(icon: .absent, word: result.rawValue).html
    case .refused, .unreadable, .unavailable: Badge(icon: .failed, word: result.rawValue).html
    }
}
