// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import JSON
import WebUI

extension Command {
    static let can = Command(
        "can", .access, "say whether somebody may do something, and which line says so",
        [
            "Ends with 0 for yes and with 1 for no. With --server a running kubernaut answers for the caller, that is for the "
                + "key in KUBERNAUT_TOKEN_FILE. Without, the kubernaut.yaml of the clone around answers for whoever --as names; "
                + "a daemon reads the policy branch alone, so an edit here grants nothing yet.",
            "Without --env it asks for everything, without --service for the environment as a whole.",
        ],
        arguments: [
            Argument("ACTION", "what to do", values: .choice(Permission.allCases.map(\.rawValue)))
        ],
        flags: [
            SharedFlag.environment, Flag("service", short: "s", value: "NAME", "the service"),
            Flag(
                "as", value: "WHO", "a GitHub login, or github:ORG/TEAM for its members; may come more than once",
                repeatable: true),
            SharedFlag.output(["text", "json"]), SharedFlag.revision, SharedFlag.repository, SharedFlag.path,
        ] + SharedFlag.access,
        examples: [
            Example("kubernaut can promote --env production --service cart --as github:acme/leads", "from a clone"),
            Example("kubernaut can release --env dev --server https://kubernaut.example.com", "may this key?"),
        ]
    ) { invocation in
        let question = try CanQuestion(invocation)
        let answer = try await question.answer(invocation)
        if invocation.output == "json" {
            try invocation.console.put(String(decoding: answer.prettyJSON(), as: UTF8.self))
        } else {
            let word = answer["allowed"]?.bool == true ? "yes" : "no"
            try invocation.console.put("\(word): \(answer["why"]?.string ?? "")\n")
        }
        return answer["allowed"]?.bool == true ? .done : .no
    }
}

private struct CanQuestion {
    let permission: Permission
    let place: Place

    init(_ invocation: Invocation) throws(CommandError) {
        let word = try invocation.requiredArgument(0)
        guard let permission = Permission(rawValue: word) else {
            let known = Permission.allCases.map(\.rawValue)
            throw CommandError(
                .usage, "\"\(word)\" is no action",
                hint: didYouMean(word, in: known) ?? "there are \(known.joined(separator: ", "))")
        }
        self.permission = permission
        let environment = try invocation.text("env").map { text throws(CommandError) in
            try parsedName(text, for: "an environment")
        }
        let service = try invocation.text("service").map { text throws(CommandError) in
            try parsedName(text, for: "a service")
        }
        switch (environment, service) {
        case (nil, nil): place = .site
        case (let environment?, nil): place = .environment(environment)
        case (let environment?, let service?): place = .service(service, in: environment)
        case (nil, _?): throw CommandError(.usage, "--service goes with --env")
        }
    }

    func answer(_ invocation: Invocation) async throws -> Value {
        let names = invocation.texts("as")
        if names.isEmpty, let server = invocation.text("server") {
            let client = try ServerClient(server, invocation)
            defer { client.shutdown() }
            var query = Query()
            query["action"] = permission.rawValue
            query["env"] = place.environment?.text
            query["service"] = place.service?.text
            return try await client.value("GET", "/api/v1/me/can\(query.text)")
        }
        guard !names.isEmpty else {
            throw CommandError(
                .usage, "may who?", hint: "name somebody with --as LOGIN or --as github:ORG/TEAM, or ask a --server")
        }
        guard !invocation.isOn("server") else {
            throw CommandError(.usage, "--server answers for the caller alone", hint: "leave out --server, or --as")
        }
        let workspace = Workspace(try await ConfigRepository(invocation).snapshot(invocation))
        let pipeline = try workspace.usablePipeline(invocation.console)
        if let name = place.environment { _ = try pipeline.environment(named: name.text) }
        let rules = AccessRules(policy: pipeline.policy)
        return rules.decide(.person(try Self.person(names)), permission, at: place).json
    }

    /// Somebody with this login and in these teams.
    private static func person(_ names: [String]) throws(CommandError) -> Person {
        var login = ""
        var teams: Set<TeamMembership> = []
        for name in names {
            if name.hasPrefix("github:") {
                guard let team = GitHubTeam(name.dropFirst("github:".count)) else {
                    throw CommandError(.usage, "\"\(name)\" is no team", hint: "write github:ORGANIZATION/TEAM")
                }
                teams.insert(TeamMembership(organization: team.organization, slug: team.slug, id: 0))
            } else if login.isEmpty, isGitHubName(name) {
                login = name
            } else {
                throw CommandError(.usage, "--as takes one login and any number of teams, not \"\(name)\" as well")
            }
        }
        return Person(id: 0, login: login, name: nil, teams: teams, teamsReadAt: Instant(milliseconds: 0))
    }
}
