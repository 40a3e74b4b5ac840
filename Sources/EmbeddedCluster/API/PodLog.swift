// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a container of a simulated pod would have written: nothing runs here, and its log says so.
struct PodLog {
    private let pod: Value

    /// What a pod's containers write, instead of the line about the simulation.
    static let annotation = "embedded.kubernaut.dev/log"

    init(of pod: Value) { self.pod = pod }

    /// - Parameter query: `container`, `tailLines`, `limitBytes`, as the kubelet reads them.
    /// - Throws: 400 when the container has to be named, or has not started; 400 for one that the pod does not have.
    func text(_ query: [String: String]) throws(APIError) -> String {
        let name = try container(query["container"] ?? "")
        let status = (pod[at: "status", "containerStatuses"]?.list ?? []).first { $0["name"]?.string == name }
        if let waiting = status?[at: "state", "waiting", "reason"]?.string,
            status?[at: "lastState", "terminated"] == nil
        {
            throw .badRequest("container \"\(name)\" in pod \"\(pod.name)\" is waiting to start: \(waiting)")
        }
        guard let state = status?["state"] else {
            throw .badRequest("container \"\(name)\" in pod \"\(pod.name)\" is waiting to start: ContainerCreating")
        }
        return cut(written(name, state), query)
    }

    private func container(_ asked: String) throws(APIError) -> String {
        let names = (pod[at: "spec", "containers"]?.list ?? []).compactMap { $0["name"]?.string }
        if asked.isEmpty, names.count == 1 { return names[0] }
        guard !asked.isEmpty else {
            throw .badRequest(
                "a container name must be specified for pod \(pod.name), choose one of: [\(names.joined(separator: " "))]"
            )
        }
        guard names.contains(asked) else {
            throw .badRequest("container \(asked) is not valid for pod \(pod.name)")
        }
        return asked
    }

    private func written(_ name: String, _ state: Value) -> String {
        var lines = ["embedded cluster: \(name) is simulated, nothing runs"]
        if let text = pod.annotations[Self.annotation]?.string {
            lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        if let code = state[at: "terminated", "exitCode"]?.integer, code != 0 {
            lines.append("embedded cluster: \(name) was made to fail with exit code \(code)")
        }
        return lines.map { "\($0)\n" }.joined()
    }

    private func cut(_ text: String, _ query: [String: String]) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { "\($0)\n" }[...]
        if let count = query["tailLines"].flatMap({ Int($0) }) { lines = lines.suffix(max(0, count)) }
        let bytes = query["limitBytes"].flatMap { Int($0) } ?? .max
        return String(decoding: lines.joined().utf8.prefix(max(0, bytes)), as: UTF8.self)
    }
}
