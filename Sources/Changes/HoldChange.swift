// SPDX-License-Identifier: Apache-2.0

public import Domain
import Render

/// Where a hold is written: for one service, or for everything in an environment.
public struct HoldPlace: Sendable, Hashable {
    public enum Scope: Sendable, Hashable {
        case service(Name)
        case all
    }

    public let environment: Name
    public let scope: Scope

    public init(_ scope: Scope, in environment: Name) {
        self.scope = scope
        self.environment = environment
    }

    public var path: String {
        switch scope {
        case .service(let service): "\(environment)/holds/\(service).yaml"
        case .all: "\(environment)/holds/all.yaml"
        }
    }

    /// What is held, for people.
    public var subject: String {
        switch scope {
        case .service(let service): service.text
        case .all: "all of \(environment)"
        }
    }

    /// Nil when there is no hold, ended ones included; one that cannot be read holds, without a reason.
    public func hold(in files: [String: SourceFile]) -> Hold? {
        guard let file = files[path] else { return nil }
        let reading = Renderer.hold(file.bytes, path: path, isForAll: scope == .all)
        return reading.content
            ?? Hold(
                by: nil, reason: "\(path) cannot be read", until: nil, isForAll: scope == .all,
                location: SourceLocation(file: path))
    }

    /// Where a service can be held, its own place first.
    public static func places(of service: Name, in environment: Name) -> [HoldPlace] {
        [HoldPlace(.service(service), in: environment), HoldPlace(.all, in: environment)]
    }

    /// What holds a service at this moment; nil when nothing does.
    public static func active(
        for service: Name, in environment: Name, _ files: [String: SourceFile], now: Instant
    ) -> Hold? {
        places(of: service, in: environment).lazy.compactMap { $0.hold(in: files) }.first { $0.isActive(at: now) }
    }
}

extension Hold {
    /// ` by Kim until 2026-08-24T00:00:00Z: payment freeze`
    public var sentence: String {
        (by.map { " by \($0)" } ?? "") + (until.map { " until \($0)" } ?? "") + (reason.isEmpty ? "" : ": \(reason)")
    }
}

/// What a person says when holding something.
public struct HoldOrder: Sendable, Hashable {
    public let by: String
    public let reason: String
    /// Nil for "until someone resumes".
    public let until: Instant?

    public init(by: String, reason: String, until: Instant?) {
        self.by = by
        self.reason = reason
        self.until = until
    }

    func text(since: Instant, over old: [UInt8]?) -> [UInt8] {
        RecordText.write(
            [
                RecordField("by", .string(by)), RecordField("reason", .string(reason)),
                RecordField("since", .string("\(since)")), RecordField("until", until.map { .string("\($0)") }),
            ].compactMap { $0 }, over: old)
    }
}

/// What became of one place that was to be held or resumed.
public struct HoldAnswer: Sendable, Hashable {
    public enum Result: Sendable, Hashable {
        case held
        /// It is held in these words already.
        case alreadyHeld
        case resumed
        case notHeld
    }

    public let place: HoldPlace
    public let result: Result
    /// What stood there before, ended or not; nil for nothing.
    public let before: Hold?
}

/// Decides what holding or resuming changes on an environment's branch. Pure.
public enum HoldChange {
    /// - Parameter places: At least one, all of the same environment.
    public static func hold(
        _ places: [HoldPlace], _ order: HoldOrder, files: [String: SourceFile], now: Instant
    ) throws(Refusal) -> ChangeStep<[HoldAnswer]> {
        if let until = order.until, until <= now {
            throw Refusal(.usage, "--until \(until) is over already", hint: "it is \(now) now")
        }
        var edits: FileEdits = [:]
        var answers: [HoldAnswer] = []
        for place in places {
            let before = place.hold(in: files)
            if let before, before.isActive(at: now), before.reason == order.reason, before.until == order.until {
                answers.append(HoldAnswer(place: place, result: .alreadyHeld, before: before))
            } else {
                edits[place.path] = order.text(since: now, over: files[place.path]?.bytes)
                answers.append(HoldAnswer(place: place, result: .held, before: before))
            }
        }
        let changed = answers.filter { $0.result == .held }.map(\.place)
        guard !changed.isEmpty else { return .done(answers) }
        return .commit(change("Hold", "hold", changed, edits, order.by, order.reason), answers)
    }

    public static func resume(
        _ places: [HoldPlace], by actor: String, reason: String?, files: [String: SourceFile], now: Instant
    ) -> ChangeStep<[HoldAnswer]> {
        var edits: FileEdits = [:]
        var answers: [HoldAnswer] = []
        for place in places {
            let before = place.hold(in: files)
            let isThere = files[place.path] != nil
            if isThere { edits[place.path] = .some(nil) }
            answers.append(HoldAnswer(place: place, result: isThere ? .resumed : .notHeld, before: before))
        }
        let changed = answers.filter { $0.result == .resumed }.map(\.place)
        guard !changed.isEmpty else { return .done(answers) }
        return .commit(change("Resume", "resume", changed, edits, actor, reason), answers)
    }

    private static func change(
        _ verb: String, _ action: String, _ places: [HoldPlace], _ edits: FileEdits, _ actor: String, _ reason: String?
    ) -> Change {
        let environment = places.first?.environment.text ?? ""
        let subjects = places.map(\.subject)
        let what = subjects.count > 1 ? "\(subjects.count) services" : subjects.joined()
        let isAll = places.contains { $0.scope == .all }
        let body = (reason.map { [$0] } ?? []) + (subjects.count > 1 ? [subjects.joined(separator: ", ")] : [])
        return Change(
            .edits(edits), subject: isAll ? "\(verb) \(what)" : "\(verb) \(what) in \(environment)",
            body: body.joined(separator: "\n\n"),
            trailers: ([trailer(TrailerKey.action, action)]
                + places.map { place in
                    if case .service(let service) = place.scope {
                        trailer(TrailerKey.service, service.text)
                    } else {
                        nil
                    }
                }
                + [
                    trailer(TrailerKey.environment, environment), trailer(TrailerKey.actor, actor),
                    trailer(TrailerKey.reason, reason),
                ]).compactMap { $0 })
    }
}
