// SPDX-License-Identifier: Apache-2.0

public import Domain

extension Renderer {
    /// The services of an environment that other files would render otherwise: to other objects, or to none because of an
    /// error. Those that only one of the two has are left out; so are all of them when one of the two cannot be read.
    ///
    /// What comparing two renderings would say, without rendering again what `memory` knows.
    ///
    /// - Parameter cache: What rendering the environment from `files` left; what is not in it is rendered here.
    public func services(
        of environment: Environment, in files: SourceSnapshot, renderedOtherwiseBy other: SourceSnapshot,
        reusing cache: RenderCache? = nil, memory: RenderMemory
    ) -> Set<Name> {
        let here = render(files, for: environment, reusing: cache)
        guard !here.rendering.isUnreadable else { return [] }
        let preparation = prepare(other, environment, after: here.cache)
        guard let context = preparation.context else { return [] }
        return here.cache.services(renderedOtherwiseBy: context, preparation.changes, memory)
            ?? services(
                of: here.rendering, differingFrom: render(other, for: environment, reusing: here.cache).rendering)
    }

    /// The same from two whole renderings.
    func services(of here: Rendering, differingFrom there: Rendering) -> Set<Name> {
        guard !here.isUnreadable, !there.isUnreadable else { return [] }
        let others = Dictionary(uniqueKeysWithValues: there.services.map { ($0.name, $0) })
        var found: Set<Name> = []
        for service in here.services {
            guard let other = others[service.name], other.inputs != service.inputs else { continue }
            let isSame = !service.isFailed && service.manifests.map(\.digest) == other.manifests.map(\.digest)
            if !isSame || other.isFailed { found.insert(service.name) }
        }
        return found
    }
}

extension RenderCache {
    /// - Returns: Nil when services have to be looked at together: where objects change hands, services come or go, or
    ///   need others than before.
    fileprivate func services(
        renderedOtherwiseBy context: RenderContext, _ changes: RenderChanges, _ memory: RenderMemory
    ) -> Set<Name>? {
        guard conflicts.isEmpty, hasSameServices(as: context, changes) else { return nil }
        let refused = Set(services.filter(\.isFailed).map(\.name))
        var found: Set<Name> = []
        for (name, outcome) in outcomes(context, changes, memory) {
            let service = results[name]?.service
            if service == nil, outcome == nil { continue }
            guard let service, let outcome else { return nil }
            let known = self.outcome(of: service, context, memory)
            guard outcome.needs == known.needs else { return nil }
            // A service that fails wants nothing that another could have.
            guard outcome.objects == nil || outcome.identities == known.identities else { return nil }
            if outcome.objects == nil || outcome.objects != known.objects || refused.contains(name) {
                found.insert(name)
            }
        }
        return found
    }

    private func hasSameServices(as context: RenderContext, _ changes: RenderChanges) -> Bool {
        guard let paths = changes.paths else { return false }
        var list = list
        _ = list.update(paths, context)
        return list.services == self.list.services
    }

    private func outcome(
        of service: RenderedService, _ context: RenderContext, _ memory: RenderMemory
    ) -> RenderMemory.Outcome {
        if let known = memory.outcome(of: service.inputs) { return known }
        let outcome = RenderMemory.Outcome(of: service, namespace: context.environment.namespace)
        memory.note(outcome, of: service.inputs, isNew: false)
        return outcome
    }

    /// What becomes of the services whose inputs are others there; nil for one that is in the environment no more.
    private func outcomes(
        _ context: RenderContext, _ changes: RenderChanges, _ memory: RenderMemory
    ) -> [(Name, RenderMemory.Outcome?)] {
        var outcomes: [(Name, RenderMemory.Outcome?)] = []
        var unknown: [Name] = []
        for name in suspects(context, changes) {
            guard let known = results[name] else {
                unknown.append(name)
                continue
            }
            // With the template of here: of a service that names another one there, nobody ever saw these inputs.
            let inputs = context.inputs(
                of: name, context.ownFiles(name), template: known.template, isAbsent: known.service == nil)
            if inputs == known.inputs { continue }
            if let outcome = memory.outcome(of: inputs) {
                outcomes.append((name, outcome))
            } else {
                unknown.append(name)
            }
        }
        for (name, result) in Self.render(unknown, context) {
            let outcome = result.service.map {
                RenderMemory.Outcome(of: $0, namespace: context.environment.namespace)
            }
            if let outcome { memory.note(outcome, of: result.inputs, isNew: true) }
            outcomes.append((name, outcome))
        }
        return outcomes
    }
}
