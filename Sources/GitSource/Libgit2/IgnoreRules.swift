// SPDX-License-Identifier: Apache-2.0

import CLibgit2

/// What git leaves alone in a clone: paths that a `.gitignore` names and that are not tracked.
///
/// In a folder that is no repository nothing is ignored.
struct IgnoreRules: ~Copyable {
    private let repository: GitRepository?
    private let index: OpaquePointer?

    init(of top: String) {
        // Without a repository there are no rules; that is no failure.
        repository = try? GitRepository(openingAt: top)
        var raw: OpaquePointer?
        if let repository { git_repository_index(&raw, repository.handle) }
        index = raw
    }

    deinit { git_index_free(index) }

    /// - Parameter path: Relative to the top of the clone.
    func contains(_ path: String, isFolder: Bool) -> Bool {
        guard let repository else { return false }
        var isIgnored: Int32 = 0
        let status = git_ignore_path_is_ignored(&isIgnored, repository.handle, isFolder ? path + "/" : path)
        guard status == 0, isIgnored == 1 else { return false }
        // What is tracked is part of the next commit, ignored or not.
        guard let index else { return true }
        var position = 0
        if isFolder { return git_index_find_prefix(&position, index, path + "/") != 0 }
        return git_index_find(&position, index, path) != 0
    }
}
