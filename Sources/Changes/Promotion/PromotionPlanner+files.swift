// SPDX-License-Identifier: Apache-2.0

import Domain
import Render

/// What becomes of the files that are neither release records nor holds.
struct FileDecisions: Sendable {
    enum Decision: Sendable, Hashable {
        case take
        case stay
        /// Both branches changed it: line by line.
        case merge
    }

    /// By path relative to the config root: every file that differs.
    var decisions: [String: Decision] = [:]
    /// Those that git's own merge would decide otherwise, because it does not see what was promoted without a merge.
    var surprising: Set<String> = []

    func edits(_ sides: PromotionPlanner.Sides) -> FileEdits {
        var edits: FileEdits = [:]
        for path in surprising {
            switch decisions[path] {
            case .take: edits[path] = .some(sides.there.files[path]?.bytes)
            case .stay: edits[path] = .some(sides.before.files[path]?.bytes)
            case .merge, nil: break
            }
        }
        return edits
    }
}

extension PromotionPlanner {
    /// Decides each file by what both branches had in common last.
    ///
    /// That is the merge base, unless a promotion of chosen services has brought the file since: such a commit has one
    /// parent, so git does not know it for a merge, would take a later revert in the source for "unchanged", and would
    /// find conflicts where there are none.
    func files(_ sides: Sides) async throws -> FileDecisions {
        let paths = sides.there.paths(differingFrom: sides.before).filter {
            RecordComparison.service(ofRecord: $0) == nil && !Self.isHold($0)
        }
        guard !paths.isEmpty else { return FileDecisions() }
        var common: [String: SourceFile] = [:]
        if let base = sides.base { common = try await repository.files(at: Array(paths), of: base) }
        let changed = paths.filter { sides.before.files[$0] != common[$0] }
        let promoted = try await lastPromoted(changed, sides)
        var found = FileDecisions()
        for path in paths {
            let last: SourceFile?
            if let content = promoted[path] {
                last = content
                if content != common[path] { found.surprising.insert(path) }
            } else {
                last = common[path]
            }
            if last == sides.before.files[path] {
                found.decisions[path] = .take
            } else if last == sides.there.files[path] {
                found.decisions[path] = .stay
            } else {
                found.decisions[path] = .merge
            }
        }
        return found
    }

    /// The newest content of each file in the target that the source had, too, since the merge base.
    private func lastPromoted(_ paths: Set<String>, _ sides: Sides) async throws -> [String: SourceFile?] {
        guard !paths.isEmpty else { return [:] }
        let wanted = Dictionary(uniqueKeysWithValues: paths.map { ($0, Set<String>()) })
        let ours = try await repository.lineage(of: wanted, at: sides.to, since: sides.base)
        let theirs = try await repository.lineage(of: wanted, at: sides.from, since: sides.base)
        var found: [String: SourceFile?] = [:]
        for path in paths {
            let known = Set((theirs[path] ?? []).map(\.file))
            if let last = ours[path]?.first(where: { known.contains($0.file) }) {
                found[path] = .some(last.file)
            }
        }
        return found
    }

    /// The files that come along with chosen services: their own, and templates that nobody else uses. What other
    /// services share stays, for a promotion of one service must not change another.
    func ownFiles(of services: Set<Name>, _ sides: Sides, _ cache: RenderCache) -> Set<String> {
        let there = renderer.render(sides.there, for: sides.request.to).cache
        var used: Set<String> = []
        var shared: Set<String> = []
        for cache in [cache, there] {
            for service in cache.names {
                let paths = cache.dependencies(of: service).filter { $0.hasPrefix("templates/") }
                if services.contains(service) { used.formUnion(paths) } else { shared.formUnion(paths) }
            }
        }
        return Set(
            sides.there.paths(differingFrom: sides.before).filter { path in
                if path.hasPrefix("templates/") { return used.contains(path) && !shared.contains(path) }
                return Self.service(ofOwnFile: path).map(services.contains) ?? false
            })
    }

    /// `services/cart.yaml` and `<environment>/services/cart.yaml`
    private static func service(ofOwnFile path: String) -> Name? {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 3 { parts.removeFirst() }
        guard parts.count == 2, parts[0] == "services", parts[1].hasSuffix(".yaml") else { return nil }
        return Name(parts[1].dropLast(5))
    }
}
