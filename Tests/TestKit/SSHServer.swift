// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform

/// The real sshd on a loopback port, with keys made for one test. The user is the one who runs the tests.
public final class SSHServer: Sendable {
    public enum KeyKind: String, Sendable, CaseIterable {
        case ed25519
        case rsa
    }

    public let port: Int
    /// A private key that the server accepts.
    public let acceptedKey: String
    /// A private key that it does not.
    public let strangerKey: String
    /// A known_hosts file with the server's key, and one with another key for the same address.
    public let knownHosts: String
    public let wrongKnownHosts: String
    private let folder: TemporaryFolder
    private let process: GuardedProcess

    public var user: String { getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root" }

    /// - Parameters:
    ///   - hostKey: The only kind of host key that the server has.
    ///   - userKey: The kind of the accepted key.
    public init(hostKey: KeyKind = .ed25519, userKey: KeyKind = .ed25519) throws {
        folder = try TemporaryFolder("sshd")
        let path = folder.path
        port = try FreePort.take(1)[0]
        func makeKey(_ name: String, _ kind: KeyKind) throws -> String {
            let bits = kind == .rsa ? ["-b", "2048"] : []
            try runCommand(["ssh-keygen", "-q", "-N", "", "-t", kind.rawValue, "-f", "\(path)/\(name)"] + bits)
            return "\(path)/\(name)"
        }
        func line(_ key: String) throws -> String { String(decoding: try Files.read("\(key).pub"), as: UTF8.self) }
        let host = try makeKey("host", hostKey)
        acceptedKey = try makeKey("accepted", userKey)
        strangerKey = try makeKey("stranger", userKey)
        knownHosts = "\(path)/known_hosts"
        wrongKnownHosts = "\(path)/wrong_known_hosts"
        try Files.write(Array("[127.0.0.1]:\(port) \(try line(host))".utf8), to: knownHosts)
        let wrong = try makeKey("wrong", hostKey)
        try Files.write(Array("[127.0.0.1]:\(port) \(try line(wrong))".utf8), to: wrongKnownHosts)
        try Files.write(Array(try line(acceptedKey).utf8), to: "\(path)/authorized")
        let configuration = """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(host)
            AuthorizedKeysFile \(path)/authorized
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            MaxStartups 100
            """
        try Files.write(Array(configuration.utf8), to: "\(path)/config")
        // What the package's service file makes on a machine with systemd.
        if getuid() == 0 { try Files.makeFolder("/run/sshd") }
        let log = "\(path)/log"
        process = try GuardedProcess(["/usr/sbin/sshd", "-D", "-e", "-f", "\(path)/config"], log: log)
        try waitForListener(on: port, log: log)
    }

    public func url(_ repository: String) -> String { "ssh://\(user)@127.0.0.1:\(port)\(repository)" }

    public var log: String {
        // For messages of failed tests only.
        (try? Files.read("\(folder.path)/log")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
