// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

/// The library as a whole.
enum Libgit2 {
    /// Set up once, whichever thread gets here first; never shut down.
    ///
    /// The configuration of the machine and of the user is left out (`insteadOf`, proxies, credential helpers would
    /// change what we connect to), and the owner of a repository's files is not asked for: nothing of a repository is
    /// ever run here, no hook, no filter, no monitor.
    static let isReady: Bool = {
        guard git_libgit2_init() > 0 else { return false }
        let levels = [
            GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
        ]
        for level in levels { kn_git_set_search_path(level.rawValue, "") }
        kn_git_set_owner_validation(0)
        kn_git_set_cache_size(8 << 20)
        return true
    }()
}

extension GitError {
    /// The error behind a libgit2 status.
    ///
    /// Reads `git_error_last()`, which is per thread: call it right after the failing function.
    init(libgit2 status: Int32, _ operation: String) {
        let last = git_error_last()
        let text = last.map { String(cString: $0.pointee.message) } ?? "no detail from libgit2 (status \(status))"
        let kind = last.map { git_error_t(UInt32(bitPattern: $0.pointee.klass)) }
        // libgit2 has no code for a full disk, only the system's words.
        let isFull = text.contains("No space left on device") || text.contains("Disk quota exceeded")
        let code: Code =
            switch git_error_code(status) {
            case _ where isFull: .diskFull
            case GIT_ENOTFOUND, GIT_EUNBORNBRANCH: .notFound
            case GIT_EAMBIGUOUS, GIT_EINVALIDSPEC, GIT_EPEEL: .notFound
            case GIT_EMISMATCH: .corrupt
            case _ where kind == GIT_ERROR_REFERENCE && text.contains("corrupted"): .corrupt
            case _ where kind == GIT_ERROR_ODB || kind == GIT_ERROR_ZLIB || kind == GIT_ERROR_OBJECT: .corrupt
            default: .other
            }
        self.init(code: code, operation: operation, detail: isFull ? "\(text); make room on the disk" : text)
    }
}

/// Throws unless `status` is a success.
func check(_ status: Int32, _ operation: @autoclosure () -> String) throws(GitError) {
    guard status < 0 else { return }
    throw GitError(libgit2: status, operation())
}

/// A commit, tree, blob or tag, freed with its owner. Never leaves the function that looked it up.
struct GitObject: ~Copyable {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { git_object_free(handle) }

    var id: git_oid { git_object_id(handle).pointee }
}

extension git_oid {
    init(_ commit: CommitID) {
        self.init()
        // A CommitID is 40 hexadecimal digits, so this cannot fail.
        git_oid_fromstr(&self, commit.hex)
    }

    init(_ tree: TreeID) {
        self.init()
        // A TreeID is 40 hexadecimal digits, so this cannot fail.
        git_oid_fromstr(&self, tree.hex)
    }

    var hex: String {
        var oid = self
        return String(unsafeUninitializedCapacity: 40) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { _ = git_oid_fmt($0.baseAddress, &oid) }
            return 40
        }
    }

    func isEqual(to other: git_oid) -> Bool {
        var (left, right) = (self, other)
        return git_oid_equal(&left, &right) == 1
    }
}
