// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import Platform
import TestKit
import Testing

@Suite("Kubeconfig")
struct KubeconfigTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("kubeconfig") }

    func write(_ name: String, _ text: String) throws -> String {
        let path = "\(folder.path)/\(name)"
        try Files.write(Array(text.utf8), to: path)
        return path
    }

    static func config(cluster: String = "server: https://a:6443", user: String, extra: String = "") -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: dev
        contexts:
        - name: dev
          context: {cluster: c, user: u, namespace: shop}
        clusters:
        - name: c
          cluster: {\(cluster)}
        users:
        - name: u
          user: {\(user)}
        \(extra)
        """
    }

    func access(cluster: String = "server: https://a:6443", user: String = "token: t") throws -> ClusterAccess {
        let file = try write("config", Self.config(cluster: cluster, user: user))
        return try ClusterAccess.find(kubeconfig: file, environment: [:])
    }

    @Test("the current context gives server, namespace and token; the origin names both context and file")
    func plain() throws {
        let access = try access(cluster: "server: https://a:6443/, tls-server-name: kube.local")
        #expect(access.server == "https://a:6443")
        #expect(access.namespace == "shop")
        #expect(access.serverName == "kube.local")
        #expect(access.verifiesServer)
        #expect(access.credentials.text == "token t")
        #expect(access.origin == "context dev of \(folder.path)/config")
    }

    @Test("certificates come from data, or from files relative to the kubeconfig")
    func material() throws {
        let inline = try access(
            cluster: "server: https://a, certificate-authority-data: Q0E=, certificate-authority: x",
            user: "client-certificate-data: Q0VS\\nVA==, client-key-data: S0VZ".replacing("\\n", with: ""))
        #expect(inline.authorities?.text == "CA")
        #expect(inline.certificate?.text == "CERT")
        #expect(inline.key?.text == "KEY")
        let files = try access(
            cluster: "server: https://a, certificate-authority: ca.pem",
            user: "client-certificate: /etc/cert.pem, client-key: keys/key.pem")
        #expect(files.authorities?.text == "file \(folder.path)/ca.pem")
        #expect(files.certificate?.text == "file /etc/cert.pem")
        #expect(files.key?.text == "file \(folder.path)/keys/key.pem")
    }

    static let credentials: [(user: String, text: String)] = [
        ("", "none"),
        ("token: t, tokenFile: relative", "file FOLDER/relative"),
        ("username: kim, password: p", "basic kim p"),
        (
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/login, args: [a]}",
            "program FOLDER/bin/login"
        ),
        ("exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}", "program aws"),
    ]

    @Test("a user's credentials are found in kubectl's order", arguments: credentials)
    func findsCredentials(user: String, text: String) throws {
        #expect(try access(user: user).credentials.text == text.replacing("FOLDER", with: folder.path))
    }

    @Test("impersonation is read whole")
    func impersonates() throws {
        let person = try access(user: "token: t, as: kim, as-groups: [a, b], as-uid: '7', as-user-extra: {x/y: [z]}")
            .impersonation
        #expect(person?.user == "kim")
        #expect(person?.groups == ["a", "b"])
        #expect(person?.uid == "7")
        #expect(person?.extra.map(\.key) == ["x/y"])
    }

    static let faults: [(cluster: String, user: String, words: String)] = [
        ("", "", "its cluster has no server"),
        ("server: ftp://a", "", "is no http or https URL"),
        ("server: 12", "", "server is a number"),
        ("server: https://a, insecure-skip-tls-verify: true, certificate-authority: x", "", "skips verification"),
        ("server: https://a, certificate-authority-data: '%%%'", "", "is not base64"),
        ("server: https://a", "client-certificate: x", "half a key pair"),
        ("server: https://a", "client-key-data: S0VZ", "half a key pair"),
        ("server: https://a", "username: x", "half of username and password"),
        ("server: https://a", "username: x, password: p, token: z", "a password and a token"),
        ("server: https://a", "token: 123", "token is a number"),
        ("server: https://a", "as-groups: ['system:masters']", "without as"),
        ("server: https://a", "auth-provider: {name: gcp}", "auth-provider 'gcp'"),
        ("server: https://a", "exec: {apiVersion: client.authentication.k8s.io/v1}", "has no command"),
        ("server: https://a", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}", "v1alpha1"),
        (
            "server: https://a",
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}", "terminal"
        ),
    ]

    @Test("what cannot work is an error that names file, context and a way out", arguments: faults)
    func refuses(cluster: String, user: String, words: String) throws {
        let error = #expect(throws: ClusterAccessError.self) { try access(cluster: cluster, user: user) }
        #expect(error?.place == "context dev of \(folder.path)/config")
        #expect(error?.problem.contains(words) == true, "\(error?.problem ?? "")")
        #expect(error?.advice.isEmpty == false)
    }

    @Test("verification is off only where the file says so")
    func insecure() throws {
        #expect(try !access(cluster: "server: https://a, insecure-skip-tls-verify: true").verifiesServer)
        #expect(try access(cluster: "server: https://a, insecure-skip-tls-verify: false").verifiesServer)
    }

    @Test("of several files the first with an entry counts, whole; missing and empty names are fine")
    func merges() throws {
        let first = try write(
            "first",
            """
            contexts: [{name: dev, context: {cluster: c, user: u}}]
            users: [{name: u, user: {username: kim, password: p}}]
            """)
        let second = try write("second", Self.config(user: "token: t, as: other"))
        let access = try ClusterAccess.find(
            environment: ["KUBECONFIG": "/missing::\(first):\(second):\(first)", "HOME": folder.path])
        #expect(access.credentials.text == "basic kim p")
        #expect(access.impersonation == nil)
        #expect(access.namespace == nil)
        #expect(access.server == "https://a:6443")
        #expect(access.origin == "context dev of \(first)")
    }

    @Test("an unknown context lists those that there are")
    func unknownContext() throws {
        let file = try write("config", Self.config(user: ""))
        let error = #expect(throws: ClusterAccessError.self) {
            try ClusterAccess.find(kubeconfig: file, context: "prod", environment: [:])
        }
        #expect(
            error?.description
                == "\(file): there is no context 'prod'; check --context and current-context; there are: dev")
    }

    @Test("a file that is named must be there and readable", arguments: ["missing", "nonsense"])
    func unreadable(name: String) throws {
        _ = try write("nonsense", "a: [")
        let error = #expect(throws: ClusterAccessError.self) {
            try ClusterAccess.find(kubeconfig: "\(folder.path)/\(name)", environment: [:])
        }
        #expect(error?.place == "\(folder.path)/\(name)")
    }

    @Test("without a kubeconfig the pod's service account is used, and its files are read when needed")
    func inCluster() throws {
        _ = try write("token", "t")
        _ = try write("ca.crt", "CA")
        _ = try write("namespace", "kubernaut\n")
        let variables = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
        let access = try #require(try ClusterAccess.inCluster(environment: variables, folder: folder.path))
        #expect(access.server == "https://[fd00::1]:443")
        #expect(access.credentials.text == "file \(folder.path)/token")
        #expect(access.authorities?.text == "file \(folder.path)/ca.crt")
        #expect(access.namespace == "kubernaut")
        #expect(try ClusterAccess.inCluster(environment: [:], folder: folder.path) == nil)
        #expect(throws: ClusterAccessError.self) {
            try ClusterAccess.inCluster(environment: variables, folder: "/missing")
        }
    }

    static let variables: [(environment: [String: String], text: String)] = [
        (["K8S_HOST": "h:1", "K8S_TOKEN": "t", "K8S_USERNAME": "u", "K8S_PASSWORD": "p"], "https://h:1 token t"),
        (["K8S_URL": "http://h", "K8S_HOST": "x", "K8S_USERNAME": "u", "K8S_PASSWORD": "p"], "http://h basic u p"),
        (["K8S-URL": "https://h/", "K8S_URL": "https://i"], "https://i none"),
        (["K8S-URL": "https://h/"], "https://h none"),
    ]

    @Test("hikaru's variables are read, underscores first", arguments: variables)
    func readsVariables(environment: [String: String], text: String) throws {
        let access = try ClusterAccess.find(environment: environment)
        #expect("\(access.server) \(access.credentials.text)" == text)
        #expect(access.verifiesServer)
        #expect(access.origin.hasSuffix("K8S_TOKEN") == text.contains("token"))
    }

    @Test("half a pair of hikaru's variables is an error", arguments: ["K8S_CERT", "K8S_PASSWORD"])
    func halfPair(name: String) {
        #expect(throws: ClusterAccessError.self) { try ClusterAccess.variables(["K8S_URL": "https://h", name: "x"]) }
    }

    @Test("no cluster at all is an error that says what to give")
    func nothing() {
        let error = #expect(throws: ClusterAccessError.self) { try ClusterAccess.find(environment: [:]) }
        #expect(error?.advice.contains("--kubeconfig") == true)
    }

    @Test("printing access shows no secret")
    func silent() throws {
        let access = try access(
            cluster: "server: https://a, proxy-url: 'http://u:canary@p'",
            user: "username: kim, password: canary, client-certificate-data: Y2FuYXJ5, client-key-data: Y2FuYXJ5")
        var text = ""
        dump(access, to: &text)
        #expect(!"\(access) \(text)".contains("canary"))
    }
}

extension ClusterAccess.Material {
    fileprivate var text: String {
        switch self {
        case .inline(let secret): secret.withUnsafeValue { $0 }
        case .file(let path): "file \(path)"
        }
    }
}

extension ClusterAccess.Credentials {
    fileprivate var text: String {
        switch self {
        case .none: "none"
        case .token(let secret): "token \(secret.withUnsafeValue { $0 })"
        case .tokenFile(let path): "file \(path)"
        case .basic(let user, let password): "basic \(user) \(password.withUnsafeValue { $0 })"
        case .program(let program): "program \(program.command)"
        }
    }
}
