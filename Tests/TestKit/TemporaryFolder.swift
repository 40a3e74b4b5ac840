// SPDX-License-Identifier: Apache-2.0

public import Platform

/// A folder that goes away with its owner.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init(_ name: String = "test") throws(FileError) {
        path = try Files.makeTemporaryFolder(prefix: "kubernaut-\(name)-")
    }

    deinit {
        // A test's leftover is no reason to fail the test.
        try? Files.remove(path)
    }
}
