// SPDX-License-Identifier: Apache-2.0

import CPosix
import Glibc

/// The preparation of one posix_spawn: its pipes, and what must be closed whatever happens.
struct SpawnPlan: ~Copyable {
    private let command: [String]
    private var actions = posix_spawn_file_actions_t()
    private var attributes = posix_spawnattr_t()
    private var childEnds: [Int32] = []
    private var parentEnds: [Int32] = []

    init(_ command: [String]) {
        self.command = command
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
    }

    deinit {
        // Safe: destroy needs a mutable place; these copies are the same plain structs and are not used again.
        var actions = self.actions
        var attributes = self.attributes
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }

    /// Wires the child's descriptor `number`.
    ///
    /// - Returns: The parent's end of a pipe, without blocking; -1 when there is none.
    mutating func connect(_ number: Int32, to stream: ChildProcess.Stream) throws(ChildProcessError) -> Int32 {
        switch stream {
        case .inherit:
            // The first three are not close-on-exec, and `start` spares them.
            return -1
        case .null:
            posix_spawn_file_actions_addopen(&actions, number, "/dev/null", number == 0 ? O_RDONLY : O_WRONLY, 0)
            return -1
        case .file(let path):
            posix_spawn_file_actions_addopen(&actions, number, path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
            return -1
        case .pipe:
            var ends: [Int32] = [-1, -1]
            let status = kn_pipe_cloexec(&ends)
            guard status == 0 else { throw failure(status) }
            let (child, parent) = number == 0 ? (ends[0], ends[1]) : (ends[1], ends[0])
            childEnds.append(child)
            parentEnds.append(parent)
            _ = fcntl(parent, F_SETFL, fcntl(parent, F_GETFL) | O_NONBLOCK)
            posix_spawn_file_actions_adddup2(&actions, child, number)
            return parent
        }
    }

    /// - Returns: The child's process number, which is also that of its group.
    mutating func start(environment: [String: String]?, folder: String?) throws(ChildProcessError) -> pid_t {
        if let folder { kn_spawn_chdir(&actions, folder) }
        // Libraries open descriptors too, and not all of them close-on-exec.
        kn_spawn_close_from(&actions, 3)
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var pid: pid_t = 0
        let status = withCStrings(command) { arguments in
            guard let environment else {
                return posix_spawnp(&pid, command[0], &actions, &attributes, arguments, environ)
            }
            return withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
                posix_spawnp(&pid, command[0], &actions, &attributes, arguments, variables)
            }
        }
        guard status == 0 else { throw failure(status, folder: folder) }
        return pid
    }

    /// The parent's ends have an owner now.
    mutating func keepParentEnds() { parentEnds = [] }

    /// Closes what nobody owns: the child's ends always, the parent's when the start failed.
    mutating func closeAll() {
        for descriptor in childEnds + parentEnds { close(descriptor) }
        childEnds = []
        parentEnds = []
    }

    private func failure(_ number: Int32, folder: String? = nil) -> ChildProcessError {
        if number == ENOENT, folder.map(Files.isFolder) ?? true {
            return ChildProcessError(code: .notFound, command: command[0], detail: "no such program")
        }
        let place = folder.map { " in \($0)" } ?? ""
        return ChildProcessError(
            code: .system, command: command[0], detail: "\(String(cString: strerror(number)))\(place)")
    }
}

/// Null-terminated C strings, alive during `body`.
private func withCStrings<Result>(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = texts.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
