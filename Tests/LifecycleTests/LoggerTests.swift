// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Logging
import Testing

@Suite struct LoggerTests {
    private func lines(_ format: Logger.Format, _ body: (Logger) -> Void) -> String {
        let output = Lock<[UInt8]>([])
        let logger = Logger(
            format: format, now: { Instant(milliseconds: 1_500) },
            sink: { line in output.withLock { $0 += line } })
        body(logger)
        return String(decoding: output.withLock { $0 }, as: UTF8.self)
    }

    @Test("a line is one JSON object with its fields in order")
    func json() {
        let text = lines(.json) { $0.with(["environment": "dev"]).notice("applied \"it\"", ["objects": 3]) }
        #expect(
            text
                == #"{"time":"1970-01-01T00:00:01.500Z","level":"notice","message":"applied \"it\"","environment":"dev","objects":3}"#
                + "\n")
    }

    @Test("text quotes only what needs it, and no value can start a new line")
    func textForm() {
        let text = lines(.text) { $0.warning("fetch failed", ["url": "a", "error": "one\ntwo"]) }
        #expect(text == "1970-01-01T00:00:01Z warning fetch failed url=a error=\"one\\ntwo\"\n")
    }

    @Test("a line below the threshold is not written, and a secret never is")
    func thresholdAndSecrets() {
        let text = lines(.text) {
            $0.debug("quiet")
            $0.info("login", ["token": Secret("hunter2")])
        }
        #expect(text == "1970-01-01T00:00:01Z info login token=«redacted»\n")
    }
}
