// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import HTTPServer
import JSON
import Lifecycle

/// A release as it was posted, in any of the forms that clients have used: `multipart/form-data` with a file `template`
/// and text parts, the same in capitals, JSON `{template, image}`, and a whole record as JSON.
struct ReleasePosting: Sendable {
    let request: ReleaseRequest

    private static let recordKeys: Set<String> = [
        "service", "version", "image", "images", "build", "source", "releasedBy", "note", "values", "template",
        "templateFormat", "onlyIfNewer", "new", "environment",
    ]

    /// What was read, before it is a record.
    private struct Draft {
        var service: String?
        var version: String?
        var image: String?
        var images: [String: String] = [:]
        /// By the names that records use: `build.number`, `source.commit`.
        var facts: [String: String] = [:]
        var values = Value.map(Map())
        var template: [UInt8]?
        var isJSONTemplate = false
        var isOnlyIfNewer = false
        var mayBeNew = false
        /// Whether what is missing may be taken from the image, as the first tool did.
        var isDerived = false
    }

    /// - Parameters:
    ///   - caller: Who released it, when the posting does not say.
    /// - Throws: `ActionFailure` `.badRequest`, with the texts that clients of old know.
    init(_ http: HTTPRequest, by caller: String, at now: Instant) throws(ActionFailure) {
        let type = http.headers["Content-Type"] ?? ""
        let kind = type.prefix { $0 != ";" && $0 != " " }.lowercased()
        let draft: Draft
        switch kind {
        case "multipart/form-data": draft = try Self.multipart(http, type)
        case "application/json": draft = try Self.json(http)
        default:
            throw ActionFailure(
                .badRequest, "a release comes as multipart/form-data or application/json, not \(type.prefix(80))")
        }
        request = try Self.request(draft, by: caller, at: now)
    }

    // MARK: Forms

    private static func multipart(_ http: HTTPRequest, _ type: String) throws(ActionFailure) -> Draft {
        let parts: [Multipart.Part]
        do throws(Multipart.Problem) {
            parts = try Multipart(http.body, contentType: type).parts
        } catch {
            throw ActionFailure(.badRequest, "the form cannot be read: \(error)")
        }
        var draft = Draft()
        var seen: Set<String> = []
        for part in parts {
            guard seen.insert(part.name).inserted else {
                throw ActionFailure(.badRequest, "the form has two parts \"\(part.name.prefix(60))\"")
            }
            try take(part, into: &draft)
        }
        return draft
    }

    private static func take(_ part: Multipart.Part, into draft: inout Draft) throws(ActionFailure) {
        switch part.name {
        case "template", "TEMPLATE":
            draft.template = part.bytes
            draft.isJSONTemplate = part.fileName?.lowercased().hasSuffix(".json") ?? false
            if part.name == "TEMPLATE" { draft.isDerived = true }
            return
        default: break
        }
        guard let text = part.text else {
            throw ActionFailure(.badRequest, "\(part.name.prefix(60)) is no UTF-8")
        }
        switch part.name {
        case "service": draft.service = text
        case "version": draft.version = text
        case "image": draft.image = text
        case "IMAGE":
            draft.image = text
            draft.isDerived = true
        case "onlyIfNewer": draft.isOnlyIfNewer = text == "true"
        case "new": draft.mayBeNew = text == "true"
        case "releasedBy", "note": draft.facts[part.name] = text
        case let name where name.hasPrefix("images."): draft.images[String(name.dropFirst(7))] = text
        case let name where name.hasPrefix("build.") || name.hasPrefix("source."): draft.facts[name] = text
        default: try set(typed(text, part.type), part.name, in: &draft.values)
        }
    }

    /// Whole numbers and true or false keep their type, as on the command line; what says that it is JSON is JSON.
    private static func typed(_ text: String, _ type: String?) throws(ActionFailure) -> Value {
        if type == "application/json" {
            do throws(JSONError) {
                return try parseJSON(Array(text.utf8), depth: 32)
            } catch {
                throw ActionFailure(.badRequest, "a part that says it is JSON is none: \(error)")
            }
        }
        if text == "true" || text == "false" { return .bool(text == "true") }
        if let number = Int64(text), "\(number)" == text { return .integer(number) }
        return .string(text)
    }

    private static func set(_ value: Value, _ key: String, in values: inout Value) throws(ActionFailure) {
        let steps = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard steps.count <= 16, !steps.contains(where: \.isEmpty), values.insert(value, at: steps[...]) else {
            throw ActionFailure(.badRequest, "\"\(key.prefix(60))\" cannot be set beside the others")
        }
    }

