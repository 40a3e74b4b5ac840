// SPDX-License-Identifier: Apache-2.0

import Domain

extension Defaults {
    static func pod(_ object: inout Value) {
        change(&object, ["spec"]) { spec in
            podSpec(&spec)
            set(&spec, ["enableServiceLinks"], true)
        }
    }

    /// A pod's specification, alone or in a template.
    static func podSpec(_ spec: inout Value) {
        set(&spec, ["dnsPolicy"], "ClusterFirst")
        set(&spec, ["restartPolicy"], "Always")
        set(&spec, ["schedulerName"], "default-scheduler")
        set(&spec, ["securityContext"], [:])
        set(&spec, ["terminationGracePeriodSeconds"], 30)
        // The old and the new name of one field.
        if let account = spec["serviceAccountName"] ?? spec["serviceAccount"] {
            spec["serviceAccountName"] = account
            spec["serviceAccount"] = account
        }
        each(&spec, ["containers"], container)
        each(&spec, ["initContainers"], container)
        each(&spec, ["volumes"], volume)
    }

    private static func container(_ container: inout Value) {
        let image = container["image"]?.string ?? ""
        set(&container, ["imagePullPolicy"], isLatest(image) ? "Always" : "IfNotPresent")
        set(&container, ["terminationMessagePath"], "/dev/termination-log")
        set(&container, ["terminationMessagePolicy"], "File")
        each(&container, ["ports"]) { set(&$0, ["protocol"], "TCP") }
        each(&container, ["env"]) { variable in
            change(&variable, ["valueFrom", "fieldRef"]) { set(&$0, ["apiVersion"], "v1") }
            change(&variable, ["valueFrom", "resourceFieldRef"]) { set(&$0, ["divisor"], "0") }
        }
        for name in ["livenessProbe", "readinessProbe", "startupProbe"] { change(&container, [name], probe) }
        for hook in ["postStart", "preStop"] {
            change(&container, ["lifecycle", hook, "httpGet"]) { request in
                set(&request, ["path"], "/")
                set(&request, ["scheme"], "HTTP")
            }
        }
        // What is limited and not requested is requested as limited.
        for entry in container[at: "resources", "limits"]?.map ?? Map() {
            set(&container, ["resources", "requests", entry.key], entry.value)
        }
    }

    /// Whether an image reference has neither a digest nor a tag other than `latest`.
    private static func isLatest(_ image: String) -> Bool {
        if image.contains("@") { return false }
        let last = image.split(separator: "/").last ?? ""
        guard let colon = last.lastIndex(of: ":") else { return true }
        return last[last.index(after: colon)...] == "latest"
    }

    private static func probe(_ probe: inout Value) {
        set(&probe, ["timeoutSeconds"], 1)
        set(&probe, ["periodSeconds"], 10)
        set(&probe, ["successThreshold"], 1)
        set(&probe, ["failureThreshold"], 3)
        change(&probe, ["httpGet"]) { request in
            set(&request, ["path"], "/")
            set(&request, ["scheme"], "HTTP")
        }
        change(&probe, ["grpc"]) { set(&$0, ["service"], "") }
    }

    private static func volume(_ volume: inout Value) {
        let sources = (volume.map ?? Map()).keys.filter { $0 != "name" }
        if sources.isEmpty { volume["emptyDir"] = [:] }
        for source in ["configMap", "secret", "downwardAPI", "projected"] {
            change(&volume, [source]) { set(&$0, ["defaultMode"], 420) }
        }
        change(&volume, ["hostPath"]) { set(&$0, ["type"], "") }
        each(&volume, ["downwardAPI", "items"]) { item in
            change(&item, ["fieldRef"]) { set(&$0, ["apiVersion"], "v1") }
        }
        each(&volume, ["projected", "sources"]) { source in
            change(&source, ["serviceAccountToken"]) { set(&$0, ["expirationSeconds"], 3600) }
        }
    }
}
