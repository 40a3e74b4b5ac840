// SPDX-License-Identifier: Apache-2.0

import Domain
import Glibc
import Platform

extension ClusterAccess {
    /// Finds the cluster that a person means, as kubectl does. Blocks to read small files.
    ///
    /// In this order: `kubeconfig` alone; the list in `KUBECONFIG`; the variables `K8S_URL` and so on; the file
    /// `~/.kube/config`; the service account of the pod that this runs in.
    ///
    /// - Parameters:
    ///   - kubeconfig: A file; nil to look further.
    ///   - context: A context in the kubeconfig; nil for its current one.
    ///   - environment: The process's variables; a credential plugin gets them all.
    public static func find(
        kubeconfig: String? = nil, context: String? = nil, environment: [String: String]
    ) throws(ClusterAccessError) -> ClusterAccess {
        if let kubeconfig { return try Kubeconfig(file: kubeconfig).access(context: context, environment: environment) }
        if let list = environment["KUBECONFIG"], !list.isEmpty {
            let files = try Kubeconfig(list: list)
            if !files.files.isEmpty { return try files.access(context: context, environment: environment) }
        }
        if context == nil, let access = try variables(environment) { return access }
        if let home = environment["HOME"], Files.exists("\(home)/.kube/config") {
            return try Kubeconfig(file: "\(home)/.kube/config").access(context: context, environment: environment)
        }
        if context == nil, let access = try inCluster(environment: environment) { return access }
        throw ClusterAccessError(
            "no cluster", "there is no kubeconfig, no K8S_URL and no service account",
            advice: "give --kubeconfig FILE, or --cluster embedded for a small cluster inside kubernaut")
    }

    /// The service account of the pod that this runs in; nil outside a cluster.
    public static func inCluster(
        environment: [String: String], folder: String = "/var/run/secrets/kubernetes.io/serviceaccount"
    ) throws(ClusterAccessError) -> ClusterAccess? {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        else { return nil }
        guard Files.exists("\(folder)/token") else {
            throw ClusterAccessError(
                "\(folder)/token", "the pod has no service account token",
                advice: "set automountServiceAccountToken: true and a serviceAccountName on the pod")
        }
        let address = host.contains(":") ? "[\(host)]" : host
        var access = ClusterAccess(server: "https://\(address):\(port)", origin: "the pod's service account")
        access.credentials = .tokenFile("\(folder)/token")
        if Files.exists("\(folder)/ca.crt") { access.authorities = .file("\(folder)/ca.crt") }
        if let bytes = try? Files.read("\(folder)/namespace", limit: 4096) {  // older kubelets write none
            access.namespace = String(decoding: bytes, as: UTF8.self).trimmedOfWhitespace
        }
        return access
    }

    /// The variables that hikaru reads: `K8S_URL` or `K8S_HOST`, `K8S_TOKEN`, `K8S_CA`, `K8S_CERT`, `K8S_KEY`,
    /// `K8S_USERNAME`, `K8S_PASSWORD`, also with hyphens. Of several methods the first of token, certificate, password
    /// counts. Certificates, key and token are a path or the content itself.
    ///
    /// - Returns: Nil when neither URL nor host is set.
    public static func variables(_ environment: [String: String]) throws(ClusterAccessError) -> ClusterAccess? {
        func variable(_ name: String) -> String? {
            let value = environment["K8S_\(name)"] ?? environment["K8S-\(name)"]
            return value.flatMap { $0.isEmpty ? nil : $0 }
        }
        func material(_ name: String) -> Material? {
            variable(name).map { Files.exists($0) ? .file($0) : .inline(Secret($0)) }
        }
        guard let url = variable("URL") ?? variable("HOST").map({ "https://\($0)" }) else { return nil }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw ClusterAccessError("K8S_URL", "'\(url)' is no http or https URL", advice: "write https://HOST:PORT")
        }
        for (one, other) in [("CERT", "KEY"), ("USERNAME", "PASSWORD")]
        where (variable(one) == nil) != (variable(other) == nil) {
            throw ClusterAccessError(
                "K8S_\(one) and K8S_\(other)", "only one of the two is set", advice: "set both, or neither")
        }
        let method = ["TOKEN", "CERT", "USERNAME"].first { variable($0) != nil }
        var access = ClusterAccess(
            server: url, origin: "the variable K8S_URL with \(method.map { "K8S_\($0)" } ?? "no credentials")")
        access.authorities = material("CA")
        if let token = variable("TOKEN") {
            access.credentials = Files.exists(token) ? .tokenFile(token) : .token(Secret(token))
        } else if variable("CERT") != nil {
            access.certificate = material("CERT")
            access.key = material("KEY")
        } else if let user = variable("USERNAME"), let password = variable("PASSWORD") {
            access.credentials = .basic(user: user, password: Secret(password))
        }
        return access
    }
}
