// SPDX-License-Identifier: Apache-2.0

import Domain
import Health
import Lifecycle

/// Everything of ours in the cluster, as last seen, without bodies. Safe from any thread.
///
/// Lists, watches and the answers to our own writes all flow in here; whichever is newest wins. What changed without
/// us is remembered as a suspect until someone takes it up.
final class MemberIndex: Sendable {
    /// What happened to an object behind our back.
    enum Suspicion: Sendable, Hashable {
        case changed
        /// Came into view, with our label, without our doing.
        case appeared
        /// Deleted, or its label was taken off; with the uid it had.
        case vanished(uid: String, wasHealthy: Bool)
    }

    private enum Event {
        case state(Value)
        case deletion(Value)
    }

    private struct State {
        var members: [ResourceKey: Member] = [:]
        /// Per kind that was listed: where a watch continues.
        var versions: [GroupKind: String] = [:]
        var followed: Set<GroupKind> = []
        /// Objects being written; what is seen of them meanwhile waits for the answer.
        var inFlight: [ResourceKey: Event?] = [:]
        var suspects: [ResourceKey: Suspicion] = [:]
        /// Jobs that succeeded and were then cleared away by the cluster, with the digest they ran from.
        var finished: [ResourceKey: String] = [:]
        /// Kinds that a sweep found members of, beyond what the parent announces.
        var swept: Set<GroupKind> = []
        /// Hooks that ran to their end, with the rendering they ran for.
        var hooks: [ResourceKey: String] = [:]
        /// What ails the pods of workloads that are not healthy.
        var findings: [ResourceKey: String] = [:]
        /// Runs of hooks that are gone, and how they did last.
        var endedRuns: [ResourceKey: HealthStatus] = [:]
        /// What the parent must announce at least; nil before the first pass.
        var expectedParent: ApplySet.Contents?
    }

    let applySet: ApplySet
    private let judge: Judge
    private let rules = Lock(RuleBook())
    private let state = Lock(State())
    /// Sends after every change.
    let changes = Broadcast()
    /// Sends when there is a new suspect.
    let suspicions = Broadcast()

    init(applySet: ApplySet, health: @escaping Judge) {
        self.applySet = applySet
        judge = health
    }

    /// Takes over the health rules of a revision.
    ///
    /// - Returns: What is wrong with them.
    func adopt(rulesOf snapshot: SourceSnapshot) -> [Diagnostic] {
        rules.withLock { $0.adopt(snapshot) }
    }

    /// Counts up when the rules change: what was seen before must be looked at again.
    var rulesVersion: Int { rules.withLock { $0.version } }

    /// Kinds that cannot be unhealthy are followed by their metadata: no body, and no secret in it, is sent.
    func detail(for kind: GroupKind) -> Detail { rules.withLock { $0.current }.matters(kind) ? .whole : .metadata }

    private func health(_ object: Value, _ key: ResourceKey) -> ObjectHealth {
        let rules = rules.withLock { $0.current }
        guard !rules.matters(key.groupKind) else { return judge(object, rules) }
        let isTerminating = object[at: "metadata", "deletionTimestamp"]?.string != nil
        return isTerminating ? ObjectHealth(.terminating, "it is being deleted") : .healthy
    }

    /// As people are told: a workload's reason goes on with what ails its pods.
    var explainedMembers: [ResourceKey: Member] {
        state.withLock { state in
            var members = state.members
            for (key, finding) in state.findings {
                guard let health = members[key]?.health, health.status != .healthy else { continue }
                members[key]?.health = ObjectHealth(health.status, "\(health.reason); \(finding)")
            }
            return members
        }
    }

    var findings: [ResourceKey: String] { state.withLock { $0.findings } }

    /// - Parameter finding: Nil when nothing ails them any more.
    func note(finding: String?, for key: ResourceKey) {
        let isNew = state.withLock { state in
            guard state.findings[key] != finding else { return false }
            state.findings[key] = finding
            return true
        }
        if isNew { changes.send() }
    }

    var members: [ResourceKey: Member] { state.withLock { $0.members } }
    func member(_ key: ResourceKey) -> Member? { state.withLock { $0.members[key] } }

    /// Where a watch on this kind continues; nil when it must be listed first.
    func version(of kind: GroupKind) -> String? { state.withLock { $0.versions[kind] } }
    var kinds: Set<GroupKind> { state.withLock { Set($0.versions.keys) } }

