// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// Reads `teams` and `grants` of `kubernaut.yaml`.
enum PolicyFile {
    /// - Parameter environments: The pipeline's; a grant for another one is an error.
    static func read(
        teams: YAMLMember?, grants: YAMLMember?, environments: [Environment], _ file: inout ConfigFile
    ) -> Policy {
        let teams = self.teams(teams, &file)
        return Policy(teams: teams, grants: self.grants(grants, teams, environments.map(\.name.text), &file))
    }

    // MARK: Teams

    /// `{shop: {github: acme/shop}}`, `{shop: acme/shop}` or, for names alone, a list.
    private static func teams(_ member: YAMLMember?, _ file: inout ConfigFile) -> [Team] {
        guard let member, !member.value.isNull else { return [] }
        if let items = member.value.items {
            var teams: [Team] = []
            for item in items {
                guard let name = file.name(YAMLMember(key: "team", keyMark: item.mark, value: item)) else { continue }
                if teams.contains(where: { $0.name == name }) {
                    file.error(Codes.badValue, "the team \(name) comes twice", at: item.mark)
                } else {
                    teams.append(
                        Team(
                            name: name, github: nil, contact: nil, description: nil, location: file.location(item.mark))
                    )
                }
            }
            return teams
        }
        guard let members = member.value.members else {
            file.badKind(member, "a map of teams")
            return []
        }
        var teams: [Team] = []
        for member in members {
            if let team = team(member, &file) { teams.append(team) }
        }
        return teams
    }

    private static func team(_ member: YAMLMember, _ file: inout ConfigFile) -> Team? {
        let name = Name(member.key)
        if name == nil {
            file.error(
                Codes.badName, "\"\(member.key)\" is no name", at: member.keyMark, hint: "allowed: \(Name.rule)")
        }
        let isShort = member.value.scalar?.value.string != nil
        let keys = ["github", "contact", "description"]
        guard let members = isShort ? KnownMembers() : file.map(member.value, "a team", keys: keys) else { return nil }
        let github = github(isShort ? member : members["github"], &file)
        let contact = file.string(members["contact"])
        let description = file.string(members["description"])
        return name.map {
            Team(
                name: $0, github: github, contact: contact, description: description,
                location: file.location(member.keyMark))
        }
    }

    private static func github(_ member: YAMLMember?, _ file: inout ConfigFile) -> GitHubTeam? {
        guard let member, let text = file.string(member) else { return nil }
        if let team = GitHubTeam(text) { return team }
        file.error(
            Codes.badName, "\"\(text)\" is no team on GitHub", at: member.value.mark,
            hint: "write organization/team, as in the team's address on GitHub")
        return nil
    }

    // MARK: Grants

    private static let grantKeys = ["team", "teams", "user", "users", "role", "environments", "services"]

    private static func grants(
        _ member: YAMLMember?, _ teams: [Team], _ environments: [String], _ file: inout ConfigFile
    ) -> [Grant] {
        guard let member, !member.value.isNull else { return [] }
        guard let items = member.value.items else {
            file.badKind(member, "a list of grants")
            return []
        }
        var grants: [Grant] = []
        for item in items {
            if let grant = grant(item, teams, environments, &file) { grants.append(grant) }
        }
        return grants
    }

    private static func grant(
        _ node: YAMLNode, _ teams: [Team], _ environments: [String], _ file: inout ConfigFile
    ) -> Grant? {
        guard let members = file.map(node, "a grant", keys: grantKeys) else { return nil }
        let subjects = subjects(members, teams, &file)
        if subjects?.isEmpty ?? false {
            file.error(
                Codes.missingKey, "the grant names nobody", at: node.mark, hint: "add team: with a name of teams:")
        }
        let role = role(members["role"], node, &file)
        let inEnvironments = globs(members["environments"], "environments", node, &file) { glob, mark, file in
            guard !environments.contains(where: glob.matches) else { return }
            file.error(
                Codes.badValue, "there is no environment \"\(glob)\"", at: mark,
                hint: didYouMean(glob.pattern, in: environments) ?? "known: \(environments.joined(separator: ", "))")
        }
        let services = globs(members["services"], "services", node, &file) { _, _, _ in }
        guard let subjects, !subjects.isEmpty, let role, !inEnvironments.isEmpty, !services.isEmpty else { return nil }
        return Grant(
            subjects: subjects, role: role, environments: inEnvironments, services: services,
            location: file.location(node.mark))
    }

