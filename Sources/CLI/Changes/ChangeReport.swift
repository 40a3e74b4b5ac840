// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import JSON

extension ChangeSession {
    /// What would be committed: the message, and each file as a unified diff.
    func preview(_ change: Change, on base: BranchHead) async throws -> String {
        var text = "Would commit to \(base.branch):\n\n"
        let trailers = change.trailers.map { "\($0.key): \($0.value)" }
        for line
            in (change.message.split(separator: "\n", omittingEmptySubsequences: false) + [""]
            + trailers.map { $0[...] })
        {
            text += line.isEmpty ? "\n" : "    \(line)\n"
        }
        text += "\n"
        guard case .edits(let edits) = change.content else { return text }
        let old = try await repository.files(at: edits.keys.sorted(), of: base.commit)
        for path in edits.keys.sorted() {
            let shown = target.path(of: path)
            let new = edits[path] ?? nil
            let diff = unifiedDiff(
                old[path].map { Self.lines($0.bytes) } ?? [], new.map(Self.lines) ?? [],
                from: old[path] == nil ? "/dev/null" : shown, to: new == nil ? "/dev/null" : shown)
            text += diff.map { "\($0)\n" }.joined()
        }
        return text
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map(String.init)
    }

    /// Prints what became of a change: a sentence and on a dry run the diff, or with `-o json` one document.
    func report<Answer>(
        _ result: ChangeResult<Answer>, action: String, environment: Environment, sentence: String, facts: Value
    ) async throws {
        let console = invocation.console
        guard invocation.output == "json" else {
            if result.isDryRun, let change = result.change {
                try console.put(try await preview(change, on: result.base))
            } else {
                try console.put("\(sentence)\n")
            }
            return
        }
        var document: Value = [
            "action": .string(action), "environment": .string(environment.name.text),
            "branch": .string(result.base.branch), "base": .string(result.base.commit.hex),
            "commit": result.commit.map { .string($0.hex) } ?? .null, "dryRun": .bool(result.isDryRun),
            "attempts": .integer(Int64(result.attempts)),
        ]
        for entry in facts.map ?? Map() { document[entry.key] = entry.value }
        if result.isDryRun, let change = result.change {
            document["diff"] = .string(try await preview(change, on: result.base))
        }
        try console.put(String(decoding: document.prettyJSON(), as: UTF8.self))
    }

    /// `: commit 9f2ab11 on dev`, or nothing when there is none.
    func place<Answer>(of result: ChangeResult<Answer>) -> String {
        result.commit.map { ": commit \($0.short) on \(result.base.branch)" } ?? ""
    }
}

extension ReleaseRecord {
    /// As commands print it.
    var commandJSON: Value {
        ["service": .string(service.text), "version": .string(version), "image": .string(image)]
    }
}

extension Hold {
    var commandJSON: Value {
        [
            "by": by.map(Value.string) ?? .null, "reason": .string(reason),
            "until": until.map { .string("\($0)") } ?? .null, "all": .bool(isForAll),
        ]
    }
}
