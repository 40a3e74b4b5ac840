// SPDX-License-Identifier: Apache-2.0

import Domain
import Render

extension PromotionPlanner {
    /// Every service whose records differ, decided.
    func records(_ sides: Sides) async throws -> [RecordChange] {
        let holds = Holds(in: sides.before, for: sides.request.to)
        let comparison = try await RecordComparison(
            of: sides.before, to: sides.there, in: repository, read: Renderer.recordContent)
        return comparison.differences.values.sorted { $0.service < $1.service }.map { difference in
            let service = difference.service
            let isNamed = sides.request.services?.contains(service)
            var decision = RecordDecision(
                difference.relation, hold: holds.active(for: service, at: now), isNamed: isNamed ?? false)
            if decision == .take, isNamed == false { decision = .keep(.notChosen) }
            return RecordChange(difference: difference, decision: decision)
        }
    }

    private func hasHistory(of service: Name, _ sides: Sides) async throws -> Bool {
        let path = RecordComparison.recordPath(of: service)
        return try await repository.lineage(of: [path: []], at: sides.from, since: nil)[path]?.isEmpty == false
    }

    /// What a person named must be possible as named.
    func check(_ named: Set<Name>, _ records: [RecordChange], _ sides: Sides) async throws {
        let request = sides.request
        let byName = Dictionary(uniqueKeysWithValues: records.map { ($0.service, $0) })
        for service in named.sorted() {
            let path = RecordComparison.recordPath(of: service)
            let isKnown = [sides.before, sides.there].contains {
                $0.files[path] != nil || $0.files["services/\(service).yaml"] != nil
            }
            // A service that both have given up: its removal was promoted, and there is nothing left to do.
            if !isKnown, try await !hasHistory(of: service, sides) {
                let known = sides.there.files.keys.compactMap { RecordComparison.service(ofRecord: $0)?.text }
                throw Refusal(
                    .notFound, "\(request.from.name) has no service \"\(service)\"",
                    hint: didYouMean(service.text, in: known))
            }
            guard case .keep(let reason) = byName[service]?.decision else { continue }
            switch reason {
            case .held(let hold):
                throw Refusal(
                    .held,
                    "\(service) is held in \(request.to.name)\(hold.by.map { " by \($0)" } ?? ""): \(hold.reason)",
                    hint: "kubernaut resume ends the hold at \(hold.location)")
            case .onlyInTarget:
                throw Refusal(
                    .notFound, "\(request.from.name) has no release of \(service)",
                    hint: "only \(request.to.name) has it; there is nothing to promote")
            case .unreadable:
                let shown = sides.there.path(of: path)
                let problems = sides.there.files[path].map { Renderer.release($0.bytes, path: shown).diagnostics } ?? []
                throw Refusal(
                    .invalid, "the release record of \(service) in \(request.from.name) cannot be read",
                    hint: "mend \(shown) on \(request.from.branch)", diagnostics: problems)
            case .hotfix, .dropped, .notChosen: break
            }
        }
    }
}
