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
        let previous = caches.withLock { $0[environment.name] }
        let (rendering, cache) = renderer.render(snapshot, for: environment, reusing: previous)
        caches.withLock { $0[environment.name] = cache }
        return rendering
    }
}
