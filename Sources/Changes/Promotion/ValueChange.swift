// SPDX-License-Identifier: Apache-2.0

public import Domain
import JSON
import Render

/// A value that a promotion changes, and who says so.
public struct ValueChange: Sendable, Hashable {
    public let service: Name
    public let path: FieldPath
    /// Nil when it is not set; as people may see it: what a Secret gets is masked.
    public let before: Value?
    public let after: Value?
    /// What sets it afterwards; what set it before when it is no longer set.
    public let origin: Origin

    /// In the order of services and paths.
    static func all(
        _ plan: PromotionPlan, _ services: [Name], renderer: Renderer,
        caches: (before: RenderCache, after: RenderCache),
        _ comparison: ManifestComparison, _ mask: SecretMask
    ) -> [ValueChange] {
        let concerned = services.filter { isConcerned($0, plan, caches.after) }
        let to = plan.request.to
        let before = renderer.values(of: concerned, in: plan.before, for: to, reusing: caches.before)
        let after = renderer.values(of: concerned, in: plan.after, for: to, reusing: caches.after)
        let secrets = secretTexts(comparison)
        return concerned.flatMap { service in
            changes(of: service, before[service] ?? [], after[service] ?? []) {
                mask.masked($0, among: secrets[service] ?? [])
            }
        }
    }

    private static func changes(
        of service: Name, _ before: [ExplainedValue], _ after: [ExplainedValue], shown: (Value) -> Value
    ) -> [ValueChange] {
        let old = Dictionary(uniqueKeysWithValues: before.map { ($0.path, $0) })
        let new = Dictionary(uniqueKeysWithValues: after.map { ($0.path, $0) })
        let paths = Set(old.keys).union(new.keys).sorted { $0.description < $1.description }
        return paths.compactMap { path in
            let (left, right) = (old[path], new[path])
            guard left?.value != right?.value, let origin = (right ?? left)?.origin else { return nil }
            return ValueChange(
                service: service, path: path, before: (left?.value).map(shown), after: (right?.value).map(shown),
                origin: origin)
        }
    }

    /// Whether a service's values can have changed: by a file, or by values in its record.
    private static func isConcerned(_ service: Name, _ plan: PromotionPlan, _ cache: RenderCache) -> Bool {
        if !Set(plan.files).isDisjoint(with: cache.dependencies(of: service)) { return true }
        let path = RecordComparison.recordPath(of: service)
        return [plan.before, plan.after].contains { $0.files[path]?.bytes.contains("values:".utf8) ?? false }
    }

    /// What the Secrets of each service hold, as text.
    private static func secretTexts(_ comparison: ManifestComparison) -> [Name: [String]] {
        var texts: [Name: [String]] = [:]
        let manifests = comparison.pairs.flatMap { [$0.before, $0.after].compactMap(\.self) }
        for manifest in manifests where manifest.kind.kind == "Secret" {
            for entry in manifest.object["data"]?.map ?? Map() {
                guard let text = entry.value.string else { continue }
                texts[manifest.service, default: []].append(
                    Base64.standard.bytes(text).map { String(decoding: $0, as: UTF8.self) } ?? text)
            }
        }
        return texts
    }
}

extension SecretMask {
    /// A value as it may be shown: a fingerprint when its text is part of what a Secret holds.
    func masked(_ value: Value, among secrets: [String]) -> Value {
        let text = value.string ?? value.jsonText()
        guard !text.isEmpty, secrets.contains(where: { $0.contains(text) }) else { return value }
        return fingerprint(Array(text.utf8))
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String.UTF8View) -> Bool {
        let wanted = Array(text)
        return indices.contains { self[$0...].starts(with: wanted) }
    }
}
