// SPDX-License-Identifier: Apache-2.0

/// A body of `multipart/form-data` (RFC 7578), read strictly: what two readers could take for two things is refused.
struct Multipart: Sendable {
    struct Part: Sendable {
        let name: String
        /// Nil for a part that is no file.
        let fileName: String?
        /// Lower case, without parameters; nil when the part does not say.
        let type: String?
        let bytes: [UInt8]

        /// Nil when it is no UTF-8.
        var text: String? { String(validating: bytes, as: UTF8.self) }
    }

    struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    struct Limits: Sendable {
        var parts = 128
        /// Of the header lines of one part, together.
        var headBytes = 4096
        var nameBytes = 200

        init() {}
    }

    /// In the order they came.
    let parts: [Part]

    /// - Parameters:
    ///   - contentType: The whole field: `multipart/form-data; boundary=…`
    ///   - body: Bounded by whoever read it.
    init(_ body: [UInt8], contentType: String, limits: Limits = Limits()) throws(Problem) {
        let boundary = try Self.boundary(contentType)
        var reader = Reader(rest: body[...])
        let delimiter = Array("--\(boundary)".utf8)
        // RFC 2046 allows text before the first boundary; no client sends any.
        guard reader.take(delimiter) else { throw Problem("the body does not begin with its boundary") }
        var parts: [Part] = []
        while true {
            if reader.take("--") {
                guard reader.isBlank else { throw Problem("something comes after the last boundary") }
                self.parts = parts
                return
            }
            guard reader.take("\r\n") else { throw Problem("a boundary is not followed by a line break") }
            guard parts.count < limits.parts else { throw Problem("there are more than \(limits.parts) parts") }
            let head = try Self.head(&reader, limits)
            guard let content = reader.take(upTo: Array("\r\n".utf8) + delimiter) else {
                throw Problem("the last boundary is missing")
            }
            parts.append(
                Part(name: head.name, fileName: head.fileName, type: head.type, bytes: Array(content)))
        }
    }

    // MARK: Boundary

