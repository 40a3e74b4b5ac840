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
    expect(again.content == pipeline, "another pipeline: \(again.diagnostics)")
}

private func tree(of pipeline: Pipeline) -> Value {
    let environments = pipeline.environments.map { environment in
        var tree: Value = [
            "name": .string(environment.name.text), "branch": .string(environment.branch),
            "namespace": .string(environment.namespace), "apply": .string(environment.applyMode.rawValue),
            "prune": [
                "limit": .integer(Int64(environment.prune.limit)),
                "percent": .integer(Int64(environment.prune.percent)),
            ],
        ]
        tree["cluster"] = environment.cluster.map(Value.string)
        return tree
    }
    let warnings = pipeline.disabledWarnings.map { Map.Entry(key: $0, value: false) }
    return ["environments": .list(environments), "warnings": .map(Map(warnings))]
}
