// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import HTTPServer

// The addresses of the first generation: what clients of those days send is understood, and what they read is there.

extension WebPages {
    // MARK: Reading

    func seedReleases(_ request: HTTPRequest, _ context: PageContext) throws -> HTTPResponse {
        let page = try ListPage(context.query)
        let filter = ListFilter(rawQuery: request.rawQuery, fields: ["service", "version", "createdBy"])
        var releases = ReleaseBook(context.status).releases.filter { release in
            release.isActive && filter.holds("service", release.record.service.text)
                && filter.holds("version", release.record.version) && filter.holds("createdBy", release.createdBy)
        }
        Self.sort(&releases, context.query)
        if context.query["array"] == "1" { return Reply.json(page.items(releases, \.slimJSON)) }
        return Reply.json(page.envelope(releases, \.slimJSON))
    }

    /// As they are, newest first, unless the query says otherwise.
    private static func sort(_ releases: inout [KnownRelease], _ query: Query) {
        let column = query["sort"]
        let isDescending = query["order"].map { $0 == "desc" } ?? (column == nil)
        func key(_ release: KnownRelease) -> String? {
            switch column {
            case "service": release.record.service.text
            case "version": release.record.version
            case "createdBy": release.createdBy
            default: nil
            }
        }
        if column.map({ ["service", "version", "createdBy"].contains($0) }) ?? false {
            releases.sort { (key($0) ?? "", $0.createdOn) < (key($1) ?? "", $1.createdOn) }
            if isDescending { releases.reverse() }
        } else if !isDescending {
            releases.reverse()
        }
    }

    func seedRelease(_ id: String, _ context: PageContext) async throws -> HTTPResponse {
        guard let release = ReleaseBook(context.status).active(id) else {
            return Reply.seedMessage(404, "there is no release \(id.prefix(80))")
        }
        return Reply.json(try await json(of: release))
    }

    /// With what only its commit knows.
    func json(of release: KnownRelease) async throws -> Value {
        var value = release.slimJSON
        value["image"] = .string(release.record.image)
        value["record"] = release.record.json
        value["environments"] = .list(release.environments.map { Value($0) })
        value["commit"] = release.commit.json
        guard let desk = sources.actions.tools.desk else { return value }
        let details = try await desk.details(of: release.record.service, at: release.commit.id)
        value["attributes"] = details.values
        value["template"] =
            details.template.map { template in
                [
                    "id": .string(template.blob), "checksum": Value(details.checksum),
                    "source": .string(String(decoding: template.bytes, as: UTF8.self)),
                    "path": Value(details.templatePath),
                ]
            } ?? .null
        return value
    }

    // MARK: Releasing

    func seedCreateRelease(_ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let posting = try ReleasePosting(request, by: context.visit.caller.name, at: now())
        let outcome = try await sources.actions.release(posting.request, in: nil, context.visit)
        let id = posting.request.record.listID
        // Tools of this generation ask for more than an id.
        if request.headers["X-Kubernaut"] != nil { return Reply.json(outcome.json(id: id)) }
        return Reply.json(["id": .string(id)])
    }

    /// 202 for whatever is not there any more; a release that is not the caller's to see is not there.
    func withdraw(_ id: String, _ context: PageContext) async throws -> HTTPResponse {
        let gone = HTTPResponse(status: 202, headers: ["Cache-Control": "no-store"])
        let visit = context.visit
        let environment = try context.query["environment"].map { text throws(ActionFailure) in
            try JSONBody.name(text, "environment")
        }
        // All of them, seen or not: a key that may release need not be one that may look.
        let book = ReleaseBook(sources.status())
        guard let release = book.active(id) else { return gone }
        let target = try environment ?? sources.actions.firstEnvironment()
        let place = Place.service(release.record.service, in: target)
        let isVisible = release.environments.contains {
            visit.allows(.view, at: .service(release.record.service, in: $0))
        }
        guard isVisible || visit.allows(.view, at: place) || visit.allows(.release, at: place) else { return gone }
        _ = try await sources.actions.withdraw(
            release.record.service, version: release.record.version, in: target, reason: context.query["reason"], visit)
        return gone
    }
}

extension KnownRelease {
    /// A row of lists: without template and attributes.
    var slimJSON: Value {
        [
            "id": .string(id),
            "service": ["id": .string(record.serviceID), "name": Value(record.service)],
            "version": .string(record.version), "createdOn": Value(createdOn), "createdBy": .string(createdBy),
            "deletedOn": .null, "deletedBy": .null, "attributes": .map(Map()),
        ]
    }
}

extension ChangeOutcome<ReleaseAnswer> {
    func json(id: String) -> Value {
        var value: Value = ["id": .string(id), "commit": Value(commit), "branch": .string(base.branch)]
        switch answer {
        case .recorded(let previous):
            value["result"] = "recorded"
            value["previous"] = Value(previous?.version)
        case .alreadyRecorded: value["result"] = "already-recorded"
        case .skipped(let recorded, let reason):
            value["result"] = "skipped"
            value["previous"] = .string(recorded.version)
            value["reason"] = .string(reason)
        }
        return value
    }
}

extension Reply {
    /// As clients of the first generation read errors: `message`.
    static func seedMessage(_ status: Int, _ message: String) -> HTTPResponse {
        json(["message": .string(message)], status: status)
    }

    static func seedMessage(_ failure: ActionFailure) -> HTTPResponse {
        let status = failure.code == .invalid ? 400 : failure.code.status
        // A template that was posted and cannot be read has one text, whatever is wrong with it.
        let isTemplate = failure.isAboutPostedTemplate
        var body: Value = ["message": .string(isTemplate ? "Error in template" : failure.message)]
        if let hint = failure.hint { body["hint"] = .string(hint) }
        if let first = failure.diagnostics.first(where: { $0.severity == .error }) {
            body["location"] = first.location.json
            body["detail"] = .string("\(isTemplate ? "Error in template" : failure.message): \(first)")
        }
        return json(body, status: status)
    }
}

extension ActionFailure {
    fileprivate var isAboutPostedTemplate: Bool {
        guard code == .invalid else { return false }
        return diagnostics.contains { $0.severity == .error && $0.location.file.contains("templates/") }
    }
}
