// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import JSON

extension APIServer {
    /// One object in the form asked for.
    func answer(_ object: Value, _ call: Call, status: Int = 200, warnings: [String] = []) -> HTTPResponse {
        let shown = call.form == .table ? table([object], call, revision: nil, next: nil) : call.shown(object)
        return Self.json(shown, status: status, warnings: warnings)
    }

    func list(_ call: Call) throws(APIError) -> HTTPResponse {
        let target = call.target
        let filter = try call.filter()
        try checkListRevision(call)
        var (found, revision) = store.list(target.resource.id, namespace: target.namespace)
        found = found.filter(filter.matches).sorted { $0.key < $1.key }
        var next: String?
        var remaining: Int?
        let token = try call.query["continue"].flatMap { $0.isEmpty ? nil : $0 }.map(Continuation.init(token:))
        if let token {
            revision = token.revision
            found.removeAll { $0.key <= token.after }
        }
        if let limit = Int(call.query["limit"] ?? ""), limit > 0, found.count > limit {
            remaining = found.count - limit
            found = Array(found.prefix(limit))
            if let last = found.last { next = Continuation(revision: revision, after: last.key).token }
        }
        if call.form == .table {
            return Self.json(table(found, call, revision: revision, next: next, remaining: remaining))
        }
        return listAnswer(found, call, revision: revision, next: next, remaining: remaining)
    }

    /// Writes the list without first building one value of everything.
    private func listAnswer(
        _ found: [Value], _ call: Call, revision: Int64, next: String?, remaining: Int?
    ) -> HTTPResponse {
        var metadata: Value = ["resourceVersion": .string(String(revision))]
        if let next { metadata["continue"] = .string(next) }
        if let remaining, call.query["labelSelector"] ?? "" == "", call.query["fieldSelector"] ?? "" == "" {
            metadata["remainingItemCount"] = .integer(Int64(remaining))
        }
        let isPartial = call.form == .metadata
        let kind = isPartial ? "PartialObjectMetadataList" : "\(call.target.resource.kind)List"
        let apiVersion = isPartial ? "meta.k8s.io/v1" : call.target.groupVersion
        let head: Value = ["apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": metadata]
        var body = head.json()
        body.removeLast()
        body += ",\"items\":[".utf8
        for (index, object) in found.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            var shown = call.shown(object)
            // Items of a typed list carry no kind of their own, as in Go's lists.
            if !isPartial, !call.target.resource.isCustom {
                shown["kind"] = nil
                shown["apiVersion"] = nil
            }
            body += shown.json()
        }
        body += "]}".utf8
        return HTTPResponse(status: 200, headers: ["Content-Type": "application/json"], body: .bytes(body))
    }

    private func checkListRevision(_ call: Call) throws(APIError) {
        guard let text = call.query["resourceVersion"], !text.isEmpty, text != "0" else { return }
        guard let asked = Int64(text) else {
            throw .badRequest(
                "invalid resource version: resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing "
                    + "\"\(text)\": invalid syntax")
        }
        let current = store.revision
        guard asked > current else { return }
        var error = APIError(
            504, "Timeout", "Timeout: Too large resource version: \(asked), current: \(current)",
            details: [
                "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
                "retryAfterSeconds": 1,
            ])
        error.retryAfter = 1
        throw error
    }
}

/// Where the next page of a list starts.
struct Continuation: Sendable {
    let revision: Int64
    /// The last object of the page before.
    let after: ObjectKey

    init(revision: Int64, after: ObjectKey) {
        self.revision = revision
        self.after = after
    }

    /// - Throws: 400 for text that is no token.
    init(token: String) throws(APIError) {
        guard let bytes = Base64.standard.bytes(token), let value = try? parseJSON(bytes),
            let revision = value["rv"]?.integer, let namespace = value["namespace"]?.string,
            let name = value["name"]?.string
        else { throw .badRequest("invalid continue token: continue key is not valid") }
        self.init(revision: revision, after: ObjectKey(namespace: namespace, name: name))
    }

    var token: String {
        let value: Value = [
            "v": "meta.k8s.io/v1", "rv": .integer(revision), "namespace": .string(after.namespace),
            "name": .string(after.name),
        ]
        return Base64.standard.text(value.json())
    }
}
