// SPDX-License-Identifier: Apache-2.0

import Platform
import TestKit
import Testing

/// The whole loop through the built binary: real git remotes, `kubectl` as the observer.
@Suite(.timeLimit(.minutes(3)), .serialized) struct MainJobTests {
    enum Remote: CaseIterable {
        case file, http, ssh
    }

    @Test("a release reaches the cluster, drift is healed, a merge promotes", arguments: Remote.allCases)
    func story(remote: Remote) async throws {
        let shop = try ShopRepository()
        let cluster = try await RunningCluster()
        let state = try TemporaryFolder("state")
        let access = try Access(remote, shop)
        let daemon = try await RunningDaemon(
            repository: access.url, kubeconfig: cluster.kubeconfig, state: "\(state.path)/daemon", access.flags)

        try await eventually("the shop to be there", orShow: daemon.log) {
            try cluster.image(of: "web", in: "shop-production") != nil
                && cluster.image(of: "cart", in: "shop-dev") != nil
        }
        try cluster.kubectl(
            "wait", "--for=condition=Available", "deployment", "--all", "-n", "shop-dev", "--timeout=30s")

        try shop.release("cart", "9.9.9")
        try await eventually("cart 9.9.9 in dev", orShow: daemon.log) {
            try cluster.image(of: "cart", in: "shop-dev")?.hasSuffix(":9.9.9") ?? false
        }
        #expect(try cluster.image(of: "cart", in: "shop-staging")?.hasSuffix(":9.9.9") == false)

        let uid = try cluster.field(".metadata.uid", of: "service/cart", in: "shop-dev")
        try cluster.kubectl("delete", "service", "cart", "-n", "shop-dev", "--wait=false")
        try await eventually("the deleted Service to come back", orShow: daemon.log) {
            let now = try cluster.field(".metadata.uid", of: "service/cart", in: "shop-dev")
            return now != nil && now != uid
        }

        try shop.clone.git("checkout", "--quiet", "staging")
        try shop.clone.git("merge", "--quiet", "--no-ff", "--no-edit", "dev")
        try shop.clone.git("push", "--quiet", "origin", "staging")
        try await eventually("cart 9.9.9 in staging", orShow: daemon.log) {
            try cluster.image(of: "cart", in: "shop-staging")?.hasSuffix(":9.9.9") ?? false
        }
        #expect(try cluster.image(of: "cart", in: "shop-production")?.hasSuffix(":9.9.9") == false)

        let page = try await daemon.get("/")
        #expect(page.status == 200)
        #expect(page.text.contains("9.9.9"))
        #expect(daemon.stop(within: .seconds(20)) == .exited(0))
    }

    /// How the daemon reaches the remote, and the server behind it.
    private struct Access {
        let url: String
        let flags: [String]
        private let server: (any Sendable)?
        private var secret: TemporaryFolder?

        init(_ remote: Remote, _ shop: ShopRepository) throws {
            switch remote {
            case .file:
                (url, flags, server) = ("file://\(shop.remote.path)", [], nil)
            case .http:
                let (folder, name) = Self.parts(shop.remote.path)
                let http = try GitHTTPServer(root: folder)
                let secret = try TemporaryFolder("secret")
                let file = "\(secret.path)/credentials"
                try Files.write(Array("\(GitHTTPServer.user):\(GitHTTPServer.password)".utf8), to: file)
                (url, flags) = ("\(http.base)/basic/\(name)", ["--git-token-file", file])
                (server, self.secret) = (http, secret)
            case .ssh:
                let ssh = try SSHServer()
                url = ssh.url(shop.remote.path)
                flags = ["--git-ssh-key", ssh.acceptedKey, "--git-known-hosts", ssh.knownHosts]
                server = ssh
            }
        }

        private static func parts(_ path: String) -> (folder: String, name: String) {
            let slash = path.lastIndex(of: "/") ?? path.startIndex
            return (String(path[..<slash]), String(path[path.index(after: slash)...]))
        }
    }
}
