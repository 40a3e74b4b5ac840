// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import JSON

/// The object that a request brings. What is not known is refused: a misspelt `dryRun` must not do the thing.
struct JSONBody: Sendable {
    let map: Map

    /// - Parameter known: The keys that may be there; nil for any.
    init(_ request: HTTPRequest, known: Set<String>?) throws(ActionFailure) {
        let value: Value
        do throws(JSONError) {
            value = try parseJSON(request.body, depth: 32)
        } catch {
            throw ActionFailure(.badRequest, "the body is no JSON: \(error)", hint: "send an object, as UTF-8")
        }
        guard let map = value.map else { throw ActionFailure(.badRequest, "the body is no JSON object") }
        self.map = map
        guard let known else { return }
        for key in map.keys where !known.contains(key) {
            throw ActionFailure(
                .badRequest, "there is no field \"\(key.prefix(60))\" here",
                hint: didYouMean(key, in: known.sorted()) ?? "there are \(known.sorted().joined(separator: ", "))")
        }
    }

    private func value(_ key: String) -> Value? {
        if let value = map[key], value != .null { value } else { nil }
    }

    /// Nil when it is not there, or null.
    func text(_ key: String, limit: Int = 2000) throws(ActionFailure) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else { throw ActionFailure(.badRequest, "\(key) must be a text") }
        guard text.utf8.count <= limit else {
            throw ActionFailure(.badRequest, "\(key) is longer than \(limit) bytes")
        }
        return text
    }

    func required(_ key: String) throws(ActionFailure) -> String {
        guard let text = try text(key), !text.isEmpty else { throw ActionFailure(.badRequest, "\(key) is required") }
        return text
    }

    /// False when it is not there.
    func flag(_ key: String, default missing: Bool = false) throws(ActionFailure) -> Bool {
        guard let value = value(key) else { return missing }
        guard let flag = value.bool else { throw ActionFailure(.badRequest, "\(key) must be true or false") }
        return flag
    }

    func name(_ key: String) throws(ActionFailure) -> Name? {
        guard let text = try text(key) else { return nil }
        return try Self.name(text, key)
    }

    func requiredName(_ key: String) throws(ActionFailure) -> Name { try Self.name(try required(key), key) }

    /// Nil when it is not there; never empty.
    func names(_ key: String) throws(ActionFailure) -> [Name]? {
        guard let value = value(key) else { return nil }
        guard let list = value.list, !list.isEmpty, list.count <= 1000 else {
            throw ActionFailure(.badRequest, "\(key) must be a list of names")
        }
        var names: [Name] = []
        for item in list { names.append(try Self.name(item.string ?? "", key)) }
        return names
    }

    /// Nil when it is not there.
    func instant(_ key: String) throws(ActionFailure) -> Instant? {
        guard let text = try text(key) else { return nil }
        guard let instant = Instant(text) ?? Instant("\(text)T00:00:00Z") else {
            throw ActionFailure(.badRequest, "\(key) must be a time such as 2026-08-24T06:00:00Z")
        }
        return instant
    }

    static func name(_ text: String, _ key: String) throws(ActionFailure) -> Name {
        guard let name = Name(text) else {
            throw ActionFailure(
                .badRequest, "\(key) must be a name, not \"\(text.prefix(80))\"",
                hint: "lower-case letters, digits and hyphens, at most 63")
        }
        return name
    }
}
