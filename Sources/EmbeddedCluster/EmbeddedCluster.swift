// SPDX-License-Identifier: Apache-2.0

import Domain
public import HTTPServer
public import Lifecycle
import Logging

/// A small Kubernetes API in memory: HTTP requests come in, objects live, controllers make them ready.
///
/// Good for demonstrations and tests: discovery, list and watch, server-side apply, custom kinds, garbage collection.
/// There is no authentication, no container ever runs, and nothing happens while nothing changes.
public final class EmbeddedCluster: Service {
    /// What may be set.
    public struct Configuration: Sendable {
        /// How long a pod takes from one step of its life to the next.
        public var podDelay: Duration = .milliseconds(200)
        /// Changes kept per kind; a watch from before them ends with 410.
        public var watchWindow = 2000
        /// A bookmark follows this long after the last one.
        public var bookmarkInterval: Duration = .seconds(60)
        /// How long a watch lasts that sets no time of its own.
        public var watchTimeout: Duration = .seconds(1800)

        public init() {}
    }

    public let name = "embedded cluster"
    private let store: Store
    private let server: APIServer
    private let controllers: Controllers
    private let stopSignal = AsyncStream.makeStream(of: Void.self)

    public init(_ configuration: Configuration = Configuration(), now: @escaping Now = wallClock) {
        store = Store(resources: Catalog.builtIn, logLimit: configuration.watchWindow)
        let objects = Objects(store: store, now: now, allocator: Allocator())
        server = APIServer(
            store: store, objects: objects, now: now, watchTimeout: configuration.watchTimeout,
            bookmarkInterval: configuration.bookmarkInterval)
        controllers = Controllers(objects: objects, podDelay: configuration.podDelay)
        Bootstrap.fill(objects)
    }

    /// Answers API requests.
    public var handler: HTTPHandler {
        { [server] request in await server.handle(request) }
    }

    /// Runs the controllers until `stop()`.
    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [controllers] in await controllers.run() }
            for await _ in stopSignal.stream {}
            group.cancelAll()
        }
    }

    public func stop() { stopSignal.continuation.finish() }

    /// A kubeconfig for `kubectl` and for kubernaut itself.
    ///
    /// - Parameter server: Where the handler is served: `http://127.0.0.1:6443`.
    public func kubeconfig(server: String) -> String {
        """
        apiVersion: v1
        kind: Config
        clusters:
        - name: embedded
          cluster:
            server: \(server)
        contexts:
        - name: embedded
          context:
            cluster: embedded
            user: embedded
        current-context: embedded
        users:
        - name: embedded
          user: {}

        """
    }
}
