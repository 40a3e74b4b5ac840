// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer

extension WebPages {
    private static let feedLength = 50

    /// `/releases.atom?env=&service=`: what came to environments and left them, newest first (RFC 4287).
    ///
    /// - Throws: `NotFound` for an environment or service that the reader does not see.
    func releaseFeed(_ context: PageContext) throws -> HTTPResponse {
        let environment = try context.query["env"].flatMap { text -> Name? in
            guard !text.isEmpty else { return nil }
            guard let name = Name(text) else { throw NotFound() }
            return try context.environment(name).environment.name
        }
        let service = try context.query["service"].flatMap { text -> Name? in
            guard !text.isEmpty else { return nil }
            guard let name = Name(text) else { throw NotFound() }
            return try context.service(name)
        }
        let items = FeedItem.all(context.status).filter { item in
            (environment.map { $0 == item.environment } ?? true) && (service.map { $0 == item.service } ?? true)
        }.sorted { ($1.event.commit.date, $1.id) < ($0.event.commit.date, $0.id) }.prefix(Self.feedLength)
        let site = publicURL ?? "http://\(context.host)"
        let updated = items.first?.event.commit.date ?? Instant(seconds: 0)
        let title = "Releases\(service.map { " of \($0)" } ?? "")\(environment.map { " in \($0)" } ?? "")"
        let document: HTML = """
            <?xml version="1.0" encoding="utf-8"?>
            <feed xmlns="http://www.w3.org/2005/Atom"><title>\(title)</title>
            <id>\(site)\(context.path)\(context.query.text)</id><updated>\(updated)</updated>
            <link rel="self" type="application/atom+xml" href="\(site)\(context.path)\(context.query.text)"/>
            <link rel="alternate" type="text/html" href="\(site)/releases"/>
            <generator version="\(version)">kubernaut</generator>
            \(items.map { $0.entry(site) })</feed>

            """
        var response = Reply.text(document.text, type: "application/atom+xml; charset=utf-8")
        response.headers["Cache-Control"] = "private, no-cache"
        return response
    }
}

/// One release that came to an environment, or one that left it.
private struct FeedItem {
    let environment: Name
    let service: Name
    let event: ReleaseEvent

    static func all(_ status: DaemonStatus) -> [FeedItem] {
        status.environments.flatMap { environment in
            environment.releases.flatMap { service, events in
                events.map { FeedItem(environment: environment.environment.name, service: service, event: $0) }
            }
        }
    }

    var id: String { "\(environment)/\(service)/\(event.commit.id)" }

    private var title: String {
        guard let release = event.release else { return "\(service) left \(environment)" }
        let how =
            switch event.action {
            case "promote": "promoted to"
            case "rollback": "rolled back in"
            default: "in"
            }
        return "\(service) \(release.version) \(how) \(environment)"
    }

    private var summary: String {
        let words = [event.reason, event.release?.note, event.release?.source?.message, event.commit.subject]
        return words.compactMap(\.self).first { !$0.isEmpty } ?? ""
    }

    /// - Parameter site: Without a slash at its end.
    func entry(_ site: String) -> HTML {
        let page =
            event.release.map { "/services/\(service)/releases/\(percentEncoded($0.version))" }
            ?? "/services/\(service)/history?env=\(environment)"
        return """
            <entry><title>\(title)</title><id>\(site)/services/\(service)/history?env=\(environment)#\(event.commit.id)</id>
            <updated>\(event.commit.date)</updated><author><name>\(event.actor ?? event.commit.author)</name></author>
            <link rel="alternate" type="text/html" href="\(site)\(page)"/><summary>\(summary)</summary></entry>

            """
    }
}
