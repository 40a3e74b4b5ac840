// SPDX-License-Identifier: Apache-2.0

extension Metric {
    public static let webhookDeliveries = Metric(
        "kubernaut_webhook_deliveries_total", .counter, labels: ["hook", "result"],
        help: "Deliveries of webhooks by what came of them.")
    public static let notifications = Metric(
        "kubernaut_notifications_total", .counter, labels: ["sink", "result"],
        help: "Attempts to deliver notices by what came of them.")
    public static let notificationsQueued = Metric(
        "kubernaut_notifications_queued", .gauge, labels: ["sink"], help: "Notices that wait to be delivered.")
    public static let certificateFailures = Metric(
        "kubernaut_tls_reload_failures_total", .counter,
        help: "Certificates that were not taken because they could not be used.")
    public static let certificateExpiry = Metric(
        "kubernaut_tls_certificate_expiry_timestamp_seconds", .gauge, help: "When the certificate of the pages ends.")
    public static let liveStreams = Metric(
        "kubernaut_live_streams", .gauge, help: "Open pages that are told of changes.")
}
