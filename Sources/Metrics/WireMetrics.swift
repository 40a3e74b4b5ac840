// SPDX-License-Identifier: Apache-2.0

extension Metric {
    public static let webhookDeliveries = Metric(
        "kubernaut_webhook_deliveries_total", .counter, labels: ["hook", "result"],
        help: "Deliveries of webhooks by what came of them.")
}
