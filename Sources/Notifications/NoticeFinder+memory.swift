// SPDX-License-Identifier: Apache-2.0

import Domain

/// What was told, kept over the life of a process: a restart must not tell everything again.
extension NoticeFinder {
    func saved() -> Value {
        [
            "beliefs": .list(
                beliefs.filter { !$0.value.told.isWell }.map { subject, belief in
                    var entry = subject.value
                    entry["condition"] = .string(belief.told.word)
                    entry["key"] = .string(belief.told.key)
                    return entry
                }),
            "heads": .list(
                heads.map { subject, commit in
                    var entry = subject.value
                    entry["commit"] = .string(commit.hex)
                    return entry
                }),
            "prunes": .map(
                Map(
                    heldPrunes.filter { !$0.value.isEmpty }.map {
                        Map.Entry(key: $0.key.text, value: .string($0.value))
                    })),
        ]
    }

    /// Takes over what `saved` gave; what cannot be read is left out.
    mutating func restore(_ value: Value) {
        for entry in value["beliefs"]?.list ?? [] {
            guard let subject = Subject(entry), let condition = Condition(entry) else { continue }
            beliefs[subject] = Belief(told: condition)
        }
        for entry in value["heads"]?.list ?? [] {
            guard let subject = Subject(entry), let commit = entry["commit"]?.string.flatMap({ CommitID($0) }) else {
                continue
            }
            heads[subject] = commit
            knownEnvironments.insert(subject.environment)
        }
        for entry in value["prunes"]?.map ?? Map() {
            if let name = Name(entry.key), let hash = entry.value.string { heldPrunes[name] = hash }
        }
    }
}

extension NoticeFinder.Subject {
    fileprivate var value: Value {
        var value: Value = ["environment": .string(environment.text)]
        value["service"] = service.map { .string($0.text) }
        return value
    }

    fileprivate init?(_ value: Value) {
        guard let environment = value["environment"]?.string.flatMap({ Name($0) }) else { return nil }
        self.init(environment: environment, service: value["service"]?.string.flatMap { Name($0) })
    }
}

extension NoticeFinder.Condition {
    fileprivate var word: String {
        switch self {
        case .well: "well"
        case .failed: "failed"
        case .unhealthy: "unhealthy"
        }
    }

    fileprivate var key: String {
        switch self {
        case .well: ""
        case .failed(let key), .unhealthy(let key): key
        }
    }

    fileprivate init?(_ value: Value) {
        guard let key = value["key"]?.string else { return nil }
        switch value["condition"]?.string {
        case "failed": self = .failed(key)
        case "unhealthy": self = .unhealthy(key)
        default: return nil
        }
    }
}
