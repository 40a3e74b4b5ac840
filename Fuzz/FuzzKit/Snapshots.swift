// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain

/// A snapshot of files that exist only here.
func snapshot(_ files: [String: [UInt8]]) -> SourceSnapshot {
    var sources: [String: SourceFile] = [:]
    for (path, bytes) in files { sources[path] = SourceFile(blob: String(sha256Hex(bytes).prefix(40)), bytes: bytes) }
    return SourceSnapshot(commit: nil, root: "", files: sources)
}

let development: Environment = {
    guard let name = Name("dev") else { fatalError("dev is a name") }
    return Environment(name: name)
}()
