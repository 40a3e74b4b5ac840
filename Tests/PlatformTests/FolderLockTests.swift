// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import TestKit
import Testing

@Suite struct FolderLockTests {
    @Test("a second lock on the same folder is refused, and says who holds it")
    func refusesSecond() throws {
        let folder = try TemporaryFolder("lock")
        let first = try FolderLock(folder.path)
        let error = #expect(throws: FileError.self) { _ = try FolderLock(folder.path) }
        #expect(error?.description.contains("process \(getpid())") == true)
        withExtendedLifetime(first) {}
    }

    @Test("a lock can be taken again once its holder is gone")
    func releases() throws {
        let folder = try TemporaryFolder("lock")
        do { withExtendedLifetime(try FolderLock(folder.path)) {} }
        _ = try FolderLock(folder.path)
    }
}
