// SPDX-License-Identifier: Apache-2.0

import Domain

extension HTTPHeaders {
    /// Names and values, each ended by NUL, without the fields that only the server may set. Control bytes become
    /// spaces, so that no value can end its line and begin another field.
    func wireForm() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024)
        for field in fields {
            let isServers = Self.ownedByServer.contains { Self.isSame($0, field.name) }
            guard !isServers, !field.name.isEmpty, field.name.utf8.allSatisfy(ASCII.isTokenByte) else { continue }
            bytes.append(contentsOf: field.name.utf8)
            bytes.append(0)
            let start = bytes.count
            bytes.append(contentsOf: field.value.utf8)
            for index in start..<bytes.count where bytes[index] < 0x20 || bytes[index] == 0x7f {
                bytes[index] = UInt8(ascii: " ")
            }
            bytes.append(0)
        }
        return bytes
    }

    private static let ownedByServer = ["content-length", "transfer-encoding", "date"]
}

extension HTTPRequest {
    /// The `Host` field without its port, in lower case; empty when there was none.
    public var host: String {
        let value = (headers["Host"] ?? "").lowercased()
        if value.hasPrefix("[") { return String(value.prefix { $0 != "]" }) + "]" }
        return String(value.prefix { $0 != ":" })
    }
}
