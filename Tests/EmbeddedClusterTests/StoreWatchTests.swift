// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Testing

@testable import EmbeddedCluster

@Suite("Watchers of the store", .timeLimit(.minutes(1)))
struct StoreWatchTests {
    @Test("watchers that leave while objects change never block a writer")
    func leaving() async throws {
        let store = Store(resources: Catalog.builtIn)
        let resource = ResourceID(group: "", plural: "configmaps")
        let object: Value = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "settings", "namespace": "default"],
        ]
        let first = try #require(store.insert(resource, object))
        // The writer wakes watchers that wait, in the moment in which another thread cancels them.
        let isOver = Lock(false)
        let writer = Task.detached {
            var last = first
            while !isOver.withLock({ $0 }) { last = store.update(resource, last, at: last.revision) ?? last }
        }
        for _ in 0..<1500 {
            let watchers = (0..<8).map { _ in Task.detached { for await _ in store.wakeups(for: resource) {} } }
            for _ in 0..<10 { await Task.yield() }
            for watcher in watchers { watcher.cancel() }
            for watcher in watchers { await watcher.value }
        }
        isOver.withLock { $0 = true }
        await writer.value
        #expect(store.revision > first.revision)
    }
}
