// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Logging
import Platform

extension Command {
    static let demo = Command(
        "demo", .run, "run the whole story on this machine, with a throw-away repository and cluster",
        [
            "Starts an embedded cluster, a bare git repository with the branches dev, staging and production, and the "
                + "daemon, all in a temporary folder that goes away at the end. Needs git, and kubectl for --once."
        ],
        flags: [
            Flag("once", "play the story, check each step, and end: 0 when all came out right"),
            Flag("template", value: "DIR", "a config root to copy", default: "environments", values: .folder),
            Flag("listen", value: "ADDR:PORT", "where pages are served", default: "127.0.0.1:8080"),
        ],
        examples: [
            Example("kubernaut demo", "then open the address it prints"),
            Example("kubernaut demo --once", "see that everything works on this machine"),
        ], handlesSignals: true
    ) { invocation in
        let template = invocation.console.path(invocation.text("template") ?? "environments")
        guard Files.exists("\(template)/kubernaut.yaml") else {
            throw CommandError(
                .usage, "there is no config root in \(template)",
                hint: "run it from a clone of kubernaut, or say --template DIR")
        }
        guard let listen = ListenAddress(invocation.text("listen") ?? "") else {
            throw CommandError(.usage, "--listen must be ADDRESS:PORT")
        }
        let folder = try Files.makeTemporaryFolder(prefix: "kubernaut-demo-")
        defer {
            // A leftover in the temporary folder is no reason to end with an error.
            try? Files.remove(folder)
        }
        do {
            return try await runDemo(invocation, folder: folder, template: template, listen: listen)
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError(.failed, "\(error)")
        }
    }
}

private func runDemo(
    _ invocation: Invocation, folder: String, template: String, listen: ListenAddress
) async throws -> ExitCode {
    let isOnce = invocation.isOn("once")
    let console = invocation.console
    let stops = stopSignals()
    let repository = try DemoRepository(in: folder, template: template)
    var configuration = ServeConfiguration()
    configuration.repository.url = repository.remote
    configuration.state = "\(folder)/state"
    configuration.listen = isOnce ? ListenAddress(host: "127.0.0.1", port: 0) : listen
    configuration.poll = .seconds(1)
    configuration.cluster = .embedded
    let logger = Logger(format: .text, threshold: isOnce ? .error : .notice)
    let daemon = try await Daemon(configuration, variables: console.environment, logger: logger)
    let kubeconfig = "\(configuration.state)/kubeconfig"
    guard isOnce else {
        console.complain(welcome(daemon.address, repository, kubeconfig))
        try await daemon.run(until: stops)
        return .done
    }
    let story = DemoStory(
        repository: repository, board: daemon.board, address: daemon.address, kubeconfig: kubeconfig, folder: folder
    ) { line in
        // A closed standard output ends the story's audience, not the story.
        try? console.put(line + "\n")
    }
    return try await daemon.run(whileNotStoppedBy: stops, interrupted: .interrupted) {
        let start = ContinuousClock.now
        do {
            try await story.play()
            try console.put("The story came out right in \((ContinuousClock.now - start).short).\n")
            return .done
        } catch {
            console.complain("\(error)")
            return .no
        }
    }
}

private func welcome(_ address: String, _ repository: DemoRepository, _ kubeconfig: String) -> String {
    """

    kubernaut is running. Open \(address)

      export KUBECONFIG=\(kubeconfig)
      kubectl get deployments -A
      kubectl delete service cart -n shop-dev            # it comes back

      cd \(repository.clone)
      git checkout dev                                   # release something: edit the version and the image
      $EDITOR environments/releases/cart.yaml && git commit -am "Release cart" && git push
      git checkout staging && git merge dev && git push  # promote it

    Stop with Ctrl-C; everything goes away with it.

    """
}
