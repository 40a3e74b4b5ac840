// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Glibc
import HTTPClient
import Lifecycle
import Platform

/// A real kube-apiserver with its etcd, alone on loopback: no scheduler, everything allowed, controllers on request.
///
/// The programs come from the folder that `KUBEBUILDER_ASSETS` names. They end with this object, and with the
/// process whatever way it ends.
public final class ControlPlane: Sendable {
    /// `https://127.0.0.1:12345`.
    public let url: String
    /// PEM of what signed the server's certificate.
    public let authorities: String
    /// Of a member of `system:masters`.
    public let token: String
    /// A kubeconfig file for it.
    public let kubeconfig: String

    /// Of a user that nothing is granted to; for a plane that asks RBAC.
    public let limitedToken: String

    private struct Programs {
        var etcd: GuardedProcess?
        var server: GuardedProcess?
        var controllers: GuardedProcess?
    }

    private let assets: String
    private let folder: TemporaryFolder
    private let ports: [Int]
    private let arguments: [String]
    private let hasControllers: Bool
    private let programs = Lock(Programs())

    /// The folder with `kube-apiserver` and `etcd`; nil when the environment names none.
    public static var assets: String? { ProcessInfo.processInfo.environment["KUBEBUILDER_ASSETS"] }
    public static var isAvailable: Bool { assets != nil }
    /// Whether there is a `kube-controller-manager`, too.
    public static var hasControllers: Bool { assets.map { Files.exists("\($0)/kube-controller-manager") } ?? false }

    /// One for the whole test process, started when it is first asked for.
    public static func shared() async throws -> ControlPlane { try await starting.value }
    // Never cancelled: whoever asks later needs it too.
    private static let starting = Task { try await ControlPlane() }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - arguments: Further ones for kube-apiserver.
    ///   - authorization: `AlwaysAllow` or `RBAC`.
    ///   - withControllers: Whether kube-controller-manager runs as well.
    public init(
        arguments: [String] = [], authorization: String = "AlwaysAllow", withControllers: Bool = false
    ) async throws {
        guard let assets = Self.assets else { throw Failure(description: "KUBEBUILDER_ASSETS is not set") }
        self.assets = assets
        folder = try TemporaryFolder("control-plane")
        let path = folder.path
        ports = try FreePort.take(3)
        url = "https://127.0.0.1:\(ports[2])"
        token = UUID().uuidString
        limitedToken = UUID().uuidString
        kubeconfig = "\(path)/kubeconfig"
        self.arguments = ["--authorization-mode=\(authorization)"] + arguments
        hasControllers = withControllers
        let tokens = "\(token),admin,admin,system:masters\n\(limitedToken),limited,limited\n"
        try Files.write(Array(tokens.utf8), to: "\(path)/tokens.csv", mode: 0o600)
        let keygen = try GuardedProcess(
            ["openssl", "genpkey", "-algorithm", "RSA", "-out", "\(path)/sa.key"], log: "\(path)/openssl.log")
        keygen.wait()
        let (etcd, server) = try Self.start(assets, path, ports, self.arguments)
        programs.withLock { $0 = Programs(etcd: etcd, server: server) }
        authorities = try await Self.untilReady(url, token, server, folder: path)
        try Files.write(Array(kubeconfigText.utf8), to: kubeconfig, mode: 0o600)
        try startControllers()
    }

    /// Starts again after `stop`.
    public func start() async throws {
        let (etcd, server) = try Self.start(assets, folder.path, ports, arguments)
        programs.withLock { $0 = Programs(etcd: etcd, server: server) }
        _ = try await Self.untilReady(url, token, server, folder: folder.path)
        try startControllers()
    }

    /// Kills all programs; their data stay.
    public func stop() {
        // Taken out first: they end outside the lock, and the controllers before what they talk to.
        var gone = programs.withLock { programs in
            defer { programs = Programs() }
            return programs
        }
        gone.controllers = nil
        gone.server = nil
        gone.etcd = nil
    }

    /// Copies etcd's data, while it is stopped.
    public func saveData(to path: String) throws { try runCommand(["cp", "-r", "\(folder.path)/etcd", path]) }

    /// Puts back what `saveData` copied, while etcd is stopped.
    public func restoreData(from path: String) throws {
        try runCommand(["rm", "-rf", "\(folder.path)/etcd"])
        try runCommand(["cp", "-r", path, "\(folder.path)/etcd"])
    }

    private static func start(
        _ assets: String, _ path: String, _ ports: [Int], _ arguments: [String]
    ) throws -> (etcd: GuardedProcess, server: GuardedProcess) {
        let etcd = try GuardedProcess(
            [
                "\(assets)/etcd", "--data-dir=\(path)/etcd", "--unsafe-no-fsync",
                "--listen-client-urls=http://127.0.0.1:\(ports[0])",
                "--advertise-client-urls=http://127.0.0.1:\(ports[0])",
                "--listen-peer-urls=http://127.0.0.1:\(ports[1])",
            ], log: "\(path)/etcd.log")
        let server = try GuardedProcess(
            [
                "\(assets)/kube-apiserver", "--etcd-servers=http://127.0.0.1:\(ports[0])",
                "--cert-dir=\(path)/certificates", "--secure-port=\(ports[2])", "--bind-address=127.0.0.1",
                "--service-account-issuer=https://issuer.test", "--service-account-key-file=\(path)/sa.key",
                "--service-account-signing-key-file=\(path)/sa.key", "--service-cluster-ip-range=10.0.0.0/24",
                "--token-auth-file=\(path)/tokens.csv", "--disable-admission-plugins=ServiceAccount",
            ] + arguments, log: "\(path)/apiserver.log")
        return (etcd, server)
    }

    private func startControllers() throws {
        guard hasControllers else { return }
        let controllers = try GuardedProcess(
            [
                "\(assets)/kube-controller-manager", "--kubeconfig=\(kubeconfig)", "--leader-elect=false",
                "--secure-port=0", "--service-account-private-key-file=\(folder.path)/sa.key",
            ], log: "\(folder.path)/controllers.log")
        programs.withLock { $0.controllers = controllers }
    }

    private var kubeconfigText: String {
        """
        {"apiVersion": "v1", "kind": "Config", "current-context": "test",
         "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
         "clusters": [{"name": "test", "cluster": {"server": "\(url)",
          "certificate-authority-data": "\(Data(authorities.utf8).base64EncodedString())"}}],
         "users": [{"name": "admin", "user": {"token": "\(token)"}}]}
        """
    }

    /// - Returns: The PEM of the server's certificate chain, which holds its own authority.
    private static func untilReady(
        _ url: String, _ token: String, _ server: GuardedProcess, folder: String
    ) async throws -> String {
        let client = HTTPClient(.init(tls: .init(verifiesServer: false), proxy: .none))
        let deadline = ContinuousClock.now + .seconds(50)
        var last = ""
        while ContinuousClock.now < deadline, server.isRunning {
            do {
                let answer = try await client.send(
                    .init("GET", "\(url)/readyz", authorization: .init("Bearer \(token)"), timeout: .seconds(5)))
                if answer.status == 200 {
                    let path = "\(folder)/certificates/apiserver.crt"
                    return String(decoding: try Files.read(path), as: UTF8.self)
                }
                last = String(decoding: answer.body, as: UTF8.self)
            } catch {
                last = "\(error)"
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        let log = (try? Files.read("\(folder)/apiserver.log")) ?? []
        throw Failure(
            description: "kube-apiserver is not ready: \(last)\n\(String(decoding: log.suffix(4000), as: UTF8.self))")
    }
}
