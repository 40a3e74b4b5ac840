// SPDX-License-Identifier: Apache-2.0

/// Which services can never start, because what they need is missing or needs them back. Pure.
public enum Needs {
    /// Why each of these services cannot start; those that can are not in it.
    public static func problems(in services: [RenderedService]) -> [Name: String] {
        let needs = Dictionary(services.map { ($0.name, $0.needs) }) { first, _ in first }
        var problems: [Name: String] = [:]
        for service in services {
            if let missing = service.needs.first(where: { needs[$0] == nil }) {
                problems[service.name] = "it needs \(missing), which this environment does not have"
            } else if let cycle = cycle(from: service.name, needs: needs) {
                problems[service.name] = "it needs itself: \(cycle.map(\.text).joined(separator: " → "))"
            }
        }
        return problems
    }

    /// The way from `start` back to itself; nil when there is none.
    private static func cycle(from start: Name, needs: [Name: [Name]]) -> [Name]? {
        var cameFrom: [Name: Name] = [:]
        var queue = [start]
        while let name = queue.popLast() {
            for need in needs[name] ?? [] {
                if need == start {
                    var way = [start]
                    var step: Name? = name
                    while let name = step, name != start {
                        way.append(name)
                        step = cameFrom[name]
                    }
                    return [start] + way.reversed()
                }
                if cameFrom[need] == nil {
                    cameFrom[need] = name
                    queue.append(need)
                }
            }
        }
        return nil
    }
}
