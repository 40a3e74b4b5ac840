// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain
import Glibc
import Platform

/// The files of a clone as they lie on disk, uncommitted edits included: what `validate` and `render` read.
///
/// The same rules as for a commit, so that what passes here passes in the daemon. Files that git ignores are left out.
/// Blocks; for the command line.
public struct WorkingTree: Sendable {
    /// The top folder of the clone.
    public let top: String
    private let root: [String]
    private let limits: SnapshotLimits

    /// - Parameter top: A folder; it need not be a repository.
    /// - Throws: `.refused` for a config root outside the folder.
    public init(_ top: String, configRoot: String = "environments", limits: SnapshotLimits = SnapshotLimits())
        throws(GitError)
    {
        self.top = top
        root = try PathRules.parts(of: configRoot)
        self.limits = limits
    }

    /// The top folder of the clone that `folder` lies in, found upward; nil when it lies in none.
    public static func top(above folder: String) -> String? {
        guard let resolved = realpath(folder, nil) else { return nil }
        defer { free(resolved) }
        var path = String(cString: resolved)
        while true {
            // A file in a linked work tree or submodule, a folder elsewhere.
            if Files.exists("\(path)/.git") { return path }
            guard path != "/", let slash = path.lastIndex(of: "/") else { return nil }
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
    }

    /// Reads all files under the config root; `commit` is nil.
    ///
    /// - Throws: `.notFound` when the config root is missing or empty; `.refused` for what a config repository must
    ///   not hold.
    public func snapshot() throws(GitError) -> SourceSnapshot {
        let operation = "reading the files in \(top)"
        var walk = SnapshotWalk(operation: operation, limits: limits)
        let folder = try rootFolder(walk)
        let ignored = IgnoreRules(of: top)
        try collect(folder, "", depth: 0, ignored, into: &walk)
        let place = root.joined(separator: "/")
        guard !walk.files.isEmpty else {
            throw GitError(code: .notFound, operation: operation, detail: "the folder \(folder) holds no file")
        }
        return SourceSnapshot(commit: nil, root: place, files: walk.files)
    }

    private func rootFolder(_ walk: SnapshotWalk) throws(GitError) -> String {
        var path = top
        for part in root {
            path += "/\(part)"
            guard let kind = try Self.kind(of: path, walk) else {
                throw GitError(
                    code: .notFound, operation: walk.operation,
                    detail: "there is no folder \(path); check --repo and --path, or make one with 'kubernaut init'")
            }
            try walk.admit(kind, path)
            if kind != .folder {
                throw GitError(code: .notFound, operation: walk.operation, detail: "\(path) is a file, not a folder")
            }
        }
        return path
    }

    private func collect(
        _ folder: String, _ place: String, depth: Int, _ ignored: borrowing IgnoreRules, into walk: inout SnapshotWalk
    ) throws(GitError) {
        try walk.enter(place, depth: depth)
        var names = Set<String>()
        for name in try Self.list(folder, walk.operation) {
            let relative = place.isEmpty ? name : "\(place)/\(name)"
            let path = "\(folder)/\(name)"
            guard let kind = try Self.kind(of: path, walk) else { continue }
            if ignored.contains((root + [relative]).joined(separator: "/"), isFolder: kind == .folder) { continue }
            _ = try walk.admit(name, in: place, among: &names)
            try walk.admit(kind, relative)
            if kind == .folder {
                try collect(path, relative, depth: depth + 1, ignored, into: &walk)
            } else {
                try walk.add(try read(path, relative, walk), at: relative)
            }
        }
    }

    private func read(_ path: String, _ relative: String, _ walk: SnapshotWalk) throws(GitError) -> SourceFile {
        do throws(FileError) {
            let bytes = try Files.read(path, limit: limits.fileBytes)
            return SourceFile(blob: gitBlobID(bytes), bytes: bytes)
        } catch {
            if error.number == EFBIG { throw walk.tooLarge(relative) }
            throw GitError(error, walk.operation)
        }
    }

    private static func list(_ folder: String, _ operation: String) throws(GitError) -> [String] {
        do throws(FileError) {
            return try Files.list(folder)
        } catch {
            throw GitError(error, operation)
        }
    }

    /// Nil when there is nothing at this path (any more).
    private static func kind(of path: String, _ walk: SnapshotWalk) throws(GitError) -> TreeEntry.Kind? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return Files.exists("\(path)/.git") ? .submodule : .folder
        case S_IFREG: return .file
        case S_IFLNK: return .symlink
        default: throw walk.refusal("\(path) is neither a file nor a folder; remove it")
        }
    }
}
