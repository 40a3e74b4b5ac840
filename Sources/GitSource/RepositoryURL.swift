// SPDX-License-Identifier: Apache-2.0

import Domain
import Glibc

/// The address of a Git repository: `https://…`, `http://…`, `ssh://…`, `user@host:path`, `file://…` or a path.
///
/// A user name and password inside the address are taken out when it is read; no description ever shows them.
public struct RepositoryURL: Sendable, CustomStringConvertible {
    public enum Transport: Sendable, Hashable {
        case local
        case http
        case ssh
    }

    public let transport: Transport
    /// What the transport connects to: a path for `local`; for `http` the URL without credentials.
    let address: String
    /// For `ssh` only.
    let sshHost: String
    let sshPort: Int?
    let sshPath: String
    /// The user name in the address, decoded; nil when there was none.
    let user: String?
    /// The password in the address, decoded; nil when there was none.
    let password: Secret?

    /// The address without credentials.
    public let description: String

    /// - Throws: `.refused` with a sentence when the text is no address that kubernaut can use.
    public init(_ text: String) throws(GitError) {
        let hasControl = text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f }
        guard !text.isEmpty, !hasControl else {
            throw Self.refusal("the address is empty or holds control characters")
        }
        if let scheme = Self.scheme(of: text) {
            try self.init(scheme: scheme.name, rest: scheme.rest)
        } else if let (authority, path) = Self.scpParts(of: text) {
            let (user, host) = Self.userAndHost(authority)
            try self.init(sshUser: user, host: host, port: nil, path: path, description: text)
        } else {
            try self.init(localPath: text)
        }
    }

    private init(scheme: String, rest: Substring) throws(GitError) {
        switch scheme {
        case "file":
            let path = rest.hasPrefix("localhost/") ? rest.dropFirst("localhost".count) : rest
            guard path.hasPrefix("/"), let decoded = path.percentDecoded else {
                throw Self.refusal("a file:// address needs three slashes and an absolute path: file:///srv/config.git")
            }
            try self.init(localPath: decoded)
        case "http", "https":
            try self.init(httpScheme: scheme, rest: rest)
        case "ssh", "git+ssh", "ssh+git":
            let (authority, path) = Self.split(rest)
            let (user, hostPort) = Self.userAndHost(authority)
            let (host, port) = try Self.hostAndPort(hostPort)
            let shown = "ssh://\(user.map { "\($0)@" } ?? "")\(hostPort)\(path)"
            // `ssh://host/~user/x` means a path in a home folder; git strips the slash in front of the tilde.
            let remotePath = path.hasPrefix("/~") ? path.dropFirst() : path
            guard let decoded = remotePath.percentDecoded else {
                throw Self.refusal("the path in \(shown) is not valid percent-encoding")
            }
            try self.init(sshUser: user, host: host, port: port, path: decoded, description: shown)
        default:
            throw Self.refusal("'\(scheme)' addresses are not supported; use https, ssh, http, file or a path")
        }
    }

    private init(localPath: String) throws(GitError) {
        var path = localPath
        if !path.hasPrefix("/") {
            guard let current = getcwd(nil, 0) else { throw Self.refusal("the current folder is gone") }
            defer { free(current) }
            path = path == "." ? String(cString: current) : "\(String(cString: current))/\(path)"
        }
        (transport, address, description) = (.local, path, path)
        (sshHost, sshPort, sshPath, user, password) = ("", nil, "", nil, nil)
    }

    private init(httpScheme scheme: String, rest: Substring) throws(GitError) {
        let (authority, path) = Self.split(rest)
        let at = authority.lastIndex(of: "@")
        let host = at.map { authority[authority.index(after: $0)...] } ?? authority[...]
        guard !host.isEmpty, !rest.contains(where: { $0 == " " || $0 == "?" || $0 == "#" }) else {
            throw Self.refusal("an \(scheme) address needs a host, and no space, '?' or '#'")
        }
        var trimmed = path[...]
        while trimmed.last == "/" { trimmed.removeLast() }
        let shown = "\(scheme)://\(host)\(trimmed)"
        (transport, address, description) = (.http, shown, shown)
        (sshHost, sshPort, sshPath) = ("", nil, "")
        let userInfo = at.map { authority[..<$0] }
        let colon = userInfo?.firstIndex(of: ":")
        let name = userInfo.map { info in info[..<(colon ?? info.endIndex)] }
        user = name?.percentDecoded
        password = userInfo.flatMap { info in
            colon.flatMap { info[info.index(after: $0)...].percentDecoded }.map { Secret($0) }
        }
    }

    private init(sshUser: Substring?, host: Substring, port: Int?, path: String, description: String) throws(GitError) {
        // A host or user that begins with a dash would be read as an option by ssh (CVE-2017-1000117).
        guard !host.isEmpty, !host.hasPrefix("-"), sshUser?.hasPrefix("-") != true, !path.hasPrefix("-"), !path.isEmpty
        else { throw Self.refusal("an ssh address needs a host and a path, neither beginning with '-'") }
        if sshUser?.contains(":") == true {
            throw Self.refusal("a password in an ssh address is not supported; use a key file")
        }
        transport = .ssh
        address = description
        sshHost = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
        sshPort = port
        sshPath = path
        user = sshUser.map(String.init)
        password = nil
        self.description = description
    }

    private static func refusal(_ detail: String) -> GitError {
        GitError(code: .refused, operation: "reading the repository's address", detail: detail)
    }

    // MARK: Taking apart

    private static func scheme(of text: String) -> (name: String, rest: Substring)? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
        let name = text[..<colon].lowercased()
        guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        else { return nil }
        return (name, text[text.index(colon, offsetBy: 3)...])
    }

    /// `user@host:path`: a colon before the first slash, as git decides it.
    private static func scpParts(of text: String) -> (Substring, String)? {
        var searchStart = text.startIndex
        let bracketStart = text.hasPrefix("[") ? text.startIndex : text.firstIndex(of: "@").map(text.index(after:))
        if let start = bracketStart, text[start...].hasPrefix("["), let end = text[start...].firstIndex(of: "]") {
            searchStart = end
        }
        guard let colon = text[searchStart...].firstIndex(of: ":"), colon != text.startIndex,
            !text[..<colon].contains("/")
        else { return nil }
        return (text[..<colon], String(text[text.index(after: colon)...]))
    }

    private static func split(_ rest: Substring) -> (authority: Substring, path: Substring) {
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        return (rest[..<slash], rest[slash...])
    }

    private static func userAndHost(_ authority: Substring) -> (Substring?, Substring) {
        guard let at = authority.lastIndex(of: "@") else { return (nil, authority) }
        return (authority[..<at], authority[authority.index(after: at)...])
    }

    private static func hostAndPort(_ text: Substring) throws(GitError) -> (Substring, Int?) {
        let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
        guard let colon = text[afterBracket...].lastIndex(of: ":") else { return (text, nil) }
        guard let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port) else {
            throw refusal("the port in \(text) is not a number from 1 to 65535")
        }
        return (text[..<colon], port)
    }
}

extension StringProtocol {
    /// Nil when a `%` is not followed by two hexadecimal digits, or the result is no UTF-8 or holds a NUL.
    fileprivate var percentDecoded: String? {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), value != 0
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
