// SPDX-License-Identifier: Apache-2.0

import Domain

/// The rules every file of a config repository must pass, and the files that did.
///
/// One set of rules for commits and for working trees, so that `validate` before a push says what the daemon will say.
struct SnapshotWalk {
    let operation: String
    let limits: SnapshotLimits
    private(set) var files: [String: SourceFile] = [:]
    private var totalBytes = 0

    init(operation: String, limits: SnapshotLimits) {
        self.operation = operation
        self.limits = limits
    }

    func enter(_ folder: String, depth: Int) throws(GitError) {
        if depth > limits.depth { throw refusal("\(folder) lies more than \(limits.depth) folders deep") }
    }

    /// - Parameter names: The names of this folder so far, folded.
    /// - Returns: The path of the entry.
    func admit(_ name: String?, in folder: String, among names: inout Set<String>) throws(GitError) -> String {
        let place = folder.isEmpty ? "the config root" : folder
        guard let name else { throw refusal("\(place) holds a name that is not UTF-8; rename it") }
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        if let objection = PathRules.objection(to: name) {
            throw refusal("\(path.debugDescription): \(objection); rename it")
        }
        guard names.insert(PathRules.folded(name)).inserted else {
            throw refusal("\(path) differs from another name in \(place) only in case or accents; rename one of them")
        }
        return path
    }

    func admit(_ kind: TreeEntry.Kind, _ path: String) throws(GitError) {
        switch kind {
        case .folder, .file: break
        case .symlink:
            throw refusal(
                "\(path) is a symbolic link, which a config repository must not hold; put the file itself there")
        case .submodule:
            throw refusal(
                "\(path) is a submodule, which a config repository must not hold; put the files themselves there")
        }
    }

    mutating func add(_ file: SourceFile, at path: String) throws(GitError) {
        if file.bytes.count > limits.fileBytes { throw tooLarge(path) }
        totalBytes += file.bytes.count
        if totalBytes > limits.totalBytes {
            throw refusal("the files hold more than \(limits.totalBytes) bytes together; move other things out")
        }
        if files.count == limits.files {
            throw refusal("there are more than \(limits.files) files; move other things out of the config root")
        }
        files[path] = file
    }

    func tooLarge(_ path: String) -> GitError { refusal("\(path) is larger than \(limits.fileBytes) bytes") }

    func refusal(_ detail: String) -> GitError { GitError(code: .refused, operation: operation, detail: detail) }
}