    private static func json(_ http: HTTPRequest) throws(ActionFailure) -> Draft {
        let body = try JSONBody(http, known: recordKeys)
        var draft = Draft()
        draft.isDerived = true
        (draft.service, draft.version, draft.image) = (
            try body.text("service"), try body.text("version"), try body.text("image")
        )
        for entry in body.map["images"]?.map ?? Map() { draft.images[entry.key] = entry.value.string ?? "" }
        for (group, keys) in [
            ("build", ["number", "url", "job"]), ("source", ["url", "branch", "commit", "message", "author"]),
        ] {
            guard let map = body.map[group]?.map else { continue }
            for entry in map {
                guard keys.contains(entry.key) else {
                    throw ActionFailure(.badRequest, "there is no field \"\(group).\(entry.key.prefix(60))\" here")
                }
                draft.facts["\(group).\(entry.key)"] = entry.value.string ?? entry.value.jsonText()
            }
        }
        for key in ["releasedBy", "note"] { draft.facts[key] = try body.text(key) }
        if let values = body.map["values"] { draft.values = values }
        guard draft.values.map != nil else { throw ActionFailure(.badRequest, "values must be an object") }
        draft.template = try body.text("template", limit: 1 << 20).map { Array($0.utf8) }
        draft.isJSONTemplate = try body.text("templateFormat") == "json"
        draft.isOnlyIfNewer = try body.flag("onlyIfNewer")
        draft.mayBeNew = try body.flag("new")
        return draft
    }

    // MARK: The record

    private static func request(
        _ draft: Draft, by caller: String, at now: Instant
    ) throws(ActionFailure) -> ReleaseRequest {
        var draft = draft
        let image = draft.image.flatMap { ImageReference($0) }
        if draft.isDerived, let image {
            draft.service = draft.service ?? image.repository.split(separator: "/").last.map(String.init)
            draft.version = draft.version ?? image.tag
        }
        guard let service = draft.service, !service.isEmpty else {
            throw ActionFailure(.badRequest, "service is required")
        }
        guard let version = draft.version, !version.isEmpty else {
            throw ActionFailure(.badRequest, "version is required")
        }
        guard let text = draft.image, !text.isEmpty else { throw ActionFailure(.badRequest, "image is required") }
        guard let image else {
            throw ActionFailure(
                .badRequest, "image \"\(text.prefix(200))\" is no image reference",
                hint: "the form is \(ImageReference.rule)")
        }
        let record = ReleaseRecord(
            service: try JSONBody.name(service, "service"), version: version, image: image.description,
            images: try images(draft), build: try build(draft.facts), source: source(draft.facts),
            releasedAt: Instant(seconds: now.milliseconds / 1000),
            releasedBy: draft.facts["releasedBy"].map { String($0.prefix(200)) } ?? caller, note: draft.facts["note"])
        do throws(Changes.Refusal) {
            var request = try ReleaseRequest(record, values: draft.values.map ?? Map())
            request.isOnlyIfNewer = draft.isOnlyIfNewer
            request.mayBeNew = draft.mayBeNew
            if let bytes = draft.template {
                guard !bytes.isEmpty else { throw Changes.Refusal(.usage, "the template is empty") }
                request.template = ReleaseRequest.Template(
                    bytes: bytes, format: draft.isJSONTemplate ? .json : .yaml)
            }
            return request
        } catch {
            throw ActionFailure(error)
        }
    }

    private static func images(_ draft: Draft) throws(ActionFailure) -> [String: String] {
        var images: [String: String] = [:]
        for (name, text) in draft.images {
            guard let image = ImageReference(text) else {
                throw ActionFailure(.badRequest, "images.\(name.prefix(60)) is no image reference")
            }
            images[name] = image.description
        }
        return images
    }

    private static func build(_ facts: [String: String]) throws(ActionFailure) -> ReleaseRecord.Build? {
        guard facts.keys.contains(where: { $0.hasPrefix("build.") }) else { return nil }
        var number: Int64?
        if let text = facts["build.number"] {
            guard let parsed = Int64(text), parsed >= 0 else {
                throw ActionFailure(.badRequest, "build.number must be a whole number")
            }
            number = parsed
        }
        return ReleaseRecord.Build(number: number, url: facts["build.url"], job: facts["build.job"])
    }

    private static func source(_ facts: [String: String]) -> ReleaseRecord.SourceRevision? {
        guard facts.keys.contains(where: { $0.hasPrefix("source.") }) else { return nil }
        return ReleaseRecord.SourceRevision(
            url: facts["source.url"], branch: facts["source.branch"], commit: facts["source.commit"],
            message: facts["source.message"], author: facts["source.author"])
    }
}