    /// Whether somebody keeps this kind up to date; otherwise waiting means asking.
    func isFollowed(_ kind: GroupKind) -> Bool { state.withLock { $0.followed.contains(kind) } }
    func setFollowed(_ kind: GroupKind, _ isFollowed: Bool) {
        state.withLock { if isFollowed { $0.followed.insert(kind) } else { $0.followed.remove(kind) } }
    }

    func takeSuspects() -> [ResourceKey: Suspicion] {
        state.withLock { state in
            let free = state.suspects.filter { state.inFlight[$0.key] == nil }
            for key in free.keys { state.suspects[key] = nil }
            return free
        }
    }

    func suspect(_ key: ResourceKey, _ suspicion: Suspicion) {
        state.withLock { $0.suspects[key] = suspicion }
        suspicions.send()
    }

    // MARK: Lists and watches

    /// Takes a complete list of one kind. What was there before and is not in it has vanished.
    ///
    /// - Parameter wanted: The object as we would send it, to prove equality while its body is at hand.
    func load(_ list: ObjectList, of kind: GroupKind, wanted: (ResourceKey) -> (digest: String, object: Value)?) {
        var listed = Set<ResourceKey>()
        var isSuspicious = false
        for object in list.items {
            guard let key = ResourceKey(of: object, kind: kind) else { continue }
            listed.insert(key)
            let isProven = wanted(key).map { wanted in
                object.annotation(Conventions.digestAnnotation) == wanted.digest
                    && Comparison.covers(object, wanted.object)
            }
            isSuspicious = take(object, key: key, sync: isProven == true ? .proven : .unproven) || isSuspicious
        }
        let hasVanished = state.withLock { state in
            let gone = state.members.filter {
                $0.key.groupKind == kind && !listed.contains($0.key) && state.inFlight[$0.key] == nil
                    && isLater(list.resourceVersion, than: $0.value.resourceVersion)
            }
            for (key, member) in gone {
                state.members[key] = nil
                state.suspects[key] = .vanished(uid: member.uid, wasHealthy: member.health == .healthy)
            }
            state.versions[kind] = list.resourceVersion
            return !gone.isEmpty
        }
        changes.send()
        if isSuspicious || hasVanished { suspicions.send() }
    }

    /// The watch on this kind lost its place: it must be listed again.
    func forget(_ kind: GroupKind) {
        state.withLock { $0.versions[kind] = nil }
        changes.send()
    }

    /// The server may have another past than the one that was seen: whatever it says next is news, however old it looks.
    func rewind(_ kind: GroupKind) {
        state.withLock { state in
            state.versions[kind] = nil
            for key in state.members.keys where key.groupKind == kind { state.members[key]?.resourceVersion = "" }
        }
        changes.send()
    }

    /// Kinds with objects that were only heard of, by events, must be listed again to be compared.
    func forgetUnproven() {
        state.withLock { state in
            for (key, member) in state.members where member.sync != .proven { state.versions[key.groupKind] = nil }
        }
    }

    /// The cluster does not serve this kind any more: its objects are gone with it.
    func drop(_ kind: GroupKind) {
        state.withLock { state in
            state.versions[kind] = nil
            state.members = state.members.filter { $0.key.groupKind != kind }
        }
        changes.send()
    }

    func observe(_ event: WatchEvent, of kind: GroupKind) {
        var isSuspicious = false
        switch event {
        case .added(let object), .modified(let object):
            guard let key = ResourceKey(of: object, kind: kind) else { return }
            isSuspicious = take(object, key: key, sync: .unproven)
            advance(kind, to: object.resourceVersion)
        case .deleted(let object):
            guard let key = ResourceKey(of: object, kind: kind) else { return }
            isSuspicious = takeDeletion(object, key: key)
            advance(kind, to: object.resourceVersion)
        case .bookmark(let version):
            advance(kind, to: version)
            return
        }
        changes.send()
        if isSuspicious { suspicions.send() }
    }

    private func advance(_ kind: GroupKind, to version: String?) {
        guard let version else { return }
        state.withLock { if $0.versions[kind] != nil { $0.versions[kind] = version } }
    }

    /// - Returns: Whether somebody else changed it.
    private func take(_ object: Value, key: ResourceKey, sync: Member.Sync) -> Bool {
        var seen = Member(object, key: key, in: applySet, sync: sync, health: health(object, key))
        return state.withLock { state in
            if state.inFlight[key] != nil {
                state.inFlight[key] = .some(.state(object))
                return false
            }
            return Self.settle(&seen, key: key, in: &state)
        }
    }

