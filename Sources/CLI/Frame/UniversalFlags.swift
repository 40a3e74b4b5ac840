// SPDX-License-Identifier: Apache-2.0

/// Flags that every command has, before or after its name.
let universalFlags: [Flag] = [
    Flag("help", short: "h", "show help and examples"),
    Flag(
        "color", value: "WHEN", "when to use color; NO_COLOR, CLICOLOR and CLICOLOR_FORCE are obeyed", default: "auto",
        values: .choice(["auto", "always", "never"])),
    Flag("quiet", short: "q", "say only what is asked for, and errors"),
    Flag("verbose", short: "v", "say more; twice for every request", repeatable: true),
]

/// Flags that several commands have, each written once.
enum SharedFlag {
    static let repository = Flag(
        "repo", value: "DIR", "the clone of the config repository; looked for upward from here",
        variable: "KUBERNAUT_REPO", values: .folder)
    static let path = Flag(
        "path", value: "FOLDER", "the config root inside the repository", default: "environments",
        variable: "KUBERNAUT_PATH")
    static let revision = Flag(
        "at", value: "REV", "read a commit, branch or tag instead of the files on disk")
    static let environment = Flag(
        "env", short: "e", value: "NAME", "the environment", variable: "KUBERNAUT_ENV")
    static let service = Flag(
        "service", short: "s", value: "NAME", "only this service; may come more than once", repeatable: true)
    static let kubeconfig = Flag(
        "kubeconfig", value: "FILE", "how to reach the cluster; default: as kubectl finds it", values: .file)
    static let context = Flag("context", value: "NAME", "the kubeconfig's context to use")
    /// An environment as a revision of the clone describes it, and the cluster it lives in.
    static let liveEnvironment = [revision, repository, path, kubeconfig, context]
    static let server = Flag(
        "server", value: "URL", "a running kubernaut to ask", variable: "KUBERNAUT_SERVER")
    static let store = Flag(
        "store", value: "URL",
        "a PostgreSQL database for history, audit, keys and sessions; default: a file in the state folder",
        variable: "KUBERNAUT_STORE")
    static let tokenFile = Flag(
        "token-file", value: "FILE", "the key for --server; - for standard input", variable: "KUBERNAUT_TOKEN_FILE",
        values: .file)
    static let authority = Flag(
        "ca", value: "FILE", "an own certificate authority for --server", variable: "KUBERNAUT_CA", values: .file)
    /// A running kubernaut and how to be let in.
    static let access = [server, tokenFile, authority]
    static let noBlame = Flag("no-blame", "leave out who changed a line and when; saves reading the history")
    static let yes = Flag("yes", short: "y", "do it without asking")
    static let noInput = Flag("no-input", "never ask; also when CI or KUBERNAUT_NO_INPUT is set")
    static let noHeaders = Flag("no-headers", "leave out the table's first line")

    static func output(_ formats: [String], default fallback: String? = nil) -> Flag {
        Flag(
            "output", short: "o", value: "FORMAT", formats.joined(separator: ", "), default: fallback ?? formats.first,
            variable: "KUBERNAUT_OUTPUT", values: .choice(formats))
    }
}
