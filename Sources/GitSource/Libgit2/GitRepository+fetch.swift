// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain
import Lifecycle

extension GitRepository {
    /// Brings all branches and tags of a remote here, and makes ours equal to them. Blocks.
    ///
    /// The references move only after everything they name has arrived: a fetch that fails changes nothing.
    func fetch(from remote: GitRemote, flag: CancellationFlag) throws(GitError) -> RemoteState {
        let conversation = RemoteConversation(
            remote, .uploadPack, operation: "fetching \(remote.url)", folder: path, flag: flag)
        let isLocal = remote.url.transport == .local
        let state = isLocal ? try copy(conversation) : try converse(conversation)
        for (name, id) in state.references where Self.branch(ofReference: name) != nil {
            let object = try storedObject(id, GIT_OBJECT_ANY, "checking what \(conversation.operation) brought")
            guard git_object_type(object.handle) == GIT_OBJECT_COMMIT else {
                throw GitError(
                    code: .refused, operation: conversation.operation,
                    detail: "\(name) names something that is no commit; correct the branch on the server")
            }
            _ = try tree(of: object)
        }
        try takeOver(state)
        return state
    }

    private func converse(_ conversation: RemoteConversation) throws(GitError) -> RemoteState {
        let session = try FetchSession(conversation) { $0 == "HEAD" || Self.isMirrored($0) }
        let offer = try session.references(below: [Self.branchPrefix, Self.tagPrefix])
        var state = RemoteState()
        for (name, hex) in offer.ids where Self.isMirrored(name) {
            state.references[name] = try offered(name, hex, conversation)
        }
        state.defaultBranch = offer.defaultBranch.flatMap { Self.isValid(Self.branchPrefix + $0) ? $0 : nil }
        let missing = Set(state.references.values.filter { !hasObject($0) }.map(\.hex))
        guard !missing.isEmpty else { return state }
        try session.fetch(
            FetchSession.Request(wants: missing.sorted(), haves: try commonGround()), into: self)
        return state
    }

    /// - Throws: `.refused` for a name that could lead anywhere but to a reference.
    func offered(_ name: String, _ hex: String, _ conversation: RemoteConversation) throws(GitError) -> git_oid {
        var id = git_oid()
        guard Self.isValid(name), git_oid_fromstr(&id, hex) == 0 else {
            throw GitError(
                code: .refused, operation: conversation.operation,
                detail: "the remote offers a reference with an invalid name: \(name.debugDescription)")
        }
        return id
    }

    /// Commits that the remote may know, too: our heads, and ever older ones behind them in case a head was taken back.
    private func commonGround() throws(GitError) -> [String] {
        let (headLimit, depthLimit) = (32, 256)
        var found: [String] = []
        for head in try heads().values.sorted(by: { $0.hex < $1.hex }).prefix(headLimit) {
            var (id, distance, next) = (git_oid(head), 0, 0)
            while distance <= depthLimit {
                if distance == next {
                    found.append(id.hex)
                    next = max(1, next * 2)
                }
                guard hasObject(id) else { break }
                let commit = try storedObject(id, GIT_OBJECT_COMMIT, "looking for common history")
                guard let parent = git_commit_parent_id(commit.handle, 0)?.pointee else { break }
                id = parent
                distance += 1
            }
        }
        return Array(Set(found)).sorted()
    }

    static func isValid(_ name: String) -> Bool {
        // libgit2 lets DEL pass, which git does not.
        guard !name.utf8.contains(0x7f) else { return false }
        var isValid: Int32 = 0
        return git_reference_name_is_valid(&isValid, name) == 0 && isValid == 1
    }
}
