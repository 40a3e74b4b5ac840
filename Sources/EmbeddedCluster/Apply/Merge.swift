// SPDX-License-Identifier: Apache-2.0

import Domain

/// Lays a configuration over the live object: what it names wins, all else stays (structured-merge-diff's `Merge`).
func merge(live: Value?, config: Value?, _ schema: Schema) -> Value? {
    guard let config else { return live }
    guard let live, !schema.isLeaf(config), live.kindName == config.kindName else { return config }
    switch (live, config) {
    case (.map(let old), .map(let new)):
        var merged = old
        for entry in new {
            merged[entry.key] = merge(live: old[entry.key], config: entry.value, schema.member(entry.key) ?? .any)
        }
        return .map(merged)
    case (.list(let old), .list(let new)):
        return .list(mergeLists(live: old, config: new, schema))
    default:
        return config
    }
}

/// Keeps the order of both lists where it can; where they disagree the configuration's order wins.
private func mergeLists(live: [Value], config: [Value], _ schema: Schema) -> [Value] {
    guard case .list(let element, _) = schema else { return config }
    let oldSteps = live.map { schema.step(ofItem: $0) ?? "" }
    let newSteps = config.map { schema.step(ofItem: $0) ?? "" }
    let old = Dictionary(zip(oldSteps, live)) { first, _ in first }
    let new = Dictionary(zip(newSteps, config)) { first, _ in first }
    var shared = newSteps.filter { old[$0] != nil }[...]
    var nextShared = shared.popFirst()
    var taken: Set<String> = []
    var output: [Value] = []
    var left = 0
    var right = 0
    func take(_ step: String) {
        taken.insert(step)
        if let item = merge(live: old[step], config: new[step], element) { output.append(item) }
    }
    while left < live.count || right < config.count {
        if left < live.count, right < config.count {
            if oldSteps[left] == newSteps[right] {
                take(newSteps[right])
                left += 1
                right += 1
                nextShared = shared.popFirst()
                continue
            }
            if new[oldSteps[left]] != nil, let next = nextShared, next != oldSteps[left] {
                left += 1
                continue
            }
        }
        if left < live.count {
            if new[oldSteps[left]] == nil {
                output.append(live[left])
                left += 1
                continue
            }
            if taken.contains(oldSteps[left]) { left += 1 }
        }
        if right < config.count {
            let step = newSteps[right]
            take(step)
            right += 1
            if nextShared == step { nextShared = shared.popFirst() }
        }
    }
    return output
}

/// The value without the fields of a set; what is emptied by that vanishes with its last member.
func removing(_ set: FieldSet, from value: Value, _ schema: Schema) -> Value? {
    if set.isEmpty { return value }
    if schema.isLeaf(value) {
        if case .scalar = schema { return value }
        return value.map == nil && value.list == nil ? value : nil
    }
    switch value {
    case .map(let map):
        var rest: [Map.Entry] = []
        for entry in map {
            guard let below = set.children["f:\(entry.key)"] else {
                rest.append(entry)
                continue
            }
            if below.isMember { continue }
            let inner = removing(below, from: entry.value, schema.member(entry.key) ?? .any)
            if let inner { rest.append(Map.Entry(key: entry.key, value: inner)) }
        }
        return rest.isEmpty && !map.isEmpty ? nil : .map(Map(rest))
    case .list(let items):
        guard case .list(let element, _) = schema else { return value }
        let rest = items.compactMap { item -> Value? in
            guard let step = schema.step(ofItem: item), let below = set.children[step] else { return item }
            return below.isMember ? nil : removing(below, from: item, element)
        }
        return rest.isEmpty && !items.isEmpty ? nil : .list(rest)
    default:
        return value
    }
}
