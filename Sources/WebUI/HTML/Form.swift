// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain

/// The fields of a form or of a query, repeated names included, at most 4096.
struct Form: Sendable {
    let items: [(name: String, value: String)]

    /// - Parameter raw: `application/x-www-form-urlencoded`.
    init(_ raw: some StringProtocol) {
        items = raw.split(separator: "&").prefix(4096).compactMap { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(pair[0], plusIsSpace: true),
                let value = percentDecoded(pair.count == 2 ? pair[1] : "", plusIsSpace: true)
            else { return nil }
            return (name, value)
        }
    }

    init(body: [UInt8]) { self.init(String(decoding: body, as: UTF8.self)) }

    /// The first of that name; nil when there is none, or it is empty.
    subscript(name: String) -> String? { items.first { $0.name == name && !$0.value.isEmpty }?.value }

    func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    /// Nil when there is none; what is no name does not count.
    func name(_ key: String) -> Name? { self[key].flatMap { Name($0) } }

    /// A person's words: one line of at most 500 characters; nil when nothing is left.
    func words(_ key: String) -> String? {
        let words = (self[key] ?? "").split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        return words.isEmpty ? nil : String(words.prefix(500))
    }

    /// A moment in UTC as `<input type="datetime-local">` sends it, or as RFC 3339; nil when there is none.
    ///
    /// - Throws: `BadField` for anything else, and for what is over already.
    func end(_ key: String, now: Instant) throws(BadField) -> Instant? {
        guard let text = self[key] else { return nil }
        guard let moment = Instant(text) ?? Instant("\(text):00Z") ?? Instant("\(text)Z") else {
            throw BadField(key, "“\(text)” is no moment: write 2026-08-24T09:00, in UTC")
        }
        if moment <= now { throw BadField(key, "\(moment.forPeople) is over already; it is \(now.forPeople)") }
        return moment
    }
}

/// A field of a form that cannot be used.
struct BadField: Error, Sendable {
    let field: String
    /// One sentence without a full stop.
    let message: String

    init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}

/// Where a form's token and key come in when the page is sent. The page itself stays the same for as long as what it shows
/// does: a reader's browser need not load it again only because these are others each time.
enum FormSlot {
    // Nobody outside can write these into a text that a page shows.
    static let token = "form-token-\(hex(randomBytes(16)))"
    static let key = "form-key-\(hex(randomBytes(16)))"

    static func filled(_ page: String, from secret: [UInt8]?) -> String {
        guard holds(page, token) else { return page }
        let parts = page.replacing(token, with: secret.map { FormToken.make(from: $0) } ?? "").split(
            separator: key, omittingEmptySubsequences: false)
        // Each form has a key of its own.
        return parts.dropFirst().reduce(into: String(parts.first ?? "")) { text, part in
            text += hex(randomBytes(12)) + part
        }
    }

    /// Most pages have no form, and all are looked through: byte by byte, which is many times faster than by characters.
    private static func holds(_ page: String, _ mark: String) -> Bool {
        let mark = Array(mark.utf8)
        let found = page.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.indices.contains { bytes[$0] == mark[0] && bytes[$0...].starts(with: mark) }
        }
        return found ?? page.contains(String(decoding: mark, as: UTF8.self))
    }
}

extension String {
    /// The same encoded query. An escaped space would not survive the way through the login, which takes plain paths alone.
    var withPlusForSpaces: String { replacing("%20", with: "+") }
}

extension PageContext {
    /// What shows that a form was made here, for this reader.
    var tokenField: HTML { hidden("form_token", FormSlot.token) }

    /// The token, and a key by which a form that is sent twice is carried out once.
    var changeFields: HTML { "\(tokenField)\(hidden("key", FormSlot.key))" }
}

func hidden(_ name: StaticString, _ value: some CustomStringConvertible) -> HTML {
    "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\"/>"
}

/// The line in which a person says why.
func reasonField(_ value: String?, isRequired: Bool, problem: String? = nil) -> HTML {
    let hint: HTML = isRequired ? " <span class=\"dim\">(required)</span>" : ""
    let fault = problem.map { text -> HTML in "<span class=\"bad\" id=\"reason-problem\">\(text)</span>" }
    let described: HTML = problem == nil ? "" : " aria-invalid=\"true\" aria-describedby=\"reason-problem\""
    return """
        <label class="wide-field">Reason\(hint) <input name="reason" value="\(value ?? "")" maxlength="500" \
        autocomplete="off"\(isRequired ? " required=\"required\"" : "")\(described)/>\(fault)</label>
        """
}

/// When something ends by itself, in UTC.
func untilField(_ value: String?, problem: String? = nil) -> HTML {
    let fault = problem.map { text -> HTML in "<span class=\"bad\">\(text)</span>" }
    return """
        <label>until <input type="datetime-local" name="until" value="\(value ?? "")"/> \
        <span class="dim">UTC; empty: until somebody ends it</span>\(fault)</label>
        """
}
