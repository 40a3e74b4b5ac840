// SPDX-License-Identifier: Apache-2.0

import Domain

extension Expander {
    /// What a name stands for, innermost context first; once the first part is found the others must follow.
    static func find(_ tag: TemplateTag, in contexts: [Binding]) -> Binding? {
        guard let first = tag.path.first else { return contexts.last }
        for context in contexts.reversed() {
            guard case .map(let members) = context.value, let value = members[first] else { continue }
            var binding = Binding(value: value, path: context.path?.appending(first))
            for part in tag.path.dropFirst() {
                guard let next = binding.value[part] else { return nil }
                binding = Binding(value: next, path: binding.path?.appending(part))
            }
            return binding
        }
        return nil
    }

    /// The error for a name that stands for nothing.
    static func unknownVariable(_ tag: TemplateTag, in template: Template, contexts: [Value]) -> TemplateProblem {
        var known: [String] = []
        if let owner = contexts.last(where: { $0[tag.path.first ?? ""] != nil }) {
            var value = owner
            var parts: [String] = []
            for part in tag.path {
                guard let next = value[part] else { break }
                value = next
                parts.append(part)
            }
            let prefix = parts.map { $0 + "." }.joined()
            let wanted = tag.path[parts.count]
            known = nearestWords(to: wanted, in: value.map?.keys ?? []).map { prefix + $0 }
            if known.isEmpty, value.map == nil {
                return template.problem(
                    Codes.unknownVariable, "unknown variable \(tag.name)", at: tag.offset,
                    hint: "\(parts.joined(separator: ".")) is a \(value.kindName) and has no members")
            }
        } else {
            known = nearestWords(to: tag.path.first ?? "", in: contexts.flatMap { $0.map?.keys ?? [] })
        }
        let hint =
            known.isEmpty
            ? "set it in defaults.yaml or for the service, or make it optional: {{#\(tag.name)}}…{{/\(tag.name)}}"
            : "did you mean \(known.map { "\"\($0)\"" }.joined(separator: " or "))?"
        return template.problem(Codes.unknownVariable, "unknown variable \(tag.name)", at: tag.offset, hint: hint)
    }
}
