// SPDX-License-Identifier: Apache-2.0

import Changes
import Crypto
import Domain
import HTTPClient
import JSON

/// A release handed to a running kubernaut, which commits it: `POST /api/releases` as multipart/form-data.
///
/// The parts: `service`, `version`, `image`, the file `template` when one comes along, each further value under its own
/// name, and what else a record holds as `images.<name>`, `build.number`, `source.commit`, `releasedBy`, `note`, …
struct ReleasePost: Sendable {
    let request: ReleaseRequest

    /// - Returns: What the server says about it, the `id` it gave the release at least.
    func send(with client: ServerClient, _ invocation: Invocation) async throws -> Value {
        let boundary = "kubernaut-\(hex(randomBytes(16)))"
        invocation.console.note("posting \(request.record.service) \(request.record.version) to \(client.server)")
        let response = try await client.send(
            "POST", "/api/releases", headers: ["Content-Type": "multipart/form-data; boundary=\(boundary)"],
            body: Self.multipart(parts, boundary), timeout: try invocation.duration("timeout") ?? .seconds(120))
        guard (200..<300).contains(response.status) else {
            throw client.refusal(response, purpose: "release this service")
        }
        guard let answer = try? parseJSON(response.body), answer["id"]?.string != nil else {
            throw CommandError(
                .failed, "\(client.server)/api/releases answered \(response.status) without an id",
                hint: "is it a kubernaut?")
        }
        return answer
    }

    // MARK: The request

    private struct Part {
        let name: String
        let bytes: [UInt8]
        var file: (name: String, type: String)?
        /// Nil for plain text.
        var type: String?

        init(_ name: String, _ value: Value) {
            self.init(name, value.string ?? value.jsonText())
            switch value {
            case .map, .list: type = "application/json"
            default: break
            }
        }

        init(_ name: String, _ text: String) {
            self.name = name
            bytes = Array(text.utf8)
        }

        init(_ template: ReleaseRequest.Template) {
            name = "template"
            bytes = template.bytes
            file =
                template.format == .json
                ? ("kubernetes.json", "application/json") : ("kubernetes.yaml", "application/yaml")
        }
    }

    private var parts: [Part] {
        let record = request.record
        var parts = [
            Part("service", record.service.text), Part("version", record.version), Part("image", record.image),
        ]
        for (name, image) in record.images.sorted(by: { $0.key < $1.key }) {
            parts.append(Part("images.\(name)", image))
        }
        for entry in request.values {
            parts.append(Part(entry.key, entry.value))
        }
        let facts: [(String, String?)] = [
            ("build.number", record.build?.number.map { "\($0)" }), ("build.url", record.build?.url),
            ("build.job", record.build?.job), ("source.url", record.source?.url),
            ("source.branch", record.source?.branch), ("source.commit", record.source?.commit),
            ("source.message", record.source?.message), ("source.author", record.source?.author),
            ("releasedBy", record.releasedBy), ("note", record.note),
            ("onlyIfNewer", request.isOnlyIfNewer ? "true" : nil), ("new", request.mayBeNew ? "true" : nil),
        ]
        parts += facts.compactMap { name, text in text.map { Part(name, $0) } }
        if let template = request.template { parts.append(Part(template)) }
        return parts
    }

    private static func multipart(_ parts: [Part], _ boundary: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            // RFC 7578, 5.1, and the WHATWG form encoding: what would end the name is escaped.
            let name = part.name.replacing("\"", with: "%22").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
            var head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\""
            if let file = part.file { head += "; filename=\"\(file.name)\"\r\nContent-Type: \(file.type)" }
            if let type = part.type { head += "\r\nContent-Type: \(type)" }
            bytes += Array("\(head)\r\n\r\n".utf8) + part.bytes + Array("\r\n".utf8)
        }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }
}
