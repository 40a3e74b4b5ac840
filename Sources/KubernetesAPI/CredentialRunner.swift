// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import JSON
import Lifecycle
import Platform

/// What a credential plugin gave: a token, a certificate with its key, or both.
struct ProgramCredential: Sendable {
    var token: Secret?
    var certificate: Secret?
    var key: Secret?
    /// Nil when it does not expire.
    var expires: Instant?

    /// Whether it can still be used, with a little time for the call itself.
    func isFresh(at now: Instant) -> Bool { expires.map { $0 > now.adding(.seconds(10)) } ?? true }
}

/// Runs credential plugins, off Swift's pool: they block, and may talk to a network.
actor CredentialRunner {
    private let executor = SerialQueueExecutor(label: "credential-plugin")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private static let timeout = Duration.seconds(60)

    /// - Parameter operation: For errors: what needs the credentials.
    func run(
        _ program: CredentialProgram, for access: ClusterAccess, authorities: String?, operation: String
    ) async throws(ClusterError) -> ProgramCredential {
        let flag = CancellationFlag()
        let watch = TransferWatch(TransferLimits(idle: Self.timeout, total: Self.timeout), flag: flag)
        var environment = program.environment.mapValues { $0.withUnsafeValue { $0 } }
        environment["KUBERNETES_EXEC_INFO"] = program.request(access, authorities: authorities).jsonText()
        let result = await withTaskCancellationHandler {
            Result { () throws(ChildProcessError) in
                try ChildProcess.run(
                    [program.command] + program.arguments, environment: environment, outputLimit: 1 << 20, watch: watch)
            }
        } onCancel: {
            flag.set()
        }
        let outcome: ChildProcess.Outcome
        do {
            outcome = try result.get()
        } catch {
            throw Self.error(error, program, access, operation)
        }
        guard outcome.status.isSuccess else {
            let words = outcome.errorText.trimmedOfWhitespace
            throw Self.fault(
                "it ended with \(outcome.status)\(words.isEmpty ? "" : ": \(words.prefix(1000))")", program, access,
                operation)
        }
        do throws(UnusableAnswer) {
            return try program.credential(from: outcome.output)
        } catch {
            throw Self.fault(error.reason, program, access, operation)
        }
    }

    private static func error(
        _ error: ChildProcessError, _ program: CredentialProgram, _ access: ClusterAccess, _ operation: String
    ) -> ClusterError {
        switch error.code {
        case .stopped(.cancelled): ClusterError(.cancelled, operation: operation, detail: "cancelled")
        case .notFound:
            fault(
                "there is no such program\(program.installHint.isEmpty ? "" : ": \(program.installHint)")", program,
                access, operation)
        default: fault("\(error)", program, access, operation)
        }
    }

    private static func fault(
        _ problem: String, _ program: CredentialProgram, _ access: ClusterAccess, _ operation: String
    ) -> ClusterError {
        ClusterError(
            .unreachable, operation: operation,
            detail: "the credential plugin \(program.command) gave none: \(problem); check \(access.origin)")
    }
}

/// A plugin's answer that is no `ExecCredential`. Its text is not shown: it may hold a token.
struct UnusableAnswer: Error {
    let reason: String
}

extension CredentialProgram {
    /// The `ExecCredential` that the plugin finds in `KUBERNETES_EXEC_INFO`. Pure.
    func request(_ access: ClusterAccess, authorities: String?) -> Value {
        var request: Value = [
            "apiVersion": .string(apiVersion), "kind": "ExecCredential", "spec": ["interactive": false],
        ]
        guard needsClusterInfo else { return request }
        var cluster: Value = ["server": .string(access.server)]
        if let name = access.serverName { cluster["tls-server-name"] = .string(name) }
        if !access.verifiesServer { cluster["insecure-skip-tls-verify"] = true }
        if let authorities {
            cluster["certificate-authority-data"] = .string(Base64.standard.text(Array(authorities.utf8)))
        }
        if case .url(let proxy) = access.proxy { cluster["proxy-url"] = .string(proxy.withUnsafeValue { $0 }) }
        request["spec"]?["cluster"] = cluster
        return request
    }

    /// Reads the plugin's answer. Pure.
    func credential(from output: [UInt8]) throws(UnusableAnswer) -> ProgramCredential {
        guard let answer = try? parseJSON(output) else {  // the reason would quote the text
            throw UnusableAnswer(reason: "its output is no JSON")
        }
        guard answer["kind"]?.string == "ExecCredential", answer["apiVersion"]?.string == apiVersion else {
            throw UnusableAnswer(reason: "its output is no ExecCredential of \(apiVersion)")
        }
        guard let status = answer["status"] else { throw UnusableAnswer(reason: "its output has no status") }
        func secret(_ key: String) -> Secret? {
            status[key]?.string.flatMap { $0.isEmpty ? nil : Secret($0) }
        }
        var credential = ProgramCredential(
            token: secret("token"), certificate: secret("clientCertificateData"), key: secret("clientKeyData"))
        guard (credential.certificate == nil) == (credential.key == nil) else {
            throw UnusableAnswer(reason: "its output has half a key pair")
        }
        guard credential.token != nil || credential.certificate != nil else {
            throw UnusableAnswer(reason: "its output has neither token nor certificate")
        }
        if let text = status["expirationTimestamp"]?.string {
            guard let instant = Instant(text) else {
                throw UnusableAnswer(reason: "its expirationTimestamp is no RFC 3339 time")
            }
            credential.expires = instant
        }
        return credential
    }
}
