// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a reviewer would remark on the rights of a pod.
enum PodWarnings {
    /// - Parameter path: Of the pod's specification.
    static func check(_ spec: Value, _ path: @autoclosure () -> FieldPath) -> [ObjectProblem] {
        var problems = host(spec, path())
        for list in ["initContainers", "containers"] {
            for (index, container) in (spec[list]?.list ?? []).enumerated() {
                var place: FieldPath { path().appending(list).appending(index) }
                let name = container["name"]?.string ?? "without a name"
                if mayBeRoot(container, spec) {
                    problems.append(
                        ObjectProblem(
                            code: Codes.runsAsRoot, message: "the container \(name) may run as root",
                            path: place.appending("name"), hint: "set securityContext: {runAsNonRoot: true}"))
                }
                if container[at: "securityContext", "privileged"]?.bool == true {
                    problems.append(
                        ObjectProblem(
                            code: Codes.hostAccess,
                            message: "the container \(name) is privileged: it has all of its node",
                            path: place.appending("securityContext").appending("privileged")))
                }
            }
        }
        return problems
    }

    private static func mayBeRoot(_ container: Value, _ spec: Value) -> Bool {
        func setting(_ key: String) -> Value? {
            container[at: "securityContext", key] ?? spec[at: "securityContext", key]
        }
        return setting("runAsNonRoot")?.bool != true && (setting("runAsUser")?.integer ?? 0) == 0
    }

    private static func host(_ spec: Value, _ path: @autoclosure () -> FieldPath) -> [ObjectProblem] {
        var problems: [ObjectProblem] = []
        for key in ["hostNetwork", "hostPID", "hostIPC"] where spec[key]?.bool == true {
            problems.append(
                ObjectProblem(
                    code: Codes.hostAccess, message: "\(key) lets the pod see what its node and other pods do",
                    path: path().appending(key)))
        }
        for (index, volume) in (spec["volumes"]?.list ?? []).enumerated() {
            guard let folder = volume[at: "hostPath", "path"]?.string else { continue }
            problems.append(
                ObjectProblem(
                    code: Codes.hostAccess, message: "the pod has its node's folder \(folder)",
                    path: path().appending("volumes").appending(index).appending("hostPath").appending("path"),
                    hint: "what is there differs from node to node; a PersistentVolumeClaim follows the pod"))
        }
        return problems
    }
}