    /// - Returns: Nil when one of them is wrong; empty when there is none.
    private static func subjects(
        _ members: KnownMembers, _ teams: [Team], _ file: inout ConfigFile
    ) -> [Grant.Subject]? {
        var subjects: [Grant.Subject] = []
        var isWrong = false
        for (text, mark) in file.texts(members["team"]) + file.texts(members["teams"]) {
            if let subject = teamSubject(text, mark, teams, &file) { subjects.append(subject) } else { isWrong = true }
        }
        for (text, mark) in file.texts(members["user"]) + file.texts(members["users"]) {
            if isGitHubName(text) {
                subjects.append(.user(text))
            } else {
                isWrong = true
                file.error(
                    Codes.badName, "\"\(text)\" is no login on GitHub", at: mark,
                    hint: "users are named one by one; many people are a team")
            }
        }
        return isWrong ? nil : subjects
    }

    private static func teamSubject(
        _ text: String, _ mark: YAMLMark, _ teams: [Team], _ file: inout ConfigFile
    ) -> Grant.Subject? {
        guard let team = teams.first(where: { $0.name.text == text }) else {
            let names = teams.map(\.name.text)
            file.error(
                Codes.badValue, "there is no team \"\(text)\"", at: mark,
                hint: didYouMean(text, in: names)
                    ?? (names.isEmpty
                        ? "name it in teams: with its team on GitHub" : "known: \(names.joined(separator: ", "))"))
            return nil
        }
        guard team.github != nil else {
            file.error(
                Codes.missingKey, "the team \(text) has no github:, so nobody is known to be in it", at: mark,
                hint: "add github: organization/team to \(text) in teams:")
            return nil
        }
        return .team(team.name)
    }

    private static func role(_ member: YAMLMember?, _ grant: YAMLNode, _ file: inout ConfigFile) -> Role? {
        guard let member, !member.value.isNull else {
            file.error(Codes.missingKey, "the grant has no role", at: grant.mark, hint: roleHint)
            return nil
        }
        guard let text = file.string(member) else { return nil }
        if let role = Role(rawValue: text) { return role }
        file.error(
            Codes.badValue, "there is no role \"\(text)\"", at: member.value.mark,
            hint: didYouMean(text, in: Role.allCases.map(\.rawValue)) ?? roleHint)
        return nil
    }

    private static let roleHint = "known: \(Role.allCases.map(\.rawValue).joined(separator: ", "))"

    /// Patterns for names; what a grant is for is always written out, so that nothing is granted by forgetting.
    private static func globs(
        _ member: YAMLMember?, _ key: String, _ grant: YAMLNode, _ file: inout ConfigFile,
        check: (Glob, YAMLMark, inout ConfigFile) -> Void
    ) -> [Glob] {
        guard let member, !member.value.isNull, member.value.items?.isEmpty != true else {
            file.error(
                Codes.missingKey, "the grant names no \(key)", at: member?.keyMark ?? grant.mark,
                hint: "write \(key): [\"*\"] for all of them")
            return []
        }
        var globs: [Glob] = []
        for (text, mark) in file.texts(member) {
            let isPattern =
                text.utf8.count <= 63
                && text.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-*?".utf8.contains(byte)
                }
            guard isPattern else {
                file.error(
                    Codes.badName, "\"\(text)\" can match no name", at: mark,
                    hint: "allowed: \(Name.rule), with * for any run of them and ? for one")
                continue
            }
            let glob = Glob(text)
            check(glob, mark, &file)
            globs.append(glob)
        }
        return globs
    }
}
