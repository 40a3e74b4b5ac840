// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Domain
import Lifecycle

/// What one rendering of an environment leaves for the next: opaque, and of the size of the manifests.
public struct RenderCache: Sendable {
    private(set) var library: TemplateLibrary?
    /// The files, the environment and the settings that the results belong to; nil at the beginning.
    private(set) var basis: Basis?
    /// In the order of their names; what `results` has to hold.
    private(set) var names: [Name] = []
    private(set) var strayFiles: [Diagnostic] = []
    private var results: [Name: Result] = [:]
    private var conflicts = ObjectConflicts(namespace: "")

    struct Basis: Sendable {
        let snapshot: SourceSnapshot
        let environment: Environment
        let settings: RenderSettings
    }

    fileprivate struct Result: Sendable {
        /// Nil when the service is not in the environment. Objects that other services want too are not in it.
        let service: RenderedService?
        let inputs: String
        let dependencies: [String]
    }

    init() {}

    /// Brings the results up to date.
    mutating func advance(to context: RenderContext, _ changes: RenderChanges) {
        if basis?.environment != context.environment {
            results = [:]
            conflicts = ObjectConflicts(namespace: context.environment.namespace)
        }
        if !changes.keepsServiceList {
            let list = ServiceList(context.snapshot, context.environment)
            strayFiles = list.strayFiles(in: context)
            let gone = Set(results.keys).subtracting(list.services)
            for name in gone { replace(name, with: nil) }
            names = list.services
        }
        let wanted = changes.services.map { services in names.filter { services.contains($0) || results[$0] == nil } }
        let waiting = (wanted ?? names).filter { name in
            guard let known = results[name] else { return true }
            return known.inputs != context.inputs(known.dependencies)
        }
        for (name, result) in Self.render(waiting, context) { replace(name, with: result) }
        library = context.library
        basis = Basis(snapshot: context.snapshot, environment: context.environment, settings: context.settings)
    }

    private mutating func replace(_ name: Name, with result: Result?) {
        let before = results.updateValue(result ?? Result.absent, forKey: name)?.service
        if result == nil { results[name] = nil }
        conflicts.replace(before, with: result?.service)
    }

    /// The services in order, those failed that want an object of another.
    var services: [RenderedService] {
        var services: [RenderedService] = []
        services.reserveCapacity(names.count)
        for name in names {
            if let service = results[name]?.service { services.append(service) }
        }
        if !conflicts.isEmpty { services = conflicts.refuse(in: services) }
        let snapshot = basis?.snapshot
        return NeedsCheck.refuse(in: services) { name in
            let path = "services/\(name).yaml"
            return snapshot?.path(of: path) ?? path
        }
    }

    // MARK: Rendering

    /// Renders services on all cores when they are many.
    private static func render(_ names: [Name], _ context: RenderContext) -> [(Name, Result)] {
        guard names.count >= 32 else { return names.map { ($0, render($0, context)) } }
        let size = 32
        let parts = (names.count + size - 1) / size
        let results = Lock([(Name, Result)]())
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let range = part * size..<min((part + 1) * size, names.count)
            let rendered = names[range].map { ($0, render($0, context)) }
            results.withLock { $0 += rendered }
        }
        return results.withLock { $0 }
    }

    private static func render(_ name: Name, _ context: RenderContext) -> Result {
        var renderer = ServiceRenderer(name, in: context)
        let (service, dependencies) = renderer.render()
        return Result(
            service: service, inputs: service?.inputs ?? context.inputs(dependencies), dependencies: dependencies)
    }
}

extension RenderCache.Result {
    fileprivate static let absent = RenderCache.Result(service: nil, inputs: "", dependencies: [])
}

/// What has to be looked at again since the last rendering.
struct RenderChanges {
    /// The services that can have changed; nil for all.
    let services: Set<Name>?
    let keepsTemplates: Bool
    let keepsServiceList: Bool

    init(
        from previous: RenderCache?, to snapshot: SourceSnapshot, _ environment: Environment, _ settings: RenderSettings
    ) {
        guard let basis = previous?.basis, basis.environment == environment, basis.settings == settings,
            basis.snapshot.root == snapshot.root
        else {
            services = nil
            keepsTemplates = false
            keepsServiceList = false
            return
        }
        let paths = snapshot.paths(differingFrom: basis.snapshot)
        var affected: Set<Name>? = []
        var keepsTemplates = true
        var keepsServiceList = true
        for path in paths {
            // A service's file says whether it exists without a release.
            if path.hasPrefix("services/") || (snapshot.files[path] == nil) != (basis.snapshot.files[path] == nil) {
                keepsServiceList = false
            }
            if path.hasPrefix(TemplateLibrary.folder) {
                keepsTemplates = false
                affected = nil
            } else if !Self.note(path, environment, &affected) {
                affected = nil
            }
        }
        services = affected
        self.keepsTemplates = keepsTemplates
        self.keepsServiceList = keepsServiceList
    }

    /// - Returns: False when the file can concern every service.
    private static func note(_ path: String, _ environment: Environment, _ affected: inout Set<Name>?) -> Bool {
        let own = "\(environment.name)/"
        for folder in ["releases/", "services/", "\(own)services/", "\(own)holds/"] where path.hasPrefix(folder) {
            let file = path.dropFirst(folder.count)
            guard file.hasSuffix(".yaml"), let name = Name(file.dropLast(5)) else { return true }
            if folder.hasSuffix("/holds/"), name.text == "all" { return false }
            affected?.insert(name)
            return true
        }
        return path != "defaults.yaml" && path != "\(own)defaults.yaml"
    }
}
