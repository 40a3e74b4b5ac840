// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain
public import Render

/// What a promotion would do, exactly: the tree that will be committed, rendered and compared with what is there now.
public struct PromotionPreview: Sendable {
    public let plan: PromotionPlan
    /// What the target wants now, and what it would want.
    public let before: Rendering
    public let after: Rendering
    /// Objects that are not the same afterwards, in the order of their keys; Secrets masked.
    public let objects: [ObjectDiff]
    public let values: [ValueChange]
    public let risks: [Risk]
    /// Errors that the target does not have now. With one of these nothing is promoted.
    public let problems: [Diagnostic]
    /// SHA-256 over both heads, the resulting tree and every manifest rendered from it, 64 hexadecimal digits: two
    /// previews with the same digest promise the same, byte for byte.
    public let digest: String

    /// Pure: renders, compares and looks for what people should know before they say yes.
    ///
    /// - Parameter mask: Hides what Secrets hold.
    public init(_ plan: PromotionPlan, renderer: Renderer, mask: SecretMask = SecretMask()) {
        self.plan = plan
        let old = renderer.render(plan.before, for: plan.request.to, reusing: plan.cache)
        let new = renderer.render(plan.after, for: plan.request.to, reusing: old.cache)
        (before, after) = (old.rendering, new.rendering)
        let comparison = ManifestComparison(before, after)
        objects = comparison.diffs(named: plan.request.to.name, mask: mask)
        values = ValueChange.all(
            plan, comparison.services, renderer: renderer, caches: (old.cache, new.cache), comparison, mask)
        risks = Risk.all(plan, comparison, after, old.cache)
        let known = Set(before.allDiagnostics.map(\.description))
        problems = after.allDiagnostics.filter { $0.severity == .error && !known.contains($0.description) }
        digest = Self.digest(plan, after)
    }

    private static func digest(_ plan: PromotionPlan, _ after: Rendering) -> String {
        var lines = ["kubernaut promotion 1", plan.from.id.hex, plan.to.id.hex, plan.tree.hex]
        lines += after.services.flatMap(\.manifests).map { manifest in
            let key = ResourceKey(
                groupKind: manifest.kind.groupKind, namespace: manifest.namespace, name: manifest.name)
            return "\(manifest.service) \(key) \(manifest.digest)"
        }.sorted()
        return sha256Hex(Array(lines.joined(separator: "\n").utf8))
    }

    /// Whether there is nothing to commit.
    public var isEmpty: Bool { plan.kind == .nothing }

    /// A file of the plan as people see it, from the repository's root.
    public func path(of file: String) -> String { plan.before.path(of: file) }

    /// What `--expect` takes: both heads and the digest.
    public var expectation: PromotionExpectation {
        PromotionExpectation(from: plan.from.id.hex, to: plan.to.id.hex, digest: digest)
    }

    /// The services that change, in the order of their names.
    public var services: [ServiceChange] {
        let diffs = Dictionary(grouping: objects, by: \.service)
        let taken = Dictionary(uniqueKeysWithValues: plan.taken.map { ($0.service, $0) })
        let names = Set(taken.keys).union(diffs.keys.compactMap(\.self))
        return names.sorted().map { ServiceChange(name: $0, record: taken[$0], objects: diffs[$0] ?? []) }
    }

    /// One sentence or two, for whoever is asked to confirm.
    public var summary: String {
        guard !isEmpty else { return "Nothing to promote from \(plan.request.from.name) to \(plan.request.to.name)." }
        let services = services
        var text = "This changes \(counted(services.count, "service")) in \(plan.request.to.name)"
        if services.isEmpty { text = "This changes no service in \(plan.request.to.name), only files" }
        let stays = plan.kept.filter { $0.decision != .keep(.notChosen) }
        if !stays.isEmpty {
            text += "; \(counted(stays.count, "service")) \(stays.count == 1 ? "stays as it is" : "stay as they are")"
        }
        let deleted = objects.count { $0.change == .removed }
        text += deleted == 0 ? ". Nothing is deleted." : ". \(counted(deleted, "object")) would be deleted."
        return text
    }
}

/// One service that a promotion changes.
public struct ServiceChange: Sendable {
    public let name: Name
    /// Nil when only configuration changes.
    public let record: RecordChange?
    public let objects: [ObjectDiff]

    /// Distinct versions that come, newest first; empty for a configuration change.
    public var releases: [RecordVersion] {
        var seen: Set<String> = []
        return (record?.since ?? []).filter { version in
            guard let release = version.content?.release, release.version != record?.before?.release?.version else {
                return false
            }
            return seen.insert(release.version).inserted
        }
    }
}

/// What a preview promised, so that nothing else is done.
public struct PromotionExpectation: Sendable, Hashable, CustomStringConvertible {
    /// At least seven hexadecimal digits each; 64 for the digest, or at least sixteen.
    public let from: String
    public let to: String
    public let digest: String

    public init(from: String, to: String, digest: String) {
        self.from = from
        self.to = to
        self.digest = digest
    }

    /// Nil when `text` is not of the form `FROM_SHA,TO_SHA,DIGEST`.
    public init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        func isHex(_ part: String, _ range: ClosedRange<Int>) -> Bool {
            range.contains(part.utf8.count) && part.allSatisfy { $0.isHexDigit && !$0.isUppercase }
        }
        guard parts.count == 3, isHex(parts[0], 7...40), isHex(parts[1], 7...40), isHex(parts[2], 16...64) else {
            return nil
        }
        self.init(from: parts[0], to: parts[1], digest: parts[2])
    }

    public func admits(from commit: CommitID) -> Bool { commit.hex.hasPrefix(from) }
    public func admits(to commit: CommitID) -> Bool { commit.hex.hasPrefix(to) }
    public func admits(digest other: String) -> Bool { other.hasPrefix(digest) }

    public var description: String { "\(from),\(to),\(digest)" }
}
