// SPDX-License-Identifier: Apache-2.0

import CLibgit2

/// A run of lines that two versions of a file do not share. Counts may be 0.
struct LineHunk: Equatable {
    /// From 0.
    let newStart: Int
    let newCount: Int
    let oldCount: Int
}

/// The differences between two texts by line, as git-diff(1) finds them, in order.
func lineHunks(from old: [UInt8], to new: [UInt8], _ operation: @autoclosure () -> String) throws(GitError)
    -> [LineHunk]
{
    var options = git_diff_options()
    try check(git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)), operation())
    options.context_lines = 0
    options.interhunk_lines = 0
    options.flags = GIT_DIFF_FORCE_TEXT.rawValue | GIT_DIFF_INDENT_HEURISTIC.rawValue
    var hunks: [LineHunk] = []
    let status = old.withUnsafeBytes { old in
        new.withUnsafeBytes { new in
            withUnsafeMutablePointer(to: &hunks) { found in
                git_diff_buffers(
                    old.baseAddress, old.count, nil, new.baseAddress, new.count, nil, &options, nil, nil, addHunk, nil,
                    found)
            }
        }
    }
    try check(status, operation())
    return hunks
}

private func addHunk(
    _ delta: UnsafePointer<git_diff_delta>?, _ hunk: UnsafePointer<git_diff_hunk>?, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let hunk = hunk?.pointee, let found = payload?.assumingMemoryBound(to: [LineHunk].self) else { return -1 }
    let count = Int(hunk.new_lines)
    // Where nothing is new, the start is the line before.
    let start = count == 0 ? Int(hunk.new_start) : Int(hunk.new_start) - 1
    found.pointee.append(LineHunk(newStart: start, newCount: count, oldCount: Int(hunk.old_lines)))
    return 0
}
