// SPDX-License-Identifier: Apache-2.0

/// What a pipeline's environment says about the build that runs in it. Pure.
public struct ReleaseFacts: Sendable, Hashable {
    public enum Pipeline: String, Sendable, Hashable {
        case jenkins = "Jenkins"
        case github = "GitHub Actions"
        case gitlab = "GitLab CI"
    }

    /// What a release record can be told by its environment.
    public enum Field: String, Sendable, Hashable, CaseIterable {
        case buildNumber = "build.number"
        case buildURL = "build.url"
        case buildJob = "build.job"
        case sourceURL = "source.url"
        case sourceBranch = "source.branch"
        case sourceCommit = "source.commit"
        case sourceMessage = "source.message"
        case sourceAuthor = "source.author"
        case releasedBy
    }

    public struct Fact: Sendable, Hashable {
        public let value: String
        /// Where it was found, as people know it: `GIT_COMMIT`.
        public let origin: String

        public init(value: String, origin: String) {
            self.value = value
            self.origin = origin
        }
    }

    /// Nil outside a known pipeline.
    public let pipeline: Pipeline?
    public private(set) var facts: [Field: Fact] = [:]
    /// What says that this is the build of a pull request: `CHANGE_ID=17`; nil when nothing does.
    public private(set) var pullRequest: String?

    public init(_ environment: [String: String]) {
        func has(_ name: String) -> Bool { environment[name]?.isEmpty == false }
        if environment["GITHUB_ACTIONS"] == "true" {
            pipeline = .github
        } else if has("GITLAB_CI") {
            pipeline = .gitlab
        } else if has("JENKINS_URL") || (has("BUILD_NUMBER") && has("JOB_NAME")) {
            pipeline = .jenkins
        } else {
            pipeline = nil
        }
        switch pipeline {
        case .jenkins: readJenkins(environment)
        case .github: readGitHub(environment)
        case .gitlab: readGitLab(environment)
        case nil: break
        }
    }

    public subscript(field: Field) -> String? { facts[field]?.value }

    /// Keeps what is known already.
    public mutating func add(_ field: Field, _ value: String?, from origin: String) {
        guard facts[field] == nil, let value = value.map(Self.cleaned), !value.isEmpty else { return }
        facts[field] = Fact(value: value, origin: origin)
    }

    /// One line for each origin that was used, for people: `taken from Jenkins: build.number (BUILD_NUMBER), …`
    public func sentence(about used: Set<Field>) -> String? {
        let parts = Field.allCases.filter(used.contains).compactMap { field in
            facts[field].map { "\(field.rawValue) (\($0.origin))" }
        }
        guard !parts.isEmpty else { return nil }
        return "taken from \(pipeline?.rawValue ?? "here"): \(parts.joined(separator: ", "))"
    }

    // MARK: Pipelines

    private mutating func take(_ field: Field, _ names: String..., from environment: [String: String]) {
        for name in names { add(field, environment[name], from: name) }
    }

    private mutating func readJenkins(_ environment: [String: String]) {
        take(.buildNumber, "BUILD_NUMBER", from: environment)
        take(.buildURL, "BUILD_URL", from: environment)
        take(.buildJob, "JOB_NAME", from: environment)
        add(.sourceURL, environment["GIT_URL"].map(withoutCredentials), from: "GIT_URL")
        take(.sourceBranch, "BRANCH_NAME", "GIT_LOCAL_BRANCH", from: environment)
        // The git plugin calls it origin/main.
        let branch = environment["GIT_BRANCH"].map { $0.hasPrefix("origin/") ? String($0.dropFirst(7)) : $0 }
        add(.sourceBranch, branch, from: "GIT_BRANCH")
        take(.sourceCommit, "GIT_COMMIT", from: environment)
        take(.releasedBy, "BUILD_USER_ID", from: environment)
        add(.releasedBy, environment["JOB_NAME"].map { "jenkins \($0)" }, from: "JOB_NAME")
        if let change = environment["CHANGE_ID"], !change.isEmpty { pullRequest = "CHANGE_ID=\(change)" }
    }

    private mutating func readGitHub(_ environment: [String: String]) {
        take(.buildNumber, "GITHUB_RUN_NUMBER", from: environment)
        if let server = environment["GITHUB_SERVER_URL"], let repository = environment["GITHUB_REPOSITORY"] {
            add(.sourceURL, withoutCredentials("\(server)/\(repository)"), from: "GITHUB_REPOSITORY")
            add(
                .buildURL, environment["GITHUB_RUN_ID"].map { "\(server)/\(repository)/actions/runs/\($0)" },
                from: "GITHUB_RUN_ID")
        }
        if let repository = environment["GITHUB_REPOSITORY"], let workflow = environment["GITHUB_WORKFLOW"] {
            add(.buildJob, "\(repository)/\(workflow)", from: "GITHUB_WORKFLOW")
        }
        if environment["GITHUB_REF_TYPE"] != "tag" { take(.sourceBranch, "GITHUB_REF_NAME", from: environment) }
        take(.sourceCommit, "GITHUB_SHA", from: environment)
        take(.releasedBy, "GITHUB_ACTOR", from: environment)
        let event = environment["GITHUB_EVENT_NAME"] ?? ""
        if event.hasPrefix("pull_request") { pullRequest = "GITHUB_EVENT_NAME=\(event)" }
    }

    private mutating func readGitLab(_ environment: [String: String]) {
        take(.buildNumber, "CI_PIPELINE_IID", from: environment)
        take(.buildURL, "CI_PIPELINE_URL", from: environment)
        // The number above counts the project's pipelines.
        take(.buildJob, "CI_PROJECT_PATH", from: environment)
        add(.sourceURL, environment["CI_PROJECT_URL"].map(withoutCredentials), from: "CI_PROJECT_URL")
        take(.sourceBranch, "CI_COMMIT_BRANCH", from: environment)
        take(.sourceCommit, "CI_COMMIT_SHA", from: environment)
        take(.sourceMessage, "CI_COMMIT_TITLE", from: environment)
        let author = environment["CI_COMMIT_AUTHOR"].map { text in text.prefix { $0 != "<" } }
        add(.sourceAuthor, author.map(String.init), from: "CI_COMMIT_AUTHOR")
        take(.releasedBy, "GITLAB_USER_LOGIN", from: environment)
        if let number = environment["CI_MERGE_REQUEST_IID"], !number.isEmpty {
            pullRequest = "CI_MERGE_REQUEST_IID=\(number)"
        } else if environment["CI_PIPELINE_SOURCE"] == "merge_request_event" {
            pullRequest = "CI_PIPELINE_SOURCE=merge_request_event"
        }
    }

    /// One line of at most 200 characters.
    private static func cleaned(_ text: String) -> String {
        let words = text.split { $0.isNewline || $0.isWhitespace || ($0.unicodeScalars.first?.value ?? 0) < 0x20 }
        return String(words.joined(separator: " ").prefix(200))
    }
}

/// A URL without what stands before `@` in its host part: records are read by everybody.
func withoutCredentials(_ url: String) -> String {
    guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return url }
    let start = url.index(colon, offsetBy: 3)
    let rest = url[start...]
    let end = rest.firstIndex(of: "/") ?? rest.endIndex
    guard let at = rest[..<end].lastIndex(of: "@") else { return url }
    // The user of an ssh address is part of the address, its password is not.
    let user = rest[..<at].prefix { $0 != ":" }
    let isSSH = url[..<colon].lowercased().contains("ssh")
    return url[..<start] + (isSSH ? "\(user)@" : "") + rest[rest.index(after: at)...]
}
