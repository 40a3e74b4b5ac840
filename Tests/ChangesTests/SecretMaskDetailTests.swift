// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import Testing

@Suite("What pages may show of Secrets")
struct SecretMaskDetailTests {
    private static let place = SourceLocation(file: "environments/services/cart.yaml", line: 3)

    private static func detail(_ object: Value, _ lines: [String]) throws -> ServiceDetail {
        let service = try #require(Name("cart"))
        let manifest = Manifest(
            kind: GroupVersionKind(apiVersion: "v1", kind: "Secret"), namespace: nil, name: "cart", object: object,
            service: service, location: place, digest: "digest-canary")
        let path = FieldPath([.key("password")])
        let origin = Origin(
            layer: .service, location: place, value: path,
            overridden: [.init(layer: .defaults, location: place, value: "older-canary")])
        return ServiceDetail(
            service: RenderedService(
                name: service, team: nil, release: nil, needs: [], manifests: [manifest], diagnostics: [], inputs: ""),
            commit: nil,
            manifests: [
                AnnotatedManifest(
                    manifest: manifest,
                    lines: lines.map { line in
                        AnnotatedLine(
                            text: line, path: nil, origin: line.hasPrefix("  ") && !line.contains("name") ? origin : nil
                        )
                    })
            ],
            values: [
                ExplainedValue(path: path, value: "canary", origin: origin),
                ExplainedValue(
                    path: FieldPath([.key("port")]), value: 8080, origin: Origin(layer: .service, location: place)),
            ])
    }

    @Test("no form of a Secret shows its content, and the rest stays")
    func lines() throws {
        let detail = try Self.detail(
            [
                "apiVersion": "v1", "kind": "Secret", "data": ["token": "Y2FuYXJ5"],
                "stringData": ["password": "canary", "a: b": "canary\nmore"],
            ],
            [
                "apiVersion: v1", "data:", "  token: Y2FuYXJ5", "kind: Secret", "metadata:", "  name: cart",
                "stringData:", "  \"a: b\": |-", "    canary", "", "    more", "  password: canary", "type: Opaque",
            ])
        let shown = SecretMask().masked(detail)
        #expect(!"\(shown)".contains("canary") && !"\(shown)".contains("Y2FuYXJ5"))
        let texts = shown.manifests[0].lines.map(\.text)
        #expect(texts.count == 10 && texts.contains("  name: cart") && texts.last == "type: Opaque")
        #expect(texts.contains { $0.hasPrefix("  \"a: b\": «") } && texts.contains { $0.hasPrefix("  password: «") })
        #expect(shown.values.map(\.value.string) != ["canary", nil] && shown.values[1].value == 8080)
    }

    @Test("a service without Secrets comes back as it is")
    func plain() throws {
        let detail = try Self.detail(["apiVersion": "v1", "kind": "Secret"], ["kind: Secret"])
        #expect(SecretMask().masked(detail).values[0].value == "canary")
    }
}
