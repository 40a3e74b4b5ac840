// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@Suite struct DurationTests {
    @Test(
        "reads what people write",
        arguments: [
            ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1m30s", .seconds(90)),
            ("2h", .seconds(7200)), ("7d", .seconds(604_800)), ("0s", .zero),
        ] as [(String, Duration)])
    func reads(text: String, duration: Duration) { #expect(Duration(text: text) == duration) }

    @Test(
        "refuses what has no unit or is no duration",
        arguments: ["", "30", "s", "-5s", "1.5s", "5 s", "5x", "99999999999999s", "5s "])
    func refuses(text: String) { #expect(Duration(text: text) == nil) }

    @Test(
        "prints coarsely",
        arguments: [
            (.milliseconds(12), "12 ms"), (.seconds(59), "59 s"), (.seconds(60), "1 min"), (.seconds(7199), "1 h"),
            (.seconds(172_799), "47 h"), (.seconds(172_800), "2 d"),
        ] as [(Duration, String)])
    func prints(duration: Duration, text: String) { #expect(duration.short == text) }
}
