// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Render

/// Renders environments again and again; what did not change since the last time is taken from memory.
///
/// Safe from any thread.
final class IncrementalRenderer: Sendable {
    private let renderer: Renderer
    private let caches = Lock<[Name: RenderCache]>([:])

    init(_ renderer: Renderer) { self.renderer = renderer }

    func render(_ snapshot: SourceSnapshot, for environment: Environment) -> Rendering {
        // Taken out while it changes: a second owner would make every change a copy.
        var cache = caches.withLock { $0.removeValue(forKey: environment.name) } ?? RenderCache()
        let rendering = renderer.render(snapshot, for: environment, updating: &cache)
        caches.withLock { $0[environment.name] = cache }
        return rendering
    }

    /// What the last rendering of an environment left; nil before the first.
    func cache(of environment: Name) -> RenderCache? { caches.withLock { $0[environment] } }
}
