// SPDX-License-Identifier: Apache-2.0

public import Domain

/// What a genuine delivery says. A hint about where to look, never an order: what is applied is what a fetch brings.
public enum HookEvent: Sendable, Hashable {
    /// The forge tries whether somebody is there.
    case ping
    case push(Push)
    /// Somebody came into a team, left one, or took back what they had allowed: the numbers of who is concerned; nil for
    /// everybody.
    case people(Int64?)
    case other

    public struct Push: Sendable, Hashable {
        /// The repository's name without its owner; nil when the sender did not say.
        public let repository: String?
        /// Branches that moved; nil for "any may have". The commit is nil for a deleted one, and when it is not said.
        public let branches: [String: CommitID?]?

        public init(repository: String?, branches: [String: CommitID?]?) {
            self.repository = repository
            self.branches = branches
        }
    }
}

extension Hook.Kind {
    /// Reads what `event` means. Pure; what it does not understand is `.other`.
    func read(_ event: String, _ body: Value) -> HookEvent {
        switch self {
        case .github, .gitea: Self.readGitHub(event, body)
        case .gitlab: Self.readGitLab(body)
        case .bitbucket: Self.readBitbucket(event, body)
        case .bitbucketServer: Self.readBitbucketServer(event, body)
        case .generic: Self.readGeneric(event, body)
        }
    }

    private static func readGitHub(_ event: String, _ body: Value) -> HookEvent {
        let repository = body["repository"]?["name"]?.string
        switch event {
        case "ping": return .ping
        case "push":
            guard let ref = body["ref"]?.string else { return .other }
            return .push(.init(repository: repository, branches: branches([(ref, body["after"])])))
        case "create", "delete":
            guard body["ref_type"]?.string == "branch", let name = body["ref"]?.string else { return .other }
            return .push(.init(repository: repository, branches: [name: nil]))
        case "membership": return .people(body["member"]?["id"]?.integer)
        case "organization": return .people(body["membership"]?["user"]?["id"]?.integer)
        case "github_app_authorization": return .people(body["sender"]?["id"]?.integer)
        case "team", "team_add": return .people(nil)
        default: return .other
        }
    }

    private static func readGitLab(_ body: Value) -> HookEvent {
        guard ["push", "tag_push"].contains(body["object_kind"]?.string ?? body["event_name"]?.string ?? ""),
            let ref = body["ref"]?.string
        else { return .other }
        let path = body["project"]?["path_with_namespace"]?.string
        return .push(.init(repository: path.map(lastPart), branches: branches([(ref, body["after"])])))
    }

    private static func readBitbucket(_ event: String, _ body: Value) -> HookEvent {
        guard event == "repo:push", let changes = body["push"]?["changes"]?.list else { return .other }
        var branches: [String: CommitID?] = [:]
        for change in changes.prefix(100) {
            let new = change["new"] ?? .null
            let side = new == .null ? change["old"] ?? .null : new
            guard side["type"]?.string == "branch", let name = side["name"]?.string else { continue }
            branches.updateValue(new["target"]?["hash"]?.string.flatMap { CommitID($0) }, forKey: name)
        }
        let path = body["repository"]?["full_name"]?.string
        return .push(.init(repository: path.map(lastPart), branches: branches))
    }

    private static func readBitbucketServer(_ event: String, _ body: Value) -> HookEvent {
        if event == "diagnostics:ping" { return .ping }
        guard event == "repo:refs_changed", let changes = body["changes"]?.list else { return .other }
        let refs = changes.prefix(100).compactMap { change in
            change["ref"]?["id"]?.string.map { ($0, change["toHash"]) }
        }
        return .push(.init(repository: body["repository"]?["slug"]?.string, branches: branches(refs)))
    }

    /// `{"branch": "dev"}`, `{"branches": ["dev"]}`, `{"ref": "refs/heads/dev", "commit": "…"}`, or an empty object.
    private static func readGeneric(_ event: String, _ body: Value) -> HookEvent {
        if event == "ping" { return .ping }
        guard event.isEmpty || event == "push" else { return .other }
        let repository = body["repository"]?.string.map(lastPart)
        if let ref = body["ref"]?.string {
            return .push(.init(repository: repository, branches: branches([(ref, body["commit"])])))
        }
        let names = body["branches"]?.list?.compactMap(\.string) ?? body["branch"]?.string.map { [$0] }
        guard let names else { return .push(.init(repository: repository, branches: nil)) }
        let commit = names.count == 1 ? body["commit"]?.string.flatMap { CommitID($0) } : nil
        return .push(
            .init(repository: repository, branches: Dictionary(names.prefix(100).map { ($0, commit) }) { $1 }))
    }

    /// Tags and notes are no branches and fall away.
    private static func branches(_ refs: [(ref: String, commit: Value?)]) -> [String: CommitID?] {
        let heads = "refs/heads/"
        var branches: [String: CommitID?] = [:]
        for (ref, commit) in refs where ref.hasPrefix(heads) {
            let id = commit?.string.flatMap { $0.utf8.allSatisfy { $0 == UInt8(ascii: "0") } ? nil : CommitID($0) }
            branches.updateValue(id, forKey: String(ref.dropFirst(heads.count)))
        }
        return branches
    }

    private static func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
