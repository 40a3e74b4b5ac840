// SPDX-License-Identifier: Apache-2.0

import Domain
import GitHubStandIn
import HTTPServer
import Lifecycle

extension Command {
    static let devGitHub = Command(
        "dev github", .run, "run a stand-in for GitHub's login on this machine",
        [
            "To try the login, and to see what people see when GitHub misbehaves. It knows six people of an organization "
                + "acme and asks for no password: whoever reaches it is whoever they pick, so it listens on loopback alone.",
            "In the daemon's configuration: login.github.webURL is the address it prints, clientID kubernaut-dev, the client "
                + "secret not-a-secret, organizations [acme].",
        ],
        flags: [
            Flag("listen", value: "ADDR:PORT", "where it is served", default: "127.0.0.1:8085"),
            Flag(
                "scenario", value: "NAME",
                "how it misbehaves: \(StandInState.Scenario.allCases.map(\.rawValue).joined(separator: ", "))",
                repeatable: true),
        ],
        examples: [Example("kubernaut dev github --scenario throttled", "a GitHub that asks for fewer requests")],
        handlesSignals: true
    ) { invocation in
        guard let listen = ListenAddress(invocation.text("listen") ?? ""), listen.isLoopback else {
            throw CommandError(.usage, "--listen must be an address of this machine alone, such as 127.0.0.1:8085")
        }
        var state = StandInState.shop
        for name in invocation.texts("scenario") {
            guard let scenario = StandInState.Scenario(rawValue: name) else {
                let near = didYouMean(name, in: StandInState.Scenario.allCases.map(\.rawValue))
                throw CommandError(.usage, "there is no scenario \(name)\(near.map { "; \($0)" } ?? "")")
            }
            state.scenarios.insert(scenario)
        }
        let stops = stopSignals()
        var configuration = WebServer.Configuration()
        configuration.host = listen.host
        configuration.port = listen.port
        let server = WebServer(
            name: "GitHub stand-in", configuration: configuration, handler: GitHubStandIn(state).handler)
        do {
            let port = try server.start()
            invocation.console.note(
                "GitHub's stand-in listens on http://\(ListenAddress(host: listen.host, port: port))")
            try await ServiceGroup([server]).run(until: stops)
            return .done
        } catch {
            throw CommandError(.failed, "\(error)")
        }
    }
}
