// SPDX-License-Identifier: Apache-2.0

/// A page of `kubernaut help` that belongs to no single command.
struct Topic: Sendable {
    let name: String
    let summary: String
    let text: String
}

let topics: [Topic] = [
    Topic(
        name: "repository", summary: "how a config repository is laid out",
        text: """
            A config repository holds one folder, environments/ unless --path says otherwise:

              kubernaut.yaml                     the environments in the order releases walk through them
              defaults.yaml                      values for every service everywhere
              templates/<name>.yaml              Mustache templates, one or more manifests each
              templates/partials/<name>.yaml     pieces that templates share: {{>name}}
              services/<service>.yaml            template, team, needs, values (optional)
              releases/<service>.yaml            the release record: version and image
              <environment>/defaults.yaml        values for every service there
              <environment>/services/<service>.yaml   values for one service there; enabled: false keeps it out

            An environment is a branch of the repository; promoting is merging one branch into the next.

            Values, from lowest to highest: defaults.yaml, <environment>/defaults.yaml, `values` of
            services/<service>.yaml, `values` of the release record, <environment>/services/<service>.yaml.
            Maps merge, lists and scalars replace, null removes. `kubernaut explain SERVICE --env NAME` shows
            which file and line set each value.

            """),
    Topic(
        name: "environment", summary: "environment variables and settings files",
        text: """
            A flag wins over an environment variable, that over a settings file, that over the default.

              KUBERNAUT_REPO      --repo         the clone of the config repository
              KUBERNAUT_PATH      --path         the config root inside it
              KUBERNAUT_ENV       --env          the environment
              KUBERNAUT_OUTPUT    --output       the output format, for commands that have it
              KUBERNAUT_SERVER    --server       a running kubernaut to ask
              KUBERNAUT_TOKEN, KUBERNAUT_TOKEN_FILE   a key for it, or --token-file
              KUBERNAUT_GIT_TOKEN_FILE, KUBERNAUT_GIT_SSH_KEY, KUBERNAUT_GIT_KNOWN_HOSTS, KUBERNAUT_GIT_CA
                                                 how to be let into the config repository
              GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME, GIT_COMMITTER_EMAIL   who commits
              KUBERNAUT_CONFIG                   the settings file of the user
              KUBECONFIG                         clusters and credentials, as for kubectl
              NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM=dumb, COLUMNS
              HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE

            Settings files are .kubernaut.yaml in the clone, and $XDG_CONFIG_HOME/kubernaut/config.yaml
            (~/.config when unset). Each is a map of flag names to texts, for example:

              path: deploy/environments
              output: yaml

            """),
    Topic(
        name: "exit-codes", summary: "what the numbers mean to scripts",
        text: ExitCode.allCases.map { "  \(padded("\($0.rawValue)", 3, right: true))  \($0.meaning)\n" }.joined()),
]
