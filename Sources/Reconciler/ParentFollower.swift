// SPDX-License-Identifier: Apache-2.0

import Domain

/// Watches the ApplySet's parent: obeys what people write on it, and has it mended when somebody deletes or edits it.
struct ParentFollower: Sendable {
    let bench: Workbench
    let book: EnvironmentBook
    /// Asks for a pass.
    let request: @Sendable (Trigger) -> Void

    /// Returns when its task is cancelled.
    func run() async {
        var version: String?
        var failures = 0
        while !Task.isCancelled {
            let start = bench.time.uptime()
            version = await follow(from: version)
            book.update { $0.isParentFollowed = false }
            failures = bench.time.uptime() - start >= KindFollower.healthyAge ? 0 : failures + 1
            let delay = KindFollower.backoff.delay(afterFailures: failures, unitRandom: bench.time.unitRandom())
            guard (try? await bench.time.sleep(delay)) != nil else { return }
        }
    }

    /// - Returns: Where the next watch continues; nil when it must look anew.
    private func follow(from start: String?) async -> String? {
        let set = bench.applySet
        let selector = "\(Conventions.applySetIDLabel)=\(set.id)"
        var version = start
        do {
            if version == nil {
                let list = try await bench.cluster.list(
                    ApplySet.resource, namespace: set.namespace, labels: selector, detail: .whole)
                consider(list.items.first { $0.objectName == set.name })
                version = list.resourceVersion
            }
            let events = bench.cluster.watch(
                ApplySet.resource, namespace: set.namespace, labels: selector, from: version ?? "", detail: .whole)
            book.update { $0.isParentFollowed = true }
            for try await event in events {
                switch event {
                case .added(let object), .modified(let object):
                    if object.objectName == set.name { consider(object) }
                    version = object.resourceVersion ?? version
                case .deleted(let object):
                    // Also when only its label was taken off.
                    if object.objectName == set.name { consider(nil) }
                    version = object.resourceVersion ?? version
                case .bookmark(let newest): version = newest
                }
            }
            return version
        } catch {
            // However it broke, one look is cheap, and a restored server may have another past.
            return nil
        }
    }

    /// - Parameter parent: Nil when there is none.
    private func consider(_ parent: Value?) {
        // Before the first pass nothing is known to be wrong.
        guard let expected = bench.index.expectedParent else { return }
        guard let parent else { return request(.drift) }
        let notes = ParentNotes(of: parent)
        let earlier = book.current.notes
        if notes != earlier { book.update { $0.notes = notes } }
        if notes.asksForPass(after: earlier) { return request(.request) }
        // What is no parent of ours any more is for the pass to refuse.
        let announced = try? bench.applySet.contents(of: parent)
        if announced?.isSuperset(of: expected) != true || !bench.applySet.isMarked(parent) { request(.drift) }
    }
}
