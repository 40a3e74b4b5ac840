// SPDX-License-Identifier: Apache-2.0

import CPosix
import Glibc

/// Why a file or folder could not be used.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    public let operation: String
    /// The system's error number, `ENOENT` for "no such file".
    public let number: Int32

    public init(operation: String, number: Int32) {
        self.operation = operation
        self.number = number
    }

    public var description: String { "\(operation) failed: \(String(cString: strerror(number)))" }
}

/// The few things kubernaut does with files. All functions block.
public enum Files {
    /// - Parameter limit: Bytes; a larger file throws `EFBIG`.
    public static func read(_ path: String, limit: Int = 64 << 20) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(operation: "reading \(path)", number: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(operation: "reading \(path)", number: errno)
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit { throw FileError(operation: "reading \(path)", number: EFBIG) }
        }
    }

    /// Replaces the file at once or not at all: a reader sees the old or the new content, never half of one.
    ///
    /// - Parameter mode: Permission bits of a new file.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(FileError) {
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(operation: "writing \(path)", number: errno) }
        var number = kn_write_all(descriptor, bytes, bytes.count)
        if number == 0, fsync(descriptor) != 0 { number = errno }
        close(descriptor)
        if number == 0, rename(temporary, path) != 0 { number = errno }
        guard number == 0 else {
            unlink(temporary)
            throw FileError(operation: "writing \(path)", number: number)
        }
    }

    /// Makes a folder and those above it; an existing folder is fine.
    public static func makeFolder(_ path: String, mode: UInt32 = 0o755) throws(FileError) {
        if mkdir(path, mode) == 0 { return }
        let number = errno
        if number == EEXIST, isFolder(path) { return }
        guard number == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw FileError(operation: "making folder \(path)", number: number)
        }
        try makeFolder(String(path[..<slash]), mode: mode)
        if mkdir(path, mode) != 0, errno != EEXIST {
            throw FileError(operation: "making folder \(path)", number: errno)
        }
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in a folder, sorted, without `.` and `..`.
    public static func list(_ path: String) throws(FileError) -> [String] {
        guard let folder = opendir(path) else { throw FileError(operation: "listing \(path)", number: errno) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, or a folder with all that is in it, without following links; a missing one is fine.
    public static func remove(_ path: String) throws(FileError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw FileError(operation: "removing \(path)", number: errno)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try list(path) { try remove("\(path)/\(name)") }
            if rmdir(path) != 0 { throw FileError(operation: "removing \(path)", number: errno) }
        } else if unlink(path) != 0 {
            throw FileError(operation: "removing \(path)", number: errno)
        }
    }

    /// A new empty folder below `TMPDIR` or `/tmp` that only this user may enter.
    public static func makeTemporaryFolder(prefix: String) throws(FileError) -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw FileError(operation: "making a temporary folder in \(base)", number: errno)
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Bytes that this user may still write on the file system of `path`; nil when it does not say.
    public static func freeBytes(at path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}
