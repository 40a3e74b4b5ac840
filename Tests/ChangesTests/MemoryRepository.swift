// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Lifecycle

/// Something else came than what the test is about.
struct Unexpected: Error {
    let what: String

    init(_ what: String) { self.what = what }
}

/// What a remote would answer; scripted by tests.
struct ScriptedError: EditingError, Hashable {
    let remedy: EditingRemedy
    let text: String
}

/// A config repository of one process: trees are dictionaries, ids are counted. Pushing checks the expected id as a
/// server does.
final class MemoryRepository: EditableRepository {
    struct State {
        var trees: [TreeID: [String: [UInt8]]] = [:]
        var commits: [CommitID: CommitDraft] = [:]
        var heads: [String: CommitID] = [:]
        var count = 0
        var asked: [[String]] = []
        /// Called before the n-th push is looked at, from 1.
        var pushes = 0
    }

    private let state = Lock(State())
    let defaultBranch: String
    /// What happens to a push beside what it asks for: an error thrown before or after the branch moved.
    let interfere: @Sendable (MemoryRepository, Int) -> (before: (any Error)?, after: (any Error)?)

    init(
        _ files: [String: String], branch: String = "dev",
        interfere: @escaping @Sendable (MemoryRepository, Int) -> (before: (any Error)?, after: (any Error)?) = {
            _, _ in (nil, nil)
        }
    ) {
        defaultBranch = branch
        self.interfere = interfere
        commit(files, on: branch, "Begin")
    }

    /// Somebody else's commit.
    @discardableResult
    func commit(
        _ files: [String: String?], on branch: String, _ subject: String = "Change",
        trailers: [CommitDraft.Trailer] = []
    ) -> CommitID {
        state.withLock { state in
            var tree = state.heads[branch].flatMap { state.commits[$0] }.flatMap { state.trees[$0.tree] } ?? [:]
            for (path, text) in files { tree[path] = text.map { Array($0.utf8) } }
            let person = CommitIdentity(name: "Kim", email: "kim@example.org")
            let draft = CommitDraft(
                tree: Self.store(tree, &state), parents: state.heads[branch].map { [$0] } ?? [], author: person,
                committer: person, date: Instant(seconds: 1), message: subject, trailers: trailers)
            let id = Self.store(draft, &state)
            state.heads[branch] = id
            return id
        }
    }

    func head(_ branch: String) -> CommitID? { state.withLock { $0.heads[branch] } }
    var asked: [[String]] { state.withLock { $0.asked } }
    var pushes: Int { state.withLock { $0.pushes } }

    func text(_ path: String, on branch: String = "dev") -> String? {
        state.withLock { state in
            state.heads[branch].flatMap { state.commits[$0] }.flatMap { state.trees[$0.tree]?[path] }
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// First parents from the head down.
    func log(_ branch: String = "dev") -> [CommitDraft] {
        state.withLock { state in
            var drafts: [CommitDraft] = []
            var next = state.heads[branch]
            while let id = next, let draft = state.commits[id] {
                drafts.append(draft)
                next = draft.parents.first
            }
            return drafts
        }
    }

    private static func store(_ tree: [String: [UInt8]], _ state: inout State) -> TreeID {
        if let known = state.trees.first(where: { $0.value == tree }) { return known.key }
        state.count += 1
        // Forty digits by construction.
        guard let id = TreeID(String(format: "%040x", state.count)) else { preconditionFailure() }
        state.trees[id] = tree
        return id
    }

    private static func store(_ draft: CommitDraft, _ state: inout State) -> CommitID {
        state.count += 1
        guard let id = CommitID(String(format: "%040x", state.count)) else { preconditionFailure() }
        state.commits[id] = draft
        return id
    }

    // MARK: EditableRepository

    func fetchHead(of branch: String?) async throws -> BranchHead {
        let name = branch ?? defaultBranch
        guard let head = head(name) else { throw ScriptedError(remedy: .giveUp, text: "no branch \(name)") }
        return BranchHead(branch: name, commit: head)
    }

    func files(at paths: [String], of commit: CommitID) async throws -> [String: SourceFile] {
        state.withLock { state in
            state.asked.append(paths)
            let tree = state.commits[commit].flatMap { state.trees[$0.tree] } ?? [:]
            return Dictionary(
                uniqueKeysWithValues: paths.compactMap { path in
                    tree[path].map { (path, SourceFile(blob: String(decoding: $0, as: UTF8.self), bytes: $0)) }
                })
        }
    }

    func names(in folder: String, of commit: CommitID) async throws -> [String] {
        state.withLock { state in
            let tree = state.commits[commit].flatMap { state.trees[$0.tree] } ?? [:]
            return tree.keys.filter { $0.hasPrefix("\(folder)/") }.map { String($0.dropFirst(folder.count + 1)) }
                .filter { !$0.contains("/") }.sorted()
        }
    }

    func tree(of commit: CommitID, changing edits: FileEdits) async throws -> TreeID {
        state.withLock { state in
            var tree = state.commits[commit].flatMap { state.trees[$0.tree] } ?? [:]
            for (path, bytes) in edits { tree[path] = bytes }
            return Self.store(tree, &state)
        }
    }

    func make(_ draft: CommitDraft) async throws -> CommitID { state.withLock { Self.store(draft, &$0) } }

    func push(_ commit: CommitID, to branch: String, expecting expected: CommitID?) async throws {
        let number = state.withLock { state in
            state.pushes += 1
            return state.pushes
        }
        let (before, after) = interfere(self, number)
        if let before { throw before }
        try state.withLock { state in
            guard state.heads[branch] == expected else { throw ScriptedError(remedy: .startOver, text: "moved") }
            state.heads[branch] = commit
        }
        if let after { throw after }
    }
}
