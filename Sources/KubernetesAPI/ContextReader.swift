// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient

/// Turns a kubeconfig's cluster and user into access, with kubectl's checks.
struct ContextReader {
    /// Named in every error: `context dev of /home/kim/.kube/config`.
    let origin: String
    /// The process's variables, for the programs it starts.
    let environment: [String: String]

    func fault(_ problem: String, _ advice: String) -> ClusterAccessError {
        ClusterAccessError(origin, problem, advice: advice)
    }

    /// A string member; nil when missing or empty.
    func text(_ entry: Kubeconfig.Entry, _ key: String) throws(ClusterAccessError) -> String? {
        switch entry.value[key] {
        case nil, .null: return nil
        case .string(let text): return text.isEmpty ? nil : text
        case let other?: throw fault("\(key) is a \(other.kindName)", "write a string, in quotes")
        }
    }

    private func flag(_ entry: Kubeconfig.Entry, _ key: String) throws(ClusterAccessError) -> Bool {
        switch entry.value[key] {
        case nil, .null: return false
        case .bool(let truth): return truth
        case let other?: throw fault("\(key) is a \(other.kindName)", "write true or false, without quotes")
        }
    }

    /// `<key>-data` in base64, or else the file that `<key>` names.
    private func material(
        _ entry: Kubeconfig.Entry, _ key: String
    ) throws(ClusterAccessError) -> ClusterAccess.Material? {
        if let data = try text(entry, "\(key)-data") {
            guard let bytes = Base64.standard.bytes(data) else {
                throw fault("\(key)-data is not base64", "encode the PEM file with `base64 -w0`")
            }
            return .inline(Secret(String(decoding: bytes, as: UTF8.self)))
        }
        return try text(entry, key).map { .file(entry.resolved($0)) }
    }

    func access(
        cluster: Kubeconfig.Entry, user: Kubeconfig.Entry?
    ) throws(ClusterAccessError) -> ClusterAccess {
        guard var server = try text(cluster, "server") else {
            throw fault("its cluster has no server", "add the API server's URL")
        }
        let authorities = try material(cluster, "certificate-authority")
        let skips = try flag(cluster, "insecure-skip-tls-verify")
        if skips, authorities != nil {
            throw fault(
                "it names an authority and skips verification", "remove insecure-skip-tls-verify or the authority")
        }
        if !server.contains("://") { server = "\(authorities != nil || skips ? "https" : "http")://\(server)" }
        guard server.hasPrefix("http://") || server.hasPrefix("https://") else {
            throw fault("the server '\(server)' is no http or https URL", "mend the cluster's server")
        }
        var access = ClusterAccess(server: server, origin: origin)
        access.authorities = authorities
        access.verifiesServer = !skips
        access.serverName = try text(cluster, "tls-server-name")
        if let proxy = try text(cluster, "proxy-url") { access.proxy = .url(Secret(proxy)) }
        if let user { try add(user, to: &access) }
        return access
    }

    private func add(_ user: Kubeconfig.Entry, to access: inout ClusterAccess) throws(ClusterAccessError) {
        access.certificate = try material(user, "client-certificate")
        access.key = try material(user, "client-key")
        if (access.certificate == nil) != (access.key == nil) {
            throw fault("its user has half a key pair", "give both client-certificate and client-key, or neither")
        }
        if let provider = user.value["auth-provider"], !provider.isNull {
            throw fault(
                "its user needs the auth-provider '\(provider["name"]?.string ?? "?")', which Kubernetes has removed",
                "use an exec plugin or a token")
        }
        access.credentials = try credentials(user)
        access.impersonation = try impersonation(user)
    }

    private func credentials(_ user: Kubeconfig.Entry) throws(ClusterAccessError) -> ClusterAccess.Credentials {
        let token = try text(user, "token")
        let tokenFile = try text(user, "tokenFile")
        let name = try text(user, "username")
        let password = try text(user, "password")
        if name != nil || password != nil {
            guard let name, let password else {
                throw fault("its user has half of username and password", "give both, or neither")
            }
            if token != nil || tokenFile != nil {
                throw fault("its user has a password and a token", "keep one of them")
            }
            return .basic(user: name, password: Secret(password))
        }
        // Of both, the file counts: it is the one that is renewed.
        if let tokenFile { return .tokenFile(user.resolved(tokenFile)) }
        if let token { return .token(Secret(token)) }
        if let exec = user.value["exec"], !exec.isNull { return .program(try program(exec, user)) }
        return .none
    }

    private func program(_ exec: Value, _ user: Kubeconfig.Entry) throws(ClusterAccessError) -> CredentialProgram {
        let entry = Kubeconfig.Entry(value: exec, file: user.file)
        guard let command = try text(entry, "command") else {
            throw fault("its user's exec plugin has no command", "name the program")
        }
        let version = try text(entry, "apiVersion") ?? ""
        let known = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]
        guard known.contains(version) else {
            throw fault(
                "its user's exec plugin has the apiVersion '\(version)'",
                "use \(known[0]); a newer version of the plugin writes it")
        }
        if try text(entry, "interactiveMode") == "Always" {
            throw fault(
                "its user's exec plugin wants a terminal (interactiveMode: Always)",
                "kubernaut runs without one: use a service account's token")
        }
        let variables = (exec["env"]?.list ?? []).compactMap { item -> (String, String)? in
            guard let name = item["name"]?.string, let value = item["value"]?.string else { return nil }
            return (name, value)
        }
        return CredentialProgram(
            apiVersion: version,
            // A name alone is looked up in PATH, as a shell does.
            command: command.contains("/") ? entry.resolved(command) : command,
            arguments: (exec["args"]?.list ?? []).compactMap(\.string),
            environment: environment.merging(variables) { _, last in last }.mapValues { Secret($0) },
            needsClusterInfo: try flag(entry, "provideClusterInfo"),
            installHint: try text(entry, "installHint") ?? "")
    }

    private func impersonation(_ user: Kubeconfig.Entry) throws(ClusterAccessError) -> ClusterAccess.Impersonation? {
        let groups = (user.value["as-groups"]?.list ?? []).compactMap(\.string)
        let uid = try text(user, "as-uid")
        let extra = (user.value["as-user-extra"]?.map ?? Map()).flatMap { entry in
            (entry.value.list ?? []).compactMap(\.string).map {
                ClusterAccess.Impersonation.Extra(key: entry.key, value: $0)
            }
        }
        guard let name = try text(user, "as") else {
            // Calls would silently run with the caller's own rights.
            if !groups.isEmpty || uid != nil || !extra.isEmpty {
                throw fault(
                    "its user has as-groups, as-uid or as-user-extra without as", "name the user, or remove them")
            }
            return nil
        }
        return .init(user: name, uid: uid, groups: groups, extra: extra)
    }
}
