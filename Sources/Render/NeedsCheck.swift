// SPDX-License-Identifier: Apache-2.0

import Domain

/// Services that can never start, because what they need is missing or needs them back.
enum NeedsCheck {
    /// The services, each one failed that would wait for ever.
    static func refuse(in services: [RenderedService], _ context: (Name) -> String) -> [RenderedService] {
        guard services.contains(where: { !$0.needs.isEmpty }) else { return services }
        let problems = Needs.problems(in: services)
        guard !problems.isEmpty else { return services }
        return services.map { service in
            guard let problem = problems[service.name] else { return service }
            return service.failing(with: [
                Diagnostic(
                    .error, Codes.badNeeds, problem, at: SourceLocation(file: context(service.name)),
                    hint: "take one of them out of `needs`", service: service.name)
            ])
        }
    }
}
