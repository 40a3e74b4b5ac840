import Domain
import Testing

@Suite struct InstantTests {
    @Test(
        "reads RFC 3339 and prints it in UTC",
        arguments: [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            ("2026-08-22T13:55:02Z", 1_787_406_902_000, "2026-08-22T13:55:02Z"),
            ("2026-08-22T15:55:02.129+02:00", 1_787_406_902_129, "2026-08-22T13:55:02Z"),
            ("2024-02-29t23:59:59z", 1_709_251_199_000, "2024-02-29T23:59:59Z"),  // leap day, lower case
            ("1969-12-31T23:59:59.500Z", -500, "1969-12-31T23:59:59Z"),  // before the epoch
        ])
    func reads(text: String, milliseconds: Int64, printed: String) throws {
        let instant = try #require(Instant(text))
        #expect(instant.milliseconds == milliseconds)
        #expect("\(instant)" == printed)
    }

    @Test(
        "refuses what is no RFC 3339 time",
        arguments: [
            "", "2026-08-22", "2026-08-22T13:55:02", "2026-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
            "2026-08-22T24:00:00Z", "2026-08-22T13:55:02.Z", "2026\r08\r22T13\u{1A}55\u{1A}02Z",
            "0000-01-01T00:00:00+01:00", "2026-08-22T13:55:02Zx", "２026-08-22T13:55:02Z",
        ])
    func refuses(text: String) { #expect(Instant(text) == nil) }

    @Test("every day of 800 years reads back as itself")
    func days() {
        for day in stride(from: Int64(-146_097), to: 146_097, by: 1) {
            let instant = Instant(seconds: day * 86_400)
            #expect(Instant("\(instant)") == instant)
        }
    }
}
