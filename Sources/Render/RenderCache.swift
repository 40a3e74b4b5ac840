// SPDX-License-Identifier: Apache-2.0

import Dispatch
public import Domain
import Lifecycle

/// What one rendering of an environment leaves for the next: opaque, and of the size of the manifests.
public struct RenderCache: Sendable {
    private(set) var library: TemplateLibrary?
    /// The files, the environment and the settings that the results belong to; nil at the beginning.
    private(set) var basis: Basis?
    private(set) var defaults: DefaultValues?
    private(set) var list = ServiceList()
    /// One for each service of the list.
    private(set) var results: [Name: Result] = [:]
    /// The services that are in the environment, in the order of their names.
    private var rendered: [RenderedService] = []
    private(set) var conflicts = ObjectConflicts(namespace: "")

    struct Basis: Sendable {
        let snapshot: SourceSnapshot
        let environment: Environment
        let settings: RenderSettings
    }

    struct Result: Sendable {
        /// Nil when the service is not in the environment. Objects that other services want too are in it.
        let service: RenderedService?
        let inputs: String
        /// As the service's file says; nil when it says nothing.
        let template: String?
    }

    public init() {}

    /// In order; those that are not in the environment too.
    public var names: [Name] { list.services }

    /// Every path, relative to the config root, that a service's manifests depend on, those of files that are not there
    /// too; empty for a service that is not known.
    public func dependencies(of service: Name) -> [String] {
        guard let result = results[service], let library, let basis else { return [] }
        return RenderContext.ownPaths(service, basis.environment)
            + library.find(result.template, service: service).dependencies
    }

    /// Brings the results up to date.
    mutating func advance(to context: RenderContext, _ changes: RenderChanges, _ defaults: DefaultValues) {
        if basis?.environment != context.environment {
            results = [:]
            rendered = []
            conflicts = ObjectConflicts(namespace: context.environment.namespace)
        }
        for name in updateList(context, changes) { replace(name, with: nil) }
        let waiting = suspects(context, changes).filter { name in
            guard let known = results[name] else { return true }
            return known.inputs
                != context.inputs(
                    of: name, context.ownFiles(name), template: known.template, isAbsent: known.service == nil)
        }
        let isMany = waiting.count > 64
        if isMany { results.reserveCapacity(list.services.count) }
        for (name, result) in Self.render(waiting, context) { replace(name, with: result, keepsOrder: !isMany) }
        if isMany { rendered = list.services.compactMap { results[$0]?.service } }
        library = context.library
        self.defaults = defaults
        basis = Basis(snapshot: context.snapshot, environment: context.environment, settings: context.settings)
    }

    /// - Returns: The services that are no longer there.
    private mutating func updateList(_ context: RenderContext, _ changes: RenderChanges) -> [Name] {
        if let paths = changes.paths { return list.update(paths, context) }
        list = ServiceList(context)
        return results.keys.filter { !list.contains($0) }
    }

    /// The services of the list that can have changed.
    func suspects(_ context: RenderContext, _ changes: RenderChanges) -> [Name] {
        guard let named = changes.services else { return list.services }
        guard let templates = changes.templates(library, context.library) else {
            return named.filter(list.contains).sorted()
        }
        return list.services.filter { name in
            guard !named.contains(name), let known = results[name] else { return true }
            return templates.concern(name, known.template) || known.service?.isFailed == true
        }
    }

    /// - Parameter keepsOrder: Whether `rendered` is kept up to date too.
    private mutating func replace(_ name: Name, with result: Result?, keepsOrder: Bool = true) {
        let before = results.updateValue(result ?? Result.absent, forKey: name)?.service
        if result == nil { results[name] = nil }
        let after = result?.service
        conflicts.replace(before, with: after)
        guard keepsOrder else { return }
        let position = rendered.firstIndexFromHere { !($0.name < name) }
        let isThere = position < rendered.count && rendered[position].name == name
        switch (isThere, after) {
        case (true, let after?): rendered[position] = after
        case (true, nil): rendered.remove(at: position)
        case (false, let after?): rendered.insert(after, at: position)
        case (false, nil): break
        }
    }

    var strayFiles: [Diagnostic] { list.strayFiles }

    /// The services in order, those failed that want an object of another.
    var services: [RenderedService] {
        let services = conflicts.isEmpty ? rendered : conflicts.refuse(in: rendered)
        let snapshot = basis?.snapshot
        return NeedsCheck.refuse(in: services) { name in
            let path = "services/\(name).yaml"
            return snapshot?.path(of: path) ?? path
        }
    }

    // MARK: Rendering

    /// Renders services on all cores when they are many.
    static func render(_ names: [Name], _ context: RenderContext) -> [(Name, Result)] {
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
        let service = renderer.render()
        return Result(
            service: service, inputs: service?.inputs ?? renderer.inputs(isAbsent: true),
            template: renderer.service.template)
    }
}

extension RenderCache.Result {
    fileprivate static let absent = RenderCache.Result(service: nil, inputs: "", template: nil)
}
