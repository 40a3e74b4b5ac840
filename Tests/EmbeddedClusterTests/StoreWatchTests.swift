// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
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
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var last = first
                for _ in 0..<4000 { last = store.update(resource, last, at: last.revision) ?? last }
            }
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<1000 {
                        let watcher = Task { for await _ in store.wakeups(for: resource) {} }
                        await Task.yield()
                        watcher.cancel()
                        await watcher.value
                    }
                }
            }
        }
        #expect(store.revision == first.revision + 4000)
    }
}
