// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform

/// A program that ends with its owner, and with the test process however that ends.
///
/// A shell stands guard: it kills the program and all its workers when a pipe from here is closed. Nothing graceful:
/// what is started here keeps nothing of value, and etcd and kube-apiserver take minutes to say goodbye to each other.
public final class GuardedProcess: Sendable {
    private let shell: ChildProcess

    /// - Parameters:
    ///   - command: The program, looked up in `PATH`, and its arguments.
    ///   - log: A file for both outputs.
    ///   - environment: Added to this process's own.
    public init(_ command: [String], log: String, environment: [String: String] = [:]) throws {
        let script = """
            exec 3<&0
            "$@" 3<&- </dev/null & child=$!
            { read -r _; kill -9 0; } <&3 & guard=$!
            wait $child; status=$?
            kill $guard 2>/dev/null
            exit $status
            """
        let merged = ProcessInfo.processInfo.environment.merging(environment) { _, own in own }
        shell = try ChildProcess(
            ["/bin/sh", "-c", script, "guard"] + command, environment: merged, input: .pipe, output: .file(log),
            errors: .file(log))
    }

    deinit {
        shell.closeInput()
        wait()
    }

    public var isRunning: Bool { shell.wait(timeout: .zero) == nil }

    /// Blocks until the program has ended.
    public func wait() { _ = shell.wait() }
}
