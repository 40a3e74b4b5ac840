// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import JSON
import YAML

extension Call {
    /// Of the body, without parameters; JSON unless said.
    var mediaType: String {
        let type = (request.headers["Content-Type"] ?? "").split(separator: ";").first.map(\.trimmed) ?? ""
        return type.isEmpty ? "application/json" : type
    }
}

extension APIServer {
    /// The body as a tree, and the members it names twice.
    ///
    /// - Throws: 400 for what cannot be read, 415 for a form that is not spoken here.
    static func parse(_ call: Call) throws(APIError) -> (value: Value, duplicates: [String]) {
        let body = call.request.body
        let type = call.mediaType
        if type == ProtobufBody.mediaType, !call.target.resource.isCustom {
            guard let value = ProtobufBody.read(body, call.target.schema) else {
                throw .badRequest("the body is no protocol buffers message of kind \(call.target.resource.kind)")
            }
            return (value, [])
        }
        guard type.hasSuffix("json") || type.hasSuffix("yaml") else {
            throw APIError(
                415, "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json, "
                    + "application/yaml", details: [:])
        }
        do throws(JSONError) {
            let value = try parseJSON(body)
            return (value, DuplicateKeys.find(in: body))
        } catch {
            guard type.hasSuffix("yaml") else {
                throw .badRequest(
                    "the object provided is unrecognized (must be of type \(call.target.resource.kind)): \(error)")
            }
            return (try parseYAMLBody(body), [])
        }
    }

    private static func parseYAMLBody(_ body: [UInt8]) throws(APIError) -> Value {
        do throws(YAMLError) {
            return try parseYAMLValue(body)
        } catch {
            throw .badRequest("error decoding YAML: \(error)")
        }
    }
}

/// Finds members that one JSON object names twice. The document has been parsed before, so it is well formed.
enum DuplicateKeys {
    /// Paths such as `spec.template.name`, each once.
    static func find(in bytes: [UInt8]) -> [String] {
        var scanner = Scanner(bytes: bytes)
        scanner.value(path: "")
        return scanner.found
    }

    /// The paths in the order in which the document names them.
    static func sorted(_ paths: [String], asIn bytes: [UInt8]) -> [String] {
        guard paths.count > 1 else { return paths }
        var scanner = Scanner(bytes: bytes)
        scanner.value(path: "")
        let order = Dictionary(zip(scanner.paths, 0...)) { first, _ in first }
        return paths.sorted { order[$0, default: 0] < order[$1, default: 0] }
    }

    private struct Scanner {
        let bytes: [UInt8]
        var index = 0
        var paths: [String] = []
        var found: [String] = []

        mutating func value(path: String) {
            skipSpace()
            guard index < bytes.count else { return }
            switch bytes[index] {
            case UInt8(ascii: "{"): object(path)
            case UInt8(ascii: "["): array(path)
            case UInt8(ascii: "\""): _ = string()
            default:
                while index < bytes.count, !isEnd(bytes[index]) { index += 1 }
            }
        }

        private mutating func object(_ path: String) {
            index += 1
            var keys: Set<String> = []
            while true {
                skipSpace()
                guard index < bytes.count, bytes[index] != UInt8(ascii: "}") else { break }
                if bytes[index] == UInt8(ascii: ",") {
                    index += 1
                    continue
                }
                let key = string()
                let place = path.isEmpty ? key : "\(path).\(key)"
                paths.append(place)
                if !keys.insert(key).inserted, !found.contains(place) { found.append(place) }
                skipSpace()
                index += 1
                value(path: place)
            }
            index += 1
        }

        private mutating func array(_ path: String) {
            index += 1
            var position = 0
            while true {
                skipSpace()
                guard index < bytes.count, bytes[index] != UInt8(ascii: "]") else { break }
                if bytes[index] == UInt8(ascii: ",") {
                    index += 1
                    position += 1
                    continue
                }
                value(path: "\(path)[\(position)]")
            }
            index += 1
        }

        /// The raw text between quotes; escapes stay as written.
        private mutating func string() -> String {
            index += 1
            let start = index
            while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            let text = String(decoding: bytes[start..<min(index, bytes.count)], as: UTF8.self)
            index += 1
            return text
        }

        private mutating func skipSpace() {
            while index < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[index]) { index += 1 }
        }

        private func isEnd(_ byte: UInt8) -> Bool {
            [0x20, 0x09, 0x0a, 0x0d, UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(byte)
        }
    }
}
