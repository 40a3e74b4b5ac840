// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain

/// A promotion as somebody asks for it.
struct PromotionOrder: Sendable {
    let from: Name
    let to: Name
    /// Nil for everything; never empty.
    let services: Set<Name>?
    /// What a preview promised; nil when nobody looked.
    var expectation: PromotionExpectation?
    var reason: String?
}

/// A rollback as somebody asks for it.
struct RollbackOrder: Sendable {
    let environment: Name
    let service: Name
    let target: RollbackRequest.Target
    let reason: String
    var holds = true
    var until: Instant?
    var restoresConfiguration = false
    /// The digest of a preview; nil when nobody looked.
    var expectation: String?
}

extension Actions {
    /// What a promotion would do. Whoever may see both sides may look.
    ///
    /// - Parameter isBound: Whether it must be what the order expects, where it expects something.
    func preview(
        _ order: PromotionOrder, _ visit: Visit, isBound: Bool = false
    ) async throws(ActionFailure) -> PromotionPreview {
        try await reading { desk in
            for place in order.places(in: order.to) {
                if !visit.allows(.view, at: place) { _ = try visit.permit(.promote, at: place) }
            }
            try checkSource(order, visit)
            let preview = try await desk.preview(try request(order))
            try checkVisible(preview, visit)
            if isBound, let expectation = order.expectation { try await desk.check(preview, against: expectation) }
            return preview
        }
    }

    /// Needs leave on every service that changes, or on the environment when everything comes.
    func promote(_ order: PromotionOrder, _ visit: Visit) async throws(ActionFailure) -> ChangeOutcome<PromotionPreview>
    {
        var errand = Errand(.promote, order.to, (order.services ?? []).sorted(), reason: order.reason)
        errand.from = order.from.text
        return try await change(errand, visit) { desk in
            let permits = try order.places(in: order.to).map { try visit.permit(.promote, at: $0) }
            guard let first = permits.first else {
                throw ActionFailure(.badRequest, "nothing says what to promote", hint: "name services, or say all")
            }
            try checkSource(order, visit)
            let outcome = try await desk.promote(
                try request(order), expecting: order.expectation, reason: order.reason,
                by: ChangeDesk.Author(first), approving: { try approve($0, visit) })
            var note = Note(outcome.commit)
            note.from = "\(order.from)@\(outcome.answer.plan.from.id.short)"
            note.to = outcome.commit?.short
            note.services = outcome.answer.services.map(\.name)
            note.detail = outcome.answer.summary
            if let commit = outcome.commit {
                log.add(ActionRecord(outcome.answer, commit, by: visit.caller.name, reason: order.reason, at: now()))
            }
            return (outcome, note)
        }
    }

    private func request(_ order: PromotionOrder) throws -> PromotionRequest {
        let (from, to) = (try found(order.from), try found(order.to))
        guard from != to else {
            throw ActionFailure(.badRequest, "\(from.name) cannot be promoted to itself")
        }
        return PromotionRequest(from: from, to: to, services: order.services)
    }

    /// A promotion shows and brings what its source holds, so people must see that. A key's scope says what it may change,
    /// which is enough.
    private func checkSource(_ order: PromotionOrder, _ visit: Visit) throws {
        if case .key = visit.caller, order.places(in: order.to).allSatisfy({ visit.allows(.promote, at: $0) }) {
            return
        }
        guard order.places(in: order.from).allSatisfy({ visit.allows(.view, at: $0) }) else {
            throw ActionFailure(
                .notAllowed, "a promotion from \(order.from) needs to see there what it brings",
                hint: "GET /api/v1/me?action=view&environment=\(order.from) says why you may not")
        }
    }

    /// Services whose manifests change because of others that were chosen are changed all the same.
    private func approve(_ preview: PromotionPreview, _ visit: Visit) throws {
        guard preview.plan.request.services != nil else { return }
        let to = preview.plan.request.to.name
        for change in preview.services {
            let place = Place.service(change.name, in: to)
            guard isVisible(place, visit) else { throw Self.foreignServices }
            _ = try visit.permit(.promote, at: place)
        }
    }

    private func checkVisible(_ preview: PromotionPreview, _ visit: Visit) throws {
        guard preview.plan.request.services != nil else { return }
        let to = preview.plan.request.to.name
        guard preview.services.allSatisfy({ isVisible(.service($0.name, in: to), visit) }) else {
            throw Self.foreignServices
        }
    }

    private func isVisible(_ place: Place, _ visit: Visit) -> Bool {
        visit.allows(.view, at: place) || visit.allows(.promote, at: place)
    }

    private static var foreignServices: ActionFailure {
        ActionFailure(
            .notAllowed, "this would also change services that are not yours to see",
            hint: "ask somebody who may promote the whole environment")
    }

