// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Lifecycle

/// A program that ends with its owner, and with the test process however that ends.
///
/// A shell stands guard: it kills the program when a pipe from here is closed. Nothing graceful: what is
/// started here keeps nothing of value, and etcd and kube-apiserver take minutes to say goodbye to each other.
public final class GuardedProcess: Sendable {
    private let shell: pid_t
    private let leash: Int32
    private let hasEnded = Lock(false)

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - command: The program, looked up in `PATH`, and its arguments.
    ///   - log: A file for both outputs.
    public init(_ command: [String], log: String, environment: [String: String] = [:]) throws {
        let script = """
            "$@" & child=$!
            { read -r _; kill -9 $child; } <&3 & guard=$!
            wait $child; status=$?
            kill $guard 2>/dev/null
            exit $status
            """
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(description: "no pipe: \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 3)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // A dispatch thread has signals blocked and a test may ignore some; the shell must hear them.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let words = ["/bin/sh", "-c", script, "guard"] + command
        let merged = ProcessInfo.processInfo.environment.merging(environment) { _, own in own }
        var arguments = words.map { strdup($0) } + [nil]
        var variables = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process = pid_t()
        let status = posix_spawn(&process, "/bin/sh", &actions, &attributes, &arguments, &variables)
        close(ends[0])
        guard status == 0 else {
            close(ends[1])
            throw Failure(description: "\(command[0]) did not start: \(String(cString: strerror(status)))")
        }
        shell = process
        leash = ends[1]
    }

    deinit {
        close(leash)
        wait()
    }

    public var isRunning: Bool { reap(WNOHANG) }

    /// Blocks until the program has ended.
    public func wait() { _ = reap(0) }

    private func reap(_ options: Int32) -> Bool {
        hasEnded.withLock { hasEnded in
            if hasEnded { return false }
            var status: Int32 = 0
            hasEnded = waitpid(shell, &status, options) == shell
            return !hasEnded
        }
    }
}

public enum FreePort {
    /// Port numbers of loopback that were free a moment ago.
    public static func take(_ count: Int) throws -> [Int] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            sockets.append(listener)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(listener, address, length) == 0 && getsockname(listener, address, &length) == 0
                }
            }
            guard isBound else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }
}