    private static func settle(_ seen: inout Member, key: ResourceKey, in state: inout State) -> Bool {
        guard let known = state.members[key] else {
            state.members[key] = seen
            if seen.sync != .proven { state.suspects[key] = .appeared }
            return seen.sync != .proven
        }
        if known.uid == seen.uid, known.resourceVersion == seen.resourceVersion {
            // The same state, looked at later: health may depend on the time.
            state.members[key]?.health = seen.health
            if seen.sync == .proven { state.members[key]?.sync = .proven }
            return false
        }
        if known.uid == seen.uid, !isLater(seen.resourceVersion, than: known.resourceVersion) { return false }
        if seen.sync != .proven {
            let isChanged = known.isChanged(in: seen)
            seen.sync = isChanged ? .drifted : known.sync
            if isChanged { state.suspects[key] = .changed }
        }
        state.members[key] = seen
        return state.suspects[key] != nil
    }

    private func takeDeletion(_ object: Value, key: ResourceKey) -> Bool {
        state.withLock { state in
            if state.inFlight[key] != nil {
                state.inFlight[key] = .some(.deletion(object))
                return false
            }
            return Self.settleDeletion(object, key: key, in: &state)
        }
    }

    private static func settleDeletion(_ object: Value, key: ResourceKey, in state: inout State) -> Bool {
        guard let known = state.members[key], known.uid == object.uid,
            isLater(object.resourceVersion ?? "", than: known.resourceVersion)
        else { return false }
        state.members[key] = nil
        if known.hookOf != nil {
            state.endedRuns[key] = known.health.status
            return false
        }
        state.suspects[key] = .vanished(uid: known.uid, wasHealthy: known.health == .healthy)
        return true
    }

    // MARK: Finished Jobs

    var finished: [ResourceKey: String] { state.withLock { $0.finished } }
    func setFinished(_ finished: [ResourceKey: String]) { state.withLock { $0.finished = finished } }
    func noteFinished(_ key: ResourceKey, digest: String) {
        state.withLock { $0.finished[key] = digest }
        changes.send()
    }

    // MARK: Sweeps

    var sweptKinds: Set<GroupKind> { state.withLock { $0.swept } }
    func noteSwept(_ kinds: Set<GroupKind>) { state.withLock { $0.swept.formUnion(kinds) } }

    // MARK: Hooks

    var hooks: [ResourceKey: String] { state.withLock { $0.hooks } }
    func setHooks(_ hooks: [ResourceKey: String]) { state.withLock { $0.hooks = hooks } }
    func noteHook(_ origin: ResourceKey, run: String) {
        state.withLock { $0.hooks[origin] = run }
        changes.send()
    }
    /// Whether a run of a hook had ended well when the cluster cleared it away.
    func hasEndedWell(_ key: ResourceKey) -> Bool { state.withLock { $0.endedRuns[key] == .healthy } }

    // MARK: The parent

    var expectedParent: ApplySet.Contents? { state.withLock { $0.expectedParent } }
    func expectParent(_ contents: ApplySet.Contents) { state.withLock { $0.expectedParent = contents } }

    // MARK: Our own writes

    /// Claims an object for one writer.
    ///
    /// - Returns: False when another writer has it.
    func begin(_ key: ResourceKey) -> Bool {
        state.withLock { state in
            guard state.inFlight[key] == nil else { return false }
            state.inFlight[key] = .some(nil)
            return true
        }
    }

    func isBusy(_ key: ResourceKey) -> Bool { state.withLock { $0.inFlight[key] != nil } }

    /// A dry run says that it differs from git.
    func noteDrift(_ key: ResourceKey) {
        state.withLock { $0.members[key]?.sync = .drifted }
        changes.send()
    }

    /// What the server answered to our write: the truth, until something newer is seen.
    func record(_ object: Value, key: ResourceKey) {
        let member = Member(object, key: key, in: applySet, sync: .proven, health: health(object, key))
        state.withLock { state in
            state.members[key] = member
            state.suspects[key] = nil
        }
        changes.send()
    }

    /// We deleted it, or found it gone.
    func recordDeletion(_ key: ResourceKey) {
        state.withLock { state in
            state.members[key] = nil
            state.suspects[key] = nil
        }
        changes.send()
    }

    /// Lets the object go; what was seen of it meanwhile counts now, if it is newer than our own write.
    func end(_ key: ResourceKey) {
        let held = state.withLock { $0.inFlight.removeValue(forKey: key) ?? nil }
        var isSuspicious = false
        switch held {
        case .state(let object): isSuspicious = take(object, key: key, sync: .unproven)
        case .deletion(let object): isSuspicious = takeDeletion(object, key: key)
        case nil: break
        }
        changes.send()
        if isSuspicious { suspicions.send() }
    }
}
