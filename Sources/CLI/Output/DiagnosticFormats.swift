// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

extension DiagnosticReport {
    /// One document with counts and every problem.
    func json() -> Value {
        [
            "valid": .bool(errorCount == 0), "errors": .integer(Int64(errorCount)),
            "warnings": .integer(Int64(warningCount)), "items": .list(entries.map(item)),
        ]
    }

    private func item(_ entry: Entry) -> Value {
        let diagnostic = entry.diagnostic
        var item: Value = [
            "severity": .string(diagnostic.severity.rawValue), "code": .string(diagnostic.code),
            "message": .string(diagnostic.message), "file": .string(diagnostic.location.file),
            "line": .integer(Int64(diagnostic.location.line)), "column": .integer(Int64(diagnostic.location.column)),
            "hint": diagnostic.hint.map(Value.string) ?? .null,
            "services": .list(entry.services.map { .string($0.text) }),
            "environments": .list(entry.environments.map { .string($0.text) }),
        ]
        guard !authorship.changes.isEmpty else { return item }
        for (name, value) in LineChange.fields(authorship[diagnostic.location]) { item[name] = value }
        return item
    }

    /// Workflow commands that GitHub shows beside the lines of a pull request.
    func github() -> String {
        func escaped(_ text: String) -> String {
            text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
        }
        // In a property a colon and a comma would end it.
        func property(_ text: String) -> String {
            escaped(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
        }
        return entries.map { entry in
            let diagnostic = entry.diagnostic
            var place = "file=\(property(diagnostic.location.file))"
            if diagnostic.location.line > 0 { place += ",line=\(diagnostic.location.line)" }
            if diagnostic.location.column > 0 { place += ",col=\(diagnostic.location.column)" }
            let who = authorship[diagnostic.location].map { " (changed by \($0.words))" } ?? ""
            let text = diagnostic.message + (diagnostic.hint.map { "; \($0)" } ?? "") + who
            return "::\(diagnostic.severity.rawValue) \(place),title=\(diagnostic.code)::\(escaped(text))\n"
        }.joined()
    }

    /// JUnit's XML as Jenkins reads it: one case per service and environment, with its errors as failures.
    func junit(_ renderings: [Rendering]) -> String {
        var suites = ""
        let shared = entries.filter { $0.environments.isEmpty && $0.diagnostic.severity == .error }
        if !shared.isEmpty { suites += Self.suite("repository", [("kubernaut.yaml", shared)]) }
        for rendering in renderings {
            let name = rendering.environment.name
            let own = entries.filter { $0.environments.contains(name) && $0.diagnostic.severity == .error }
            var cases = rendering.services.map { service in
                (service.name.text, own.filter { $0.services.contains(service.name) })
            }
            let general = own.filter(\.services.isEmpty)
            if !general.isEmpty { cases.insert(("environment", general), at: 0) }
            suites += Self.suite(name.text, cases)
        }
        return
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kubernaut validate\">\n\(suites)</testsuites>\n"
    }

    private static func suite(_ name: String, _ cases: [(String, [Entry])]) -> String {
        let failures = cases.count { !$0.1.isEmpty }
        var text = "  <testsuite name=\"\(xml(name))\" tests=\"\(cases.count)\" failures=\"\(failures)\">\n"
        for (title, entries) in cases {
            text += "    <testcase classname=\"\(xml(name))\" name=\"\(xml(title))\""
            guard !entries.isEmpty else {
                text += "/>\n"
                continue
            }
            text += ">\n"
            for entry in entries {
                let diagnostic = entry.diagnostic
                text += "      <failure type=\"\(xml(diagnostic.code))\" message=\"\(xml(diagnostic.message))\">"
                text += "\(xml(diagnostic.description))</failure>\n"
            }
            text += "    </testcase>\n"
        }
        return text + "  </testsuite>\n"
    }

    /// XML 1.0 knows no escapes for most control characters: they become the replacement character.
    private static func xml(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "\n", "\t": output += "&#\(scalar.value);"
            case "\u{0}"..."\u{1f}", "\u{fffe}", "\u{ffff}": output += "\u{fffd}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    /// SARIF 2.1.0, for code scanning.
    func sarif() -> Value {
        let codes = Set(entries.map(\.diagnostic.code)).sorted()
        let rules: [Value] = codes.map { code in
            [
                "id": .string(code),
                "help": ["text": .string(explanation(ofCode: code) ?? "kubernaut help \(code)")],
            ]
        }
        let results: [Value] = entries.map { entry in
            let diagnostic = entry.diagnostic
            var place: Value = ["artifactLocation": ["uri": .string(Self.uri(diagnostic.location.file))]]
            if diagnostic.location.line > 0 {
                var region: Value = ["startLine": .integer(Int64(diagnostic.location.line))]
                if diagnostic.location.column > 0 {
                    region["startColumn"] = .integer(Int64(diagnostic.location.column))
                }
                place["region"] = region
            }
            let text = diagnostic.message + (diagnostic.hint.map { "; \($0)" } ?? "")
            return [
                "ruleId": .string(diagnostic.code), "level": .string(diagnostic.severity.rawValue),
                "message": ["text": .string(text)], "locations": [["physicalLocation": place]],
            ]
        }
        let driver: Value = [
            "name": "kubernaut", "version": .string(kubernautVersion), "rules": .list(rules),
        ]
        return [
            "version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "runs": [
                ["tool": ["driver": driver], "columnKind": "unicodeCodePoints", "results": .list(results)]
            ],
        ]
    }

    /// A path as a relative reference of RFC 3986.
    private static func uri(_ path: String) -> String {
        var output = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                output.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                output += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return output
    }
}
