// SPDX-License-Identifier: Apache-2.0

import Domain
import Platform

extension Command {
    static let initialize = Command(
        "init", .configure, "make the skeleton of a config repository",
        [
            "Writes a template, defaults, an example service with its release record, and one folder per environment. "
                + "What it writes validates as it is. Files that exist are never touched without --force."
        ],
        flags: [
            Flag("dir", value: "DIR", "where; made when it is not there", default: ".", values: .folder),
            SharedFlag.path,
            Flag(
                "environments", value: "NAMES", "with commas between, first to last", default: "dev,staging,production"),
            Flag("service", short: "s", value: "NAME", "the example service", default: "hello"),
            Flag("force", "replace files that exist"),
            Flag("dry-run", "only say what would be written"),
        ],
        examples: [
            Example("kubernaut init --dir config", "dev, staging and production in a new folder"),
            Example("kubernaut init --environments test,live --service shop", "two environments here"),
        ]
    ) { invocation in
        let console = invocation.console
        let top = console.path(try invocation.required("dir"))
        let root = invocation.text("path") ?? "environments"
        let files = try scaffold(invocation).files(root: root)
        if !invocation.isOn("force") {
            let taken = files.map(\.path).filter { Files.exists("\(top)/\($0)") }
            guard taken.isEmpty else {
                throw CommandError(
                    .conflict,
                    "\(counted(taken.count, "file")) would be replaced, \(taken[0]) \(taken.count > 1 ? "first" : "alone")",
                    hint: "choose another --dir, or say --force")
            }
        }
        let isDryRun = invocation.isOn("dry-run")
        for (path, text) in files {
            if !isDryRun {
                let whole = "\(top)/\(path)"
                try Files.makeFolder(String(whole.prefix(upTo: whole.lastIndex(of: "/") ?? whole.endIndex)))
                try Files.write(Array(text.utf8), to: whole)
            }
            try console.put("\(path)\n")
        }
        if !isDryRun { console.note(nextSteps(invocation, top)) }
        return .done
    }
}

private func scaffold(_ invocation: Invocation) throws(CommandError) -> Scaffold {
    let words = try invocation.required("environments").split(separator: ",").map(String.init)
    guard !words.isEmpty else { throw CommandError(.usage, "--environments names none") }
    var environments: [Name] = []
    for word in words {
        let environment = try parsedName(word, for: "an environment")
        guard !environments.contains(environment) else {
            throw CommandError(.usage, "--environments names \(environment) twice")
        }
        // These folders have another meaning in a config repository.
        guard !["services", "templates", "releases", "health"].contains(word) else {
            throw CommandError(
                .usage, "an environment cannot be called \(word)", hint: "that folder means something else")
        }
        environments.append(environment)
    }
    return Scaffold(
        environments: environments, service: try parsedName(try invocation.required("service"), for: "a service"))
}

private func nextSteps(_ invocation: Invocation, _ top: String) -> String {
    let names = invocation.text("environments")?.split(separator: ",").map(String.init) ?? []
    let isRepository = Files.exists("\(top)/.git")
    let start = isRepository ? "" : "git init --initial-branch \(names.first ?? "dev") && "
    let branches = names.dropFirst().map { " && git branch \($0)" }.joined()
    return """

        Next, in \(top):
          kubernaut validate
          \(start)git add . && git commit -m "Start the config repository"\(isRepository ? "" : branches)
          kubernaut serve --repo . --cluster embedded
        """
}
