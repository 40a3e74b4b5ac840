// SPDX-License-Identifier: Apache-2.0

import Domain

/// What no API server would take of objects that run pods.
enum WorkloadChecks {
    static func check(_ object: Value, kind: GroupVersionKind) -> [ObjectProblem] {
        guard let steps = Normalizer.podSpecPath(kind.kind) else { return [] }
        var problems = selector(object, kind)
        guard let spec = object.member(at: steps) else { return problems }
        for list in ["initContainers", "containers"] {
            for (index, container) in (spec[list]?.list ?? []).enumerated() {
                guard let resources = container["resources"] else { continue }
                problems += self.resources(resources) {
                    FieldPath(steps.map { .key($0) } + [.key(list), .index(index), .key("resources")])
                }
            }
        }
        return problems
    }

    /// A workload that would not find its own pods.
    private static func selector(_ object: Value, _ kind: GroupVersionKind) -> [ObjectProblem] {
        guard kind.group == "apps", let wanted = object[at: "spec", "selector", "matchLabels"]?.map else { return [] }
        let labels = object[at: "spec", "template", "metadata", "labels"]
        var path: FieldPath { FieldPath([.key("spec"), .key("selector"), .key("matchLabels")]) }
        return wanted.filter { labels?[$0.key] != $0.value }.map { entry in
            let has = labels?[entry.key]?.string.map { "has \(entry.key): \($0)" } ?? "has no \(entry.key)"
            return ObjectProblem(
                code: Codes.selectorMismatch,
                message: "the selector wants \(entry.key): \(entry.value.string ?? ""), but the pod template \(has)",
                path: path.appending(entry.key), hint: "the labels of spec.template must hold all of spec.selector")
        }
    }

    private static func resources(_ resources: Value, _ path: () -> FieldPath) -> [ObjectProblem] {
        var problems: [ObjectProblem] = []
        for part in ["requests", "limits"] {
            for entry in resources[part]?.map ?? Map() where Quantity.amount(entry.value) == nil {
                problems.append(
                    ObjectProblem(
                        code: Codes.badQuantity, message: "\(text(entry.value)) is no quantity of \(entry.key)",
                        path: path().appending(part).appending(entry.key), hint: Quantity.hint(entry.value)))
            }
        }
        for entry in resources["requests"]?.map ?? Map() {
            guard let limit = resources[at: "limits", entry.key], let most = Quantity.amount(limit),
                let request = Quantity.amount(entry.value), request > most
            else { continue }
            problems.append(
                ObjectProblem(
                    code: Codes.badQuantity,
                    message: "requests \(text(entry.value)) of \(entry.key), more than its limit \(text(limit))",
                    path: path().appending("requests").appending(entry.key)))
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
        let end = text.utf8.firstIndex { !isNumeric($0) } ?? text.endIndex
        guard let amount = plain(text[..<end]) else { return nil }
        let suffix = text[end...]
        if let factor = factor(suffix) { return amount * factor }
        // `1e3`: an exponent instead of a suffix.
        guard let letter = suffix.utf8.first, letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E"),
            let exponent = Int(suffix.dropFirst()), abs(exponent) <= 40
        else { return nil }
        return Double("1e\(exponent)").map { amount * $0 }
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func plain(_ text: Substring) -> Double? {
        let first = text.utf8.first
        let digits = first == UInt8(ascii: "+") || first == UInt8(ascii: "-") ? text.dropFirst() : text
        var (whole, hasDigits, points) = (0, false, 0)
        for byte in digits.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                hasDigits = true
                // Wraps around beyond 18 digits, where it is not used.
                whole = whole &* 10 &+ Int(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "."): points += 1
            default: return nil
            }
        }
        guard hasDigits, points <= 1 else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        if points == 0, digits.utf8.count <= 18 { return Double(isNegative ? -whole : whole) }
        let padded = (digits.first == "." ? "0" : "") + digits + (digits.last == "." ? "0" : "")
        return Double(padded).map { isNegative ? -$0 : $0 }
    }

    /// Nil for a suffix that there is not.
    private static func factor(_ suffix: Substring) -> Double? {
        switch suffix {
        case "": 1
        case "n": 1e-9
        case "u": 1e-6
        case "m": 1e-3
        case "k": 1e3
        case "M": 1e6
        case "G": 1e9
        case "T": 1e12
        case "P": 1e15
        case "E": 1e18
        case "Ki": 1024
        case "Mi": 1_048_576
        case "Gi": 1_073_741_824
        case "Ti": 1_099_511_627_776
        case "Pi": 1_125_899_906_842_624
        case "Ei": 1_152_921_504_606_846_976
        default: nil
        }
    }

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