    /// RFC 2046, 5.1.1: 1 to 70 characters, not ending with a space.
    private static func boundary(_ contentType: String) throws(Problem) -> String {
        let (type, parameters) = try fields(contentType, what: "Content-Type")
        guard type.lowercased() == "multipart/form-data" else { throw Problem("this is no multipart/form-data") }
        guard let boundary = parameters["boundary"] else { throw Problem("Content-Type names no boundary") }
        let allowed = Set("'()+_,-./:=? ".utf8)
        let isGood = boundary.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || allowed.contains(byte)
        }
        guard isGood, (1...70).contains(boundary.utf8.count), !boundary.hasSuffix(" ") else {
            throw Problem("the boundary is not one")
        }
        return boundary
    }

    // MARK: Heads

    private struct Head {
        var name = ""
        var fileName: String?
        var type: String?
    }

    private static func head(_ reader: inout Reader, _ limits: Limits) throws(Problem) -> Head {
        var head = Head()
        var seen: Set<String> = []
        var size = 0
        while true {
            guard let line = reader.take(upTo: Array("\r\n".utf8)), reader.take("\r\n") else {
                throw Problem("a part's head does not end")
            }
            if line.isEmpty { break }
            size += line.count
            guard size <= limits.headBytes else { throw Problem("a part's head is too long") }
            guard let text = String(validating: line, as: UTF8.self), !text.utf8.contains(where: { $0 < 0x20 }),
                let colon = text.firstIndex(of: ":"), text.first?.isWhitespace == false
            else { throw Problem("a part's head holds a line that is no field") }
            let name = text[..<colon].lowercased()
            let value = text[text.index(after: colon)...].drop { $0 == " " }
            guard seen.insert(name).inserted else { throw Problem("a part says \(name) twice") }
            try read(name, String(value), into: &head, limits)
        }
        guard seen.contains("content-disposition") else { throw Problem("a part does not say its name") }
        return head
    }

    private static func read(_ field: String, _ text: String, into head: inout Head, _ limits: Limits) throws(Problem) {
        switch field {
        case "content-disposition":
            let (kind, parameters) = try fields(text, what: "Content-Disposition")
            guard kind.lowercased() == "form-data", let name = parameters["name"], !name.isEmpty else {
                throw Problem("a part is not form-data with a name")
            }
            guard name.utf8.count <= limits.nameBytes else { throw Problem("a part's name is too long") }
            // RFC 7578, 4.2: not to be used here, and a second name for one thing.
            guard parameters["filename*"] == nil else { throw Problem("a part has a filename*") }
            head.name = unescaped(name)
            head.fileName = parameters["filename"].map(unescaped)
        case "content-type": head.type = text.prefix { $0 != ";" && $0 != " " }.lowercased()
        case "content-transfer-encoding":
            guard ["binary", "8bit", "7bit"].contains(text.lowercased()) else {
                throw Problem("a part is encoded as \(text.prefix(40))")
            }
        default: break
        }
    }

    /// What browsers and curl write for characters that would end a name.
    private static func unescaped(_ text: String) -> String {
        text.replacing("%22", with: "\"").replacing("%0D", with: "\r").replacing("%0A", with: "\n")
    }

    /// `form-data; name="a"; filename="b"`: the word and its parameters, each once.
    private static func fields(
        _ text: String, what: String
    ) throws(Problem) -> (word: String, parameters: [String: String]) {
        var rest = Substring(text)
        let word = String(rest.prefix { $0 != ";" }).trimmed
        rest = rest.dropFirst(rest.prefix { $0 != ";" }.count)
        var parameters: [String: String] = [:]
        while !rest.isEmpty {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            if rest.isEmpty { break }
            let key = rest.prefix { $0 != "=" && $0 != ";" }
            rest = rest.dropFirst(key.count)
            guard rest.first == "=" else { throw Problem("\(what) holds a parameter without a value") }
            rest = rest.dropFirst()
            let value: String
            if rest.first == "\"" {
                guard let quoted = quoted(&rest) else { throw Problem("\(what) holds a quote that does not end") }
                value = quoted
            } else {
                let bare = rest.prefix { $0 != ";" }
                rest = rest.dropFirst(bare.count)
                value = String(bare).trimmed
            }
            rest = rest.drop { $0 == " " || $0 == "\t" }
            guard rest.isEmpty || rest.first == ";" else { throw Problem("\(what) cannot be read") }
            guard parameters.updateValue(value, forKey: key.lowercased().trimmed) == nil else {
                throw Problem("\(what) says \(key.prefix(40)) twice")
            }
        }
        return (word, parameters)
    }

    /// RFC 9110, 5.6.4.
    private static func quoted(_ rest: inout Substring) -> String? {
        rest = rest.dropFirst()
        var value = ""
        while let character = rest.popFirst() {
            if character == "\"" { return value }
            if character == "\\" {
                // Paths of old browsers hold lone backslashes; only these two need one.
                if let next = rest.first, next == "\"" || next == "\\" {
                    value.append(next)
                    rest = rest.dropFirst()
                    continue
                }
            }
            value.append(character)
        }
        return nil
    }
}

/// What is left of a body.
private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func take(_ bytes: [UInt8]) -> Bool {
        guard rest.starts(with: bytes) else { return false }
        rest = rest.dropFirst(bytes.count)
        return true
    }

    mutating func take(_ text: String) -> Bool { take(Array(text.utf8)) }

    /// Everything before the next `mark`, which is taken too unless it is a line break; nil when there is none.
    mutating func take(upTo mark: [UInt8]) -> ArraySlice<UInt8>? {
        guard let first = mark.first else { return nil }
        var start = rest.startIndex
        while let index = rest[start...].firstIndex(of: first) {
            if rest[index...].starts(with: mark) {
                let found = rest[..<index]
                // The head's reader takes its line breaks itself.
                rest = rest[(mark.count == 2 ? index : index + mark.count)...]
                return found
            }
            start = index + 1
        }
        return nil
    }

    /// Whether nothing but line breaks is left.
    var isBlank: Bool { rest.allSatisfy { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") } }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text.drop { $0 == " " || $0 == "\t" })
    }
}
