// SPDX-License-Identifier: Apache-2.0

import Domain
import Render
import YAML

/// Any bytes are a pipeline or errors inside of them, and a pipeline keeps what `Pipeline` promises.
public func checkPipeline(_ bytes: [UInt8]) {
    let files = ["kubernaut.yaml": bytes]
    let reading = Renderer.pipeline(in: snapshot(files))
    expectPlaces(of: reading.diagnostics, in: files.mapValues { Extent($0) })
    expect((reading.content == nil) == reading.hasErrors, "a pipeline with errors, or none without")
    guard let pipeline = reading.content else { return }
    let environments = pipeline.environments
    expect(!environments.isEmpty, "no environment")
    expect(Set(environments.map(\.name)).count == environments.count, "a name twice")
    expect(Set(environments.map(\.branch)).count == environments.count, "a branch twice")
    for environment in environments {
        expect((0...100).contains(environment.prune.percent), "prune percent \(environment.prune.percent)")
        expect(environment.prune.limit >= 0, "prune limit \(environment.prune.limit)")
        expect(Name(environment.namespace) != nil, "namespace \(environment.namespace)")
        expect(!environment.branch.isEmpty && !environment.branch.hasPrefix("-"), "branch \(environment.branch)")
    }
    let again = Renderer.pipeline(in: snapshot(["kubernaut.yaml": Array(tree(of: pipeline).yaml().utf8)]))
    guard let other = again.content else {
        return expect(false, "unreadable when written again: \(again.diagnostics)")
    }
    expect(tree(of: other) == tree(of: pipeline), "another pipeline: \(tree(of: other).yaml())")
}

/// Everything but what people may do, which has no form of its own in the file.
private func tree(of pipeline: Pipeline) -> Value {
    let warnings = pipeline.disabledWarnings.map { Map.Entry(key: $0, value: false) }
    return ["environments": .list(pipeline.environments.map { tree(of: $0) }), "warnings": .map(Map(warnings))]
}

private func tree(of environment: Environment) -> Value {
    var tree: Value = [
        "name": .string(environment.name.text), "branch": .string(environment.branch),
        "namespace": .string(environment.namespace), "apply": .string(environment.applyMode.rawValue),
        "prune": [
            "limit": .integer(Int64(environment.prune.limit)),
            "percent": .integer(Int64(environment.prune.percent)),
        ],
        "adopt": .bool(environment.adoptsExisting),
    ]
    tree["cluster"] = environment.cluster.map(Value.string)
    if let suspension = environment.suspension {
        tree["suspend"] = ["reason": .string(suspension.reason)]
        if let by = suspension.by { tree["suspend"]?["by"] = .string(by) }
        if let until = suspension.until { tree["suspend"]?["until"] = .string(until.precise) }
    }
    if let timeout = environment.healthTimeout {
        tree["health"] = ["timeout": .string("\(timeout.components.seconds)s")]
    }
    if !environment.ignored.isEmpty { tree["ignore"] = .list(environment.ignored.map { rule in ruleTree(of: rule) }) }
    return tree
}

private func ruleTree(of rule: IgnoreRule) -> Value {
    var tree: Value = [
        "kind": .string(rule.kind.description),
        "jsonPointers": .list(rule.pointers.map { .string($0.description) }),
    ]
    for (key, glob) in [("group", rule.group), ("namespace", rule.namespace), ("name", rule.name)] {
        tree[key] = glob.map { .string($0.description) }
    }
    return tree
}
