// SPDX-License-Identifier: Apache-2.0

import Metrics
import Testing

@Suite struct RegistryTests {
    @Test("counters, gauges and histograms print in Prometheus' text format")
    func text() {
        let registry = Registry()
        let requests = Metric("requests_total", .counter, labels: ["code"], help: "Requests.")
        let level = Metric("level", .gauge, help: "Level.")
        let seconds = Metric("seconds", .histogram([0.1, 1]), labels: ["verb"], help: "Time.")
        registry.increment(requests, ["a\"b\\\n"])
        registry.increment(requests, ["a\"b\\\n"], by: 2)
        registry.set(level, to: 1.5)
        for milliseconds in [50, 100, 500, 5000] { registry.observe(seconds, ["get"], .milliseconds(milliseconds)) }
        #expect(
            registry.text() == """
                # HELP level Level.
                # TYPE level gauge
                level 1.5
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{code="a\\"b\\\\\\n"} 3
                # HELP seconds Time.
                # TYPE seconds histogram
                seconds_bucket{verb="get",le="0.1"} 2
                seconds_bucket{verb="get",le="1.0"} 3
                seconds_bucket{verb="get",le="+Inf"} 4
                seconds_sum{verb="get"} 5.65
                seconds_count{verb="get"} 4

                """)
    }

    @Test("a cleared gauge is not printed until it is set again")
    func clears() {
        let registry = Registry()
        let gauge = Metric("gauge", .gauge, labels: ["name"], help: "G.")
        registry.set(gauge, ["old"], to: 1)
        registry.clear(gauge)
        #expect(registry.text().isEmpty)
    }
}
