// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Render
import Testing

/// A snapshot of files that exist only here.
func snapshot(_ files: [String: String], root: String = "") -> SourceSnapshot {
    var sources: [String: SourceFile] = [:]
    for (path, text) in files { sources[path] = sourceFile(Array(text.utf8)) }
    return SourceSnapshot(commit: nil, root: root, files: sources)
}

func sourceFile(_ bytes: [UInt8]) -> SourceFile {
    // What git would call it does not matter, only that equal bytes have equal names.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return SourceFile(blob: String(repeating: "0", count: 40 - digits.count) + digits, bytes: bytes)
}

/// All files below a folder of this machine.
func snapshot(folder: String, root: String) throws -> SourceSnapshot {
    var files: [String: SourceFile] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
        if isFolder.boolValue { continue }
        files[path] = sourceFile(Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)"))))
    }
    return SourceSnapshot(commit: nil, root: root, files: files)
}

/// The project's own example.
func exampleSnapshot() throws -> SourceSnapshot {
    try snapshot(folder: projectFolder + "/environments", root: "environments")
}

let projectFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

func environment(_ name: String, namespace: String? = nil) throws -> Domain.Environment {
    Environment(name: try #require(Name(name)), namespace: namespace)
}

func name(_ text: String) throws -> Name { try #require(Name(text)) }
