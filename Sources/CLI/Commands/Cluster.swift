// SPDX-License-Identifier: Apache-2.0

import Lifecycle

extension Command {
    static let cluster = Command(
        "cluster", .run, "run the embedded cluster alone",
        [
            "A small Kubernetes API in memory, for trials and tests: kubectl works against it, Deployments become "
                + "Available, nothing is ever started. It has no login: keep it on loopback."
        ],
        flags: [
            Flag("listen", value: "ADDR:PORT", "where the API is served", default: "127.0.0.1:6443"),
            Flag(
                "kubeconfig", value: "OUT", "the kubeconfig to write", default: "kubernaut.kubeconfig", values: .file),
        ],
        examples: [
            Example(
                "kubernaut cluster --kubeconfig /tmp/embedded", "then `kubectl --kubeconfig /tmp/embedded get pods`")
        ], handlesSignals: true
    ) { invocation in
        guard let listen = ListenAddress(invocation.text("listen") ?? "") else {
            throw CommandError(.usage, "--listen must be ADDRESS:PORT, such as 127.0.0.1:6443")
        }
        let stops = stopSignals()
        let kubeconfig = invocation.console.path(invocation.text("kubeconfig") ?? "")
        do {
            let server = try EmbeddedServer(listen: listen, kubeconfig: kubeconfig)
            invocation.console.note("The embedded cluster listens on \(server.url); KUBECONFIG=\(kubeconfig)")
            try await ServiceGroup(server.services).run(until: stops)
            return .done
        } catch {
            throw CommandError(.failed, "\(error)")
        }
    }
}
