// SPDX-License-Identifier: Apache-2.0

import Domain

/// What no API server would take of objects that run pods.
enum WorkloadChecks {
    static func check(_ object: Value, kind: GroupVersionKind) -> [ObjectProblem] {
        guard let steps = Normalizer.podSpecPath(kind.kind) else { return [] }
        let path = FieldPath(steps.map { .key($0) })
        var problems = selector(object, kind)
        for list in ["initContainers", "containers"] {
            for (index, container) in (object[path]?[list]?.list ?? []).enumerated() {
                let place = path.appending(list).appending(index).appending("resources")
                problems += resources(container["resources"], place)
            }
        }
        return problems
    }

    /// A workload that would not find its own pods.
    private static func selector(_ object: Value, _ kind: GroupVersionKind) -> [ObjectProblem] {
        guard kind.group == "apps", let wanted = object[at: "spec", "selector", "matchLabels"]?.map else { return [] }
        let labels = object[at: "spec", "template", "metadata", "labels"]
        let path = FieldPath([.key("spec"), .key("selector"), .key("matchLabels")])
        return wanted.filter { labels?[$0.key] != $0.value }.map { entry in
            let has = labels?[entry.key]?.string.map { "has \(entry.key): \($0)" } ?? "has no \(entry.key)"
            return ObjectProblem(
                code: Codes.selectorMismatch,
                message: "the selector wants \(entry.key): \(entry.value.string ?? ""), but the pod template \(has)",
                path: path.appending(entry.key), hint: "the labels of spec.template must hold all of spec.selector")
        }
    }

    private static func resources(_ resources: Value?, _ path: FieldPath) -> [ObjectProblem] {
        var problems: [ObjectProblem] = []
        var amounts: [String: [String: Double]] = [:]
        for part in ["requests", "limits"] {
            for entry in resources?[part]?.map ?? Map() {
                if let amount = Quantity.amount(entry.value) {
                    amounts[part, default: [:]][entry.key] = amount
                    continue
                }
                problems.append(
                    ObjectProblem(
                        code: Codes.badQuantity, message: "\(text(entry.value)) is no quantity of \(entry.key)",
                        path: path.appending(part).appending(entry.key), hint: Quantity.hint(entry.value)))
            }
        }
        for (name, request) in (amounts["requests"] ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let limit = amounts["limits"]?[name], request > limit else { continue }
            let asked = resources?["requests"]?[name].map(text) ?? ""
            problems.append(
                ObjectProblem(
                    code: Codes.badQuantity,
                    message:
                        "requests \(asked) of \(name), more than its limit \(resources?["limits"]?[name].map(text) ?? "")",
                    path: path.appending("requests").appending(name)))
        }
        return problems
    }

    private static func text(_ value: Value) -> String { Expander.text(of: value) ?? "a \(value.kindName)" }
}

/// Amounts as Kubernetes writes them: `250m`, `1.5`, `64Mi`, `1e3` (`k8s.io/apimachinery/pkg/api/resource`).
enum Quantity {
    /// Nil when `value` is none. Near enough for comparing, not for counting.
    static func amount(_ value: Value) -> Double? {
        guard let text = Expander.text(of: value), value.bool == nil, !value.isNull else { return nil }
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "+" || $0 == "-") }
        guard let amount = plain(number) else { return nil }
        let suffix = String(text.dropFirst(number.count))
        if let factor = factors[suffix] { return amount * factor }
        // `1e3`: an exponent instead of a suffix.
        guard let letter = suffix.first, letter == "e" || letter == "E", let exponent = Int(suffix.dropFirst()),
            abs(exponent) <= 40
        else { return nil }
        return Double("1e\(exponent)").map { amount * $0 }
    }

    private static func plain(_ text: Substring) -> Double? {
        let digits = text.first == "+" || text.first == "-" ? text.dropFirst() : text
        guard digits.contains(where: \.isNumber), digits.allSatisfy({ $0.isNumber || $0 == "." }),
            digits.count(where: { $0 == "." }) <= 1
        else { return nil }
        let padded = (digits.first == "." ? "0" : "") + digits + (digits.last == "." ? "0" : "")
        return Double(padded).map { text.first == "-" ? -$0 : $0 }
    }

    private static let factors: [String: Double] = [
        "": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
        "Ki": 1024, "Mi": 1_048_576, "Gi": 1_073_741_824, "Ti": 1_099_511_627_776, "Pi": 1_125_899_906_842_624,
        "Ei": 1_152_921_504_606_846_976,
    ]

    /// What people write who mean something else.
    static func hint(_ value: Value) -> String {
        guard let text = value.string else { return "write it as 250m, 0.5 or 64Mi" }
        for (wrong, right) in [
            ("KB", "k"), ("MB", "M"), ("GB", "G"), ("KiB", "Ki"), ("MiB", "Mi"), ("GiB", "Gi"), ("K", "k"), ("g", "G"),
        ]
        where text.hasSuffix(wrong) {
            let number = text.dropLast(wrong.count).filter { $0 != " " }
            if plain(number[...]) != nil { return "write \(number)\(right)" }
        }
        return text.contains(" ") ? "leave the space out" : "write it as 250m, 0.5 or 64Mi"
    }
}
