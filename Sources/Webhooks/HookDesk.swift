// SPDX-License-Identifier: Apache-2.0

public import Domain
import JSON
import Lifecycle

/// Takes deliveries in: bytes and headers come in, an answer for the sender goes out, and what is worth a look is handed on.
///
/// The order is fixed: proof over the raw bytes, then parsing, then whether it came before, then whether it concerns us. Who
/// has no secret reaches none of the later steps and fills no memory. Safe from any thread; returns at once.
public final class HookDesk: Sendable {
    /// What the daemon follows now.
    public struct Followed: Sendable {
        /// Empty until the pipeline was read: then every push counts.
        public let branches: Set<String>
        /// The last part of the repository's address; nil when it names nothing, as a path does.
        public let repository: String?

        public init(branches: Set<String>, repository: String?) {
            self.branches = branches
            self.repository = repository
        }
    }

    /// What is to be done because of a delivery. All return at once.
    public struct Actions: Sendable {
        /// Branches with the commit that was announced, where one was; empty for all.
        public var fetch: @Sendable ([String: CommitID]) -> Void
        /// Of the person with this number, or of everybody.
        public var readTeams: @Sendable (Int64?) -> Void
        /// Every delivery once it was judged, refused ones too.
        public var note: @Sendable (HookDelivery) -> Void

        public init(
            fetch: @escaping @Sendable ([String: CommitID]) -> Void,
            readTeams: @escaping @Sendable (Int64?) -> Void = { _ in },
            note: @escaping @Sendable (HookDelivery) -> Void = { _ in }
        ) {
            self.fetch = fetch
            self.readTeams = readTeams
            self.note = note
        }
    }

    private let hooks: [Name: Hook]
    private let followed: @Sendable () -> Followed
    private let actions: Actions
    private let memory: DeliveryMemory
    private let log = Lock(DeliveryLog())

    public init(
        _ hooks: [Hook], followed: @escaping @Sendable () -> Followed, actions: Actions,
        memory: DeliveryMemory = DeliveryMemory()
    ) {
        self.hooks = Dictionary(hooks.map { ($0.name, $0) }) { first, _ in first }
        self.followed = followed
        self.actions = actions
        self.memory = memory
    }

    public var names: [Name] { hooks.keys.sorted() }

    /// The last deliveries, newest first; refused ones are kept apart, so that a flood of them hides nothing.
    public var recent: [HookDelivery] { log.withLock { $0.all } }

    /// Judges one delivery and sets in motion what follows from it.
    ///
    /// - Returns: Nil when there is no hook of that name.
    public func receive(_ message: HookMessage, for name: Name) -> HookDelivery? {
        guard let hook = hooks[name] else { return nil }
        let (result, detail) = judge(message, hook)
        let delivery = HookDelivery(
            at: message.at, hook: name, event: hook.kind.event(of: message), id: hook.kind.delivery(of: message),
            peer: message.peer, result: result, detail: detail)
        log.withLock { $0.add(delivery) }
        actions.note(delivery)
        return delivery
    }

    private typealias Judgement = (HookDelivery.Result, String)

    private func judge(_ message: HookMessage, _ hook: Hook) -> Judgement {
        let secrets: [Secret]
        do {
            secrets = try hook.secrets()
        } catch {
            return (.unavailable, "the secret cannot be read: \(error)")
        }
        guard let proof = hook.verify(message, secrets: secrets) else { return (.refused, "the signature is not good") }
        let type = (message.field("Content-Type") ?? "").lowercased().prefix { $0 != ";" && $0 != " " }
        guard type == "application/json" || type.hasSuffix("+json") else {
            return (.unreadable, "the content type must be application/json; choose it where the hook is set up")
        }
        let body: Value
        do throws(JSONError) {
            body = try parseJSON(message.body, depth: 64)
        } catch {
            return (.unreadable, "the body is no JSON: \(error)")
        }
        let event = hook.kind.read(hook.kind.event(of: message), body)
        // A ping is asked for by a person who waits for the answer; it may come as often as they like.
        if case .ping = event { return (.pong, "pong") }
        guard memory.isNew(hook.kind.delivery(of: message), proof, of: hook.name, at: message.at) else {
            return (.duplicate, "received before")
        }
        return act(on: event)
    }

    private func act(on event: HookEvent) -> Judgement {
        switch event {
        case .ping: return (.pong, "pong")
        case .other: return (.ignored, "nothing follows from this event")
        case .people(let id):
            actions.readTeams(id)
            return (.accepted, "teams are read again")
        case .push(let push):
            switch push.interest(in: followed()) {
            case .none(let why): return (.ignored, why)
            case .fetch(let commits, let what):
                actions.fetch(commits)
                return (.accepted, what)
            }
        }
    }
}

extension HookEvent.Push {
    enum Interest: Equatable {
        case none(String)
        case fetch([String: CommitID], String)
    }

    /// Whether somebody should look. The repository's owner is not compared: a mirror has the same name and another owner, and
    /// looking once too often costs a fetch that finds nothing.
    func interest(in followed: HookDesk.Followed) -> Interest {
        if let theirs = repository, let ours = followed.repository, theirs.lowercased() != ours.lowercased() {
            return .none("it is about another repository")
        }
        guard let branches else { return .fetch([:], "every branch is looked at") }
        let known = followed.branches.isEmpty ? Set(branches.keys) : followed.branches
        let ours = branches.filter { known.contains($0.key) }
        guard !ours.isEmpty else { return .none("no branch is followed that it is about") }
        let names = ours.keys.sorted().prefix(5).joined(separator: ", ")
        return .fetch(ours.compactMapValues { $0 }, "looking at \(names)\(ours.count > 5 ? ", …" : "")")
    }
}

/// The last deliveries. Bounded.
private struct DeliveryLog: Sendable {
    private var genuine: [HookDelivery] = []
    private var refused: [HookDelivery] = []

    mutating func add(_ delivery: HookDelivery) {
        if delivery.result == .refused {
            refused = Array(([delivery] + refused).prefix(20))
        } else {
            genuine = Array(([delivery] + genuine).prefix(100))
        }
    }

    var all: [HookDelivery] { (genuine + refused).sorted { $0.at > $1.at } }
}