    // MARK: Rollback

    func preview(
        _ order: RollbackOrder, _ visit: Visit
    ) async throws(ActionFailure) -> (answer: RollbackAnswer, preview: ChangePreview?) {
        try await reading { desk in
            let place = Place.service(order.service, in: order.environment)
            if !visit.allows(.view, at: place) { _ = try visit.permit(.rollback, at: place) }
            return try await desk.preview(
                order.request(by: visit.caller.name), in: try found(order.environment),
                restoringConfiguration: order.restoresConfiguration)
        }
    }

    func rollback(_ order: RollbackOrder, _ visit: Visit) async throws(ActionFailure) -> ChangeOutcome<RollbackAnswer> {
        let errand = Errand(.rollback, order.environment, [order.service], reason: order.reason)
        return try await change(errand, visit) { desk in
            let place = try environment(order.environment, visit, .rollback, order.service)
            // The hold that comes with it is a hold as any other.
            if order.holds { _ = try visit.permit(.hold, at: .service(order.service, in: order.environment)) }
            let outcome = try await desk.rollback(
                order.request(by: place.author.name), in: place.environment,
                restoringConfiguration: order.restoresConfiguration, expecting: order.expectation, by: place.author)
            var note = Note(outcome.commit)
            note.from = outcome.answer.from?.version
            note.to = outcome.answer.to.version
            if outcome.commit == nil { note.detail = "it was at this release already" }
            if let commit = outcome.commit {
                log.add(ActionRecord(order, outcome.answer, commit, by: visit.caller.name, at: now()))
            }
            return (outcome, note)
        }
    }

    // MARK: Hold and resume

    func hold(
        _ scope: HoldDecision.Scope, in environment: Name, reason: String, until: Instant?, _ visit: Visit
    ) async throws(ActionFailure) -> ChangeOutcome<[HoldAnswer]> {
        try await change(Errand(.hold, environment, scope.named, reason: reason), visit) { desk in
            let place = try clearance(scope, environment, visit)
            let outcome = try await desk.hold(
                scope, in: place.environment, reason: reason, until: until, by: place.author,
                approving: { try approve($0, visit) })
            return (outcome, Note(holds: outcome))
        }
    }

    func resume(
        _ scope: HoldDecision.Scope, in environment: Name, reason: String?, _ visit: Visit
    ) async throws(ActionFailure) -> ChangeOutcome<[HoldAnswer]> {
        try await change(Errand(.resume, environment, scope.named, reason: reason), visit) { desk in
            let place = try clearance(scope, environment, visit)
            let outcome = try await desk.resume(
                scope, in: place.environment, reason: reason, by: place.author, approving: { try approve($0, visit) })
            return (outcome, Note(holds: outcome))
        }
    }

    /// Which services a team has, only the branch can say: `approve` asks about each of them.
    private func clearance(_ scope: HoldDecision.Scope, _ environment: Name, _ visit: Visit) throws -> Clearance {
        switch scope {
        case .all: return try self.environment(environment, visit, .hold, nil)
        case .services(let names):
            let places = try names.map { try self.environment(environment, visit, .hold, $0) }
            guard let first = places.first else { throw ActionFailure(.badRequest, "no service is named") }
            return first
        case .team:
            guard let place = visit.places(of: .hold, in: environment, tools.status()).first else {
                return try self.environment(environment, visit, .hold, nil)
            }
            return try self.environment(environment, visit, .hold, place)
        }
    }

    private func approve(_ places: [HoldPlace], _ visit: Visit) throws {
        for place in places {
            switch place.scope {
            case .all: _ = try visit.permit(.hold, at: .environment(place.environment))
            case .service(let service): _ = try visit.permit(.hold, at: .service(service, in: place.environment))
            }
        }
    }
}

extension PromotionOrder {
    fileprivate func places(in environment: Name) -> [Place] {
        services.map { $0.sorted().map { .service($0, in: environment) } } ?? [.environment(environment)]
    }
}

extension RollbackOrder {
    fileprivate func request(by actor: String) -> RollbackRequest {
        RollbackRequest(service: service, target: target, reason: reason, actor: actor, holds: holds, until: until)
    }
}

extension HoldDecision.Scope {
    fileprivate var named: [Name] { if case .services(let names) = self { names } else { [] } }
}

extension Actions.Note {
    fileprivate init(holds outcome: ChangeOutcome<[HoldAnswer]>) {
        self.init(outcome.commit)
        services = outcome.answer.compactMap { answer in
            if case .service(let name) = answer.place.scope { name } else { nil }
        }
        if outcome.commit == nil { detail = "it was so already" }
    }
}
