// SPDX-License-Identifier: Apache-2.0

import Domain

extension HTTPHeaders {
    /// Names and values, each ended by NUL, without the fields that only the server may set. Control bytes become
    /// spaces, so that no value can end its line and begin another field.
    func wireForm() -> [UInt8] {
        var bytes: [UInt8] = []
        for field in fields where !Self.ownedByServer.contains(field.name.lowercased()) {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(ASCII.isTokenByte) else { continue }
            bytes += field.name.utf8
            bytes.append(0)
            bytes += field.value.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
            bytes.append(0)
        }
        return bytes
    }

    private static let ownedByServer: Set<String> = ["content-length", "transfer-encoding", "date"]
}

extension HTTPRequest {
    /// The `Host` field without its port, in lower case; empty when there was none.
    public var host: String {
        let value = (headers["Host"] ?? "").lowercased()
        if value.hasPrefix("[") { return String(value.prefix { $0 != "]" }) + "]" }
        return String(value.prefix { $0 != ":" })
    }
}
