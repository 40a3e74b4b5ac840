// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform

/// Kills a process group when the test process is gone, however it ended.
public final class OrphanGuard: Sendable {
    private let shell: ChildProcess

    /// - Parameter group: Its leader's number, as of a `ChildProcess`.
    public init(_ group: Int32) throws {
        // The pipe closes with this process; nothing is ever written to it.
        shell = try ChildProcess(
            ["/bin/sh", "-c", "read -r _; kill -9 -\(group)"], environment: ["PATH": "/usr/bin:/bin"], input: .pipe,
            output: .file("/dev/null"), errors: .file("/dev/null"))
    }

    // Killed before it could act: by now its number may be another's.
    deinit { shell.signal(SIGKILL) }
}
