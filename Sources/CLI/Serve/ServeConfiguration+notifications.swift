// SPDX-License-Identifier: Apache-2.0

import Domain
import Notifications
import YAML

extension ServeConfiguration {
    /// Whom to tell. Which of the texts are needed depends on the kind.
    struct NotificationSink: Sendable {
        enum Kind: String, Sendable, CaseIterable {
            case webhook, slack, hipchat
            case githubStatus = "github-status"
        }

        let name: Name
        let kind: Kind
        var url: String?
        var urlFile: String?
        var secretFile: String?
        var tokenFile: String?
        var server: String?
        var room: String?
        var repository: String?
        var apiURL = "https://api.github.com"
        var authorityFile: String?
        var filter = Sink.Filter()
        var allowPrivate = false
        var allowPlain = false
    }

    private static let sinkKeys = [
        "name", "kind", "url", "urlFile", "secretFile", "tokenFile", "server", "room", "repository", "apiURL",
        "authorityFile", "environments", "services", "events", "allowPrivate", "allowPlain",
    ]

    mutating func read(notifications node: YAMLNode, _ reader: SettingsReader) throws {
        for node in try reader.items(node) {
            let members = try reader.members(of: node, known: Self.sinkKeys)
            let name = try members.first { $0.0 == "name" }.map { try reader.parse($0.1, Name.rule) { Name($0) } }
            let kinds = NotificationSink.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            let kind = try members.first { $0.0 == "kind" }.map {
                try reader.parse($0.1, "one of \(kinds)") { NotificationSink.Kind(rawValue: $0) }
            }
            guard let name, let kind else { throw reader.error(node.mark, "a receiver needs name and kind") }
            guard !notifications.contains(where: { $0.name == name }) else {
                throw reader.error(node.mark, "there is a receiver \(name) already")
            }
            var sink = NotificationSink(name: name, kind: kind)
            for (key, node) in members { try Self.read(key, node, into: &sink, reader) }
            if let missing = sink.missing { throw reader.error(node.mark, "\(kind.rawValue) needs \(missing)") }
            notifications.append(sink)
        }
    }

    private static func read(
        _ key: String, _ node: YAMLNode, into sink: inout NotificationSink, _ reader: SettingsReader
    ) throws {
        switch key {
        case "url": sink.url = try reader.text(node)
        case "urlFile": sink.urlFile = try reader.text(node)
        case "secretFile": sink.secretFile = try reader.text(node)
        case "tokenFile": sink.tokenFile = try reader.text(node)
        case "server": sink.server = try reader.parse(node, "an address without a slash at its end", address)
        case "room": sink.room = try reader.text(node)
        case "repository":
            sink.repository = try reader.parse(node, "owner/name") { text -> String? in
                let parts = text.split(separator: "/", omittingEmptySubsequences: false)
                let isName = { (part: Substring) in
                    !part.isEmpty && part.first != "."
                        && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"%?#".utf8.contains($0) }
                }
                return parts.count == 2 && parts.allSatisfy(isName) ? text : nil
            }
        case "apiURL": sink.apiURL = try reader.parse(node, "an address without a slash at its end", address)
        case "authorityFile": sink.authorityFile = try reader.text(node)
        case "environments": sink.filter.environments = try reader.items(node).map { Glob(try reader.text($0)) }
        case "services": sink.filter.services = try reader.items(node).map { Glob(try reader.text($0)) }
        case "events":
            let events = Notice.Event.allCases.map(\.rawValue).joined(separator: ", ")
            sink.filter.events = Set(
                try reader.items(node).map { node in
                    try reader.parse(node, "one of \(events)") { Notice.Event(rawValue: $0) }
                })
        case "allowPrivate": sink.allowPrivate = try reader.truth(node)
        case "allowPlain": sink.allowPlain = try reader.truth(node)
        default: break
        }
    }

    private static func address(_ text: String) -> String? {
        (text.hasPrefix("https://") || text.hasPrefix("http://")) && !text.hasSuffix("/") ? text : nil
    }
}

extension ServeConfiguration.NotificationSink {
    /// What this kind cannot do without; nil when it is all there.
    fileprivate var missing: String? {
        let hasURL = (url == nil) != (urlFile == nil)
        return switch kind {
        case .webhook: hasURL && secretFile != nil ? nil : "url or urlFile, and secretFile"
        case .slack: hasURL ? nil : "url or urlFile"
        case .hipchat: server != nil && room != nil && tokenFile != nil ? nil : "server, room and tokenFile"
        case .githubStatus: repository != nil && tokenFile != nil ? nil : "repository and tokenFile"
        }
    }
}

extension SettingsReader {
    func truth(_ node: YAMLNode) throws -> Bool {
        guard case .bool(let truth) = node.value else { throw error(node.mark, "must be true or false") }
        return truth
    }
}
