// SPDX-License-Identifier: Apache-2.0

import Domain

/// The filters of the first generation's lists: `service=cart`, or `service=value:ca,exact:false,not:true`; several values
/// in one mean any of them, a repeated parameter means all of them.
struct ListFilter: Sendable {
    private struct Condition: Sendable {
        var values: [String] = []
        var isExact = true
        var isNegated = false

        func holds(for text: String) -> Bool {
            let isMatch = values.contains { value in
                isExact ? value == text : text.lowercased().contains(value.lowercased())
            }
            return isMatch != isNegated
        }
    }

    private var conditions: [String: [Condition]] = [:]

    /// - Parameter fields: Which parameters are filters; others are left alone.
    init(rawQuery: String, fields: Set<String>) {
        for part in rawQuery.split(separator: "&").prefix(32) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, let name = percentDecoded(pair[0], plusIsSpace: true), fields.contains(name),
                let text = percentDecoded(pair[1], plusIsSpace: true), !text.isEmpty
            else { continue }
            conditions[name, default: []].append(Self.condition(text))
        }
    }

    private static func condition(_ text: String) -> Condition {
        guard text.hasPrefix("value:") || text.contains(",value:") else { return Condition(values: [text]) }
        var condition = Condition()
        for part in text.split(separator: ",") {
            let pair = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            switch pair[0] {
            case "value": condition.values.append(String(pair[1]))
            case "exact": condition.isExact = pair[1] != "false"
            case "not": condition.isNegated = pair[1] == "true"
            default: continue
            }
        }
        return condition
    }

    func holds(_ field: String, _ text: String) -> Bool {
        conditions[field]?.allSatisfy { $0.holds(for: text) } ?? true
    }
}

/// `limit` and `offset`, as integers or not at all.
struct ListPage: Sendable {
    let limit: Int
    let offset: Int

    init(_ query: Query) throws(ActionFailure) {
        limit = try Self.number("limit", query, missing: 50, 0...1000)
        offset = try Self.number("offset", query, missing: 0, 0...1_000_000)
    }

    private static func number(
        _ name: String, _ query: Query, missing: Int, _ range: ClosedRange<Int>
    ) throws(ActionFailure) -> Int {
        guard let text = query[name], !text.isEmpty else { return missing }
        guard let number = Int(text), number >= 0 else {
            throw ActionFailure(.badRequest, "\(name) must be an integer, 0 or more")
        }
        return min(number, range.upperBound)
    }

    /// The envelope of every list of the first generation.
    func envelope<Item>(_ all: [Item], _ json: (Item) -> Value) -> Value {
        ["limit": Value(limit), "offset": Value(offset), "count": Value(all.count), "items": items(all, json)]
    }

    func items<Item>(_ all: [Item], _ json: (Item) -> Value) -> Value {
        .list(all.dropFirst(offset).prefix(limit).map(json))
    }
}
