// SPDX-License-Identifier: Apache-2.0

import Domain
import Webhooks
import YAML

extension ServeConfiguration {
    mutating func read(webhooks node: YAMLNode, _ reader: SettingsReader) throws {
        for node in try reader.items(node) {
            var name: Name?
            var kind: Hook.Kind?
            var secretFile: String?
            for (key, node) in try reader.members(of: node, known: ["name", "kind", "secretFile"]) {
                switch key {
                case "name": name = try reader.parse(node, "a name: \(Name.rule)") { Name($0) }
                case "kind":
                    let kinds = Hook.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                    kind = try reader.parse(node, "one of \(kinds)") { Hook.Kind(rawValue: $0) }
                default: secretFile = try reader.text(node)
                }
            }
            guard let name, let kind, let secretFile else {
                throw reader.error(node.mark, "a webhook needs name, kind and secretFile")
            }
            guard !webhooks.contains(where: { $0.name == name }) else {
                throw reader.error(node.mark, "there is a webhook \(name) already")
            }
            webhooks.append(Webhook(name: name, kind: kind, secretFile: secretFile))
        }
    }

    mutating func read(tls node: YAMLNode, _ reader: SettingsReader) throws {
        var certificate: String?
        var key: String?
        for (name, node) in try reader.members(of: node, known: ["certificateFile", "keyFile"]) {
            if name == "keyFile" { key = try reader.text(node) } else { certificate = try reader.text(node) }
        }
        guard let certificate, let key else { throw reader.error(node.mark, "tls needs certificateFile and keyFile") }
        tls = TLS(certificateFile: certificate, keyFile: key)
    }
}
