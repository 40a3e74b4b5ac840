// SPDX-License-Identifier: Apache-2.0

import Glibc
import Lifecycle
import Platform

/// A real PostgreSQL on a loopback port and a Unix socket, with a data folder of its own; ends with its owner, and with the
/// test process however that ends.
///
/// Over TCP a password is asked for, over the socket none.
public final class PostgresServer: Sendable {
    public static let user = "kubernaut"
    public static let password = "p@ss wörd%"

    public let port: Int
    private let folder: String
    private let data: String
    private let process = Lock<GuardedProcess?>(nil)
    private let count = Lock(0)
    /// Removes the folder when the pipe to it closes, which also a killed test process does.
    private let janitor: ChildProcess

    /// For everybody who needs a server but not one of their own.
    public static let shared = Result { try PostgresServer() }

    private static let programs = "/usr/lib/postgresql/15/bin"

    /// - Parameters:
    ///   - place: An existing folder for the data; nil for a temporary one.
    ///   - authority: Also speaks TLS with a certificate for 127.0.0.1 that this authority signs.
    public init(in place: String? = nil, authority: TestAuthority? = nil) throws {
        let made = try Files.makeTemporaryFolder(prefix: "kubernaut-pg-")
        folder = made
        data = "\(place ?? made)/data"
        port = try FreePort.take(1)[0]
        // Killed on its own when this fails half way: the folder goes with it.
        janitor = try ChildProcess(
            ["/bin/sh", "-c", "read -r _; sleep 0.3; rm -rf '\(made)' '\(place ?? made)/data'"],
            environment: ["PATH": "/usr/bin:/bin"], input: .pipe, output: .file("/dev/null"),
            errors: .file("/dev/null"))
        try Files.write(Array("\(Self.password)\n".utf8), to: "\(made)/password")
        try Files.makeFolder(data, mode: 0o700)
        var tls = ""
        if let authority {
            let pair = try authority.issue("127.0.0.1", in: made)
            chmod(pair.key, 0o600)
            tls = "ssl = on\nssl_cert_file = '\(pair.certificate)'\nssl_key_file = '\(pair.key)'\n"
        }
        // PostgreSQL does not run as root.
        if getuid() == 0 { try runCommand(["chown", "-R", "postgres:", made, data]) }
        try runCommand(
            Self.unprivileged + [
                "\(Self.programs)/initdb", "-D", data, "-U", Self.user, "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--pwfile=\(made)/password", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8",
            ])
        let settings = """
            listen_addresses = '127.0.0.1'
            port = \(port)
            unix_socket_directories = '\(made)'
            fsync = off
            shared_buffers = 16MB
            max_connections = 60
            \(tls)
            """
        let path = "\(data)/postgresql.conf"
        try Files.write(try Files.read(path) + Array("\n\(settings)\n".utf8), to: path)
        if getuid() == 0 { try runCommand(["chown", "postgres:", path]) }
        try start()
    }

    deinit {
        process.withLock { $0 = nil }
        janitor.closeInput()
        _ = janitor.wait()
    }

    private static var unprivileged: [String] {
        getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
    }

    /// Starts it, after `kill` too; blocks until it lets people in.
    public func start() throws {
        let log = "\(folder)/log"
        let started = try GuardedProcess(Self.unprivileged + ["\(Self.programs)/postgres", "-D", data], log: log)
        process.withLock { $0 = started }
        for _ in 0..<1000 {
            if (try? query("SELECT 1")) == "1" { return }
            guard started.isRunning else { break }
            usleep(20_000)
        }
        throw StartFailure(log: String(decoding: try Files.read(log), as: UTF8.self))
    }

    private struct StartFailure: Error { let log: String }

    /// As `kill -9` of all its processes.
    public func kill() throws {
        let first = String(decoding: try Files.read("\(data)/postmaster.pid"), as: UTF8.self).split(separator: "\n")
            .first
        guard let number = first.flatMap({ pid_t($0) }) else { return }
        try signalFamily(of: number, SIGKILL)
        process.withLock { process in
            process?.wait()
            process = nil
        }
    }

    /// Stops or continues all its processes: it keeps its connections and answers nothing.
    public func freeze(_ isFrozen: Bool) throws {
        let first = String(decoding: try Files.read("\(data)/postmaster.pid"), as: UTF8.self).split(separator: "\n")
            .first
        guard let number = first.flatMap({ pid_t($0) }) else { return }
        try signalFamily(of: number, isFrozen ? SIGSTOP : SIGCONT)
    }

    private func signalFamily(of parent: pid_t, _ signal: Int32) throws {
        let path = "/proc/\(parent)/task/\(parent)/children"
        let children = String(decoding: try Files.read(path), as: UTF8.self).split(separator: " ").compactMap {
            pid_t($0)
        }
        for process in [parent] + children { _ = Glibc.kill(process, signal) }
    }

    /// A new and empty database.
    public func makeDatabase() throws -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let name = "test_\(number)"
        try query("CREATE DATABASE \(name)")
        return name
    }

    /// Over TCP.
    ///
    /// - Parameter password: As it stands in a URL; empty for none.
    public func url(_ database: String, password: String = "p%40ss%20w%C3%B6rd%25") -> String {
        let secret = password.isEmpty ? "" : ":\(password)"
        return "postgres://\(Self.user)\(secret)@127.0.0.1:\(port)/\(database)"
    }

    /// Runs SQL as the owner over the socket; the rows as `psql -At` prints them.
    @discardableResult
    public func query(_ sql: String, in database: String = "postgres") throws -> String {
        try runCommand(
            [
                "\(Self.programs)/psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-h", folder, "-p", "\(port)", "-U",
                Self.user,
                "-d", database, "-c", sql,
            ])
    }

    /// What the server wrote down.
    public func log() throws -> String { String(decoding: try Files.read("\(folder)/log"), as: UTF8.self) }

    /// Everything in a database as SQL.
    public func dump(_ database: String) throws -> String {
        try runCommand(["\(Self.programs)/pg_dump", "-h", folder, "-p", "\(port)", "-U", Self.user, database])
    }
}
