// SPDX-License-Identifier: Apache-2.0

import Domain
public import HTTPServer
public import Lifecycle
public import Logging
import Platform

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
        /// Where objects are kept between two runs; nil keeps them in memory only.
        public var stateFolder: String?
        /// How long changes are collected before they are written there.
        public var saveDelay: Duration = .milliseconds(500)

        public init() {}
    }

    public let name = "embedded cluster"
    private let store: Store
    private let objects: Objects
    private let server: APIServer
    private let controllers: Controllers
    private let snapshot: Snapshot?
    private let writer = SnapshotWriter()
    private let saveDelay: Duration
    private let log: Logger
    private let stopSignal = AsyncStream.makeStream(of: Void.self)

    /// A cluster in memory only.
    public convenience init() {
        // Without a folder there is nothing to read, so nothing that can fail.
        self.init(Configuration(), snapshot: nil, log: .silent, now: wallClock)
    }

    /// - Throws: When the state folder cannot be made, or what is in it cannot be read.
    public convenience init(
        _ configuration: Configuration, log: Logger = .silent, now: @escaping Now = wallClock
    ) throws {
        let snapshot = try configuration.stateFolder.map { folder throws(FileError) in try Snapshot(folder: folder) }
        self.init(configuration, snapshot: snapshot, log: log, now: now)
        if let saved = try snapshot?.load(store.registry) { restore(saved.objects, revision: saved.revision) }
        Bootstrap.fill(objects)
    }

    private init(_ configuration: Configuration, snapshot: Snapshot?, log: Logger, now: @escaping Now) {
        self.snapshot = snapshot
        self.log = log
        saveDelay = configuration.saveDelay
        store = Store(resources: Catalog.builtIn, logLimit: configuration.watchWindow)
        objects = Objects(store: store, now: now, allocator: Allocator())
        server = APIServer(
            store: store, objects: objects, now: now, watchTimeout: configuration.watchTimeout,
            bookmarkInterval: configuration.bookmarkInterval)
        controllers = Controllers(objects: objects, podDelay: configuration.podDelay)
        if configuration.stateFolder == nil { Bootstrap.fill(objects) }
    }

    /// Puts back objects, and serves the custom kinds among them.
    private func restore(_ saved: [(ResourceID, Value)], revision: Int64) {
        store.restore(saved, revision: revision)
        for (resource, object) in saved where resource == .definitions {
            if let kind = CustomSchema.resource(of: object) { store.changeRegistry { $0.insert(kind) } }
        }
        objects.allocator.restore(saved.filter { $0.0 == .services }.map(\.1))
    }

    /// Answers API requests.
    public var handler: HTTPHandler {
        { [server] request in await server.handle(request) }
    }

    /// Runs the controllers until `stop()`.
    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [controllers] in await controllers.run() }
            group.addTask { [self] in await keepSaving() }
            for await _ in stopSignal.stream {}
            group.cancelAll()
        }
        await save()
    }

    /// Writes the snapshot some time after changes, never without one.
    private func keepSaving() async {
        guard snapshot != nil else { return }
        let (changes, source) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [store] in for await _ in store.feed() { source.yield() } }
            for await _ in changes {
                // Cancelled: the last save follows in `run`.
                guard (try? await Task.sleep(for: saveDelay)) != nil else { break }
                await save()
            }
            group.cancelAll()
        }
    }

    private func save() async {
        guard let snapshot else { return }
        let (objects, revision) = store.everything()
        do {
            try await writer.save(objects, revision: revision, to: snapshot)
        } catch {
            log.error("Objects could not be saved", ["error": "\(error)"])
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
