// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Platform
import TestKit

/// The shop in three environments behind GitHub's login, and a browser to look at it with.
final class BrowsedSite: Sendable {
    let shop: ShopRepository
    let daemon: RunningDaemon
    let tools: DevTools
    private let cluster: RunningCluster
    private let github: GuardedProcess
    private let folder: TemporaryFolder

    init() async throws {
        shop = try ShopRepository()
        cluster = try await RunningCluster()
        folder = try TemporaryFolder("site")
        let log = "\(folder.path)/github.log"
        github = try GuardedProcess([BuiltBinary.path(), "dev", "github", "--listen", "127.0.0.1:0"], log: log)
        let gitHub = try await eventually("the stand-in to listen", orShow: log) {
            let text = try? String(contentsOfFile: log, encoding: .utf8)
            return text?.split(whereSeparator: \.isWhitespace).last { $0.hasPrefix("http://") }.map(String.init)
        }
        try "not-a-secret\n".write(toFile: "\(folder.path)/secret", atomically: true, encoding: .utf8)
        // People are sent back to the address they came from, so it must be known before the daemon listens.
        let port = try FreePort.take(1)[0]
        try """
        login:
          url: http://127.0.0.1:\(port)
          github:
            clientID: kubernaut-dev
            clientSecretFile: \(folder.path)/secret
            organizations: [acme]
            webURL: \(gitHub)
        """.write(toFile: "\(folder.path)/daemon.yaml", atomically: true, encoding: .utf8)
        daemon = try await RunningDaemon(
            repository: shop.remote.path, kubeconfig: cluster.kubeconfig, state: "\(folder.path)/state", port: port,
            ["--config", "\(folder.path)/daemon.yaml"])
        tools = try DevTools()
    }

    /// A page of somebody who signed in; of nobody, when `person` is nil.
    func page(as person: String?, _ look: BrowserPage.Look = BrowserPage.Look()) async throws -> BrowserPage {
        let page = try await BrowserPage(in: tools, look)
        guard let person else { return page }
        try await page.open(daemon.address + "/login")
        try await page.loading { try await page.click("a", saying: "Sign in with GitHub") }
        try await page.loading { try await page.click("a", saying: person) }
        return page
    }

    /// What runs in the cluster.
    func image(of service: String, in environment: String) throws -> String? {
        try cluster.image(of: service, in: "shop-\(environment)")
    }

    /// Waits until every service of the three environments is healthy, as the person of a page sees it.
    func becomesHealthy(_ page: BrowserPage) async throws {
        try await eventually("everything to be healthy", orShow: daemon.log, within: .seconds(60)) {
            try await page.open(daemon.address + "/api/v1/status")
            let status = try parseJSON(Array(try await page.text().utf8))
            let environments = status["environments"]?.list ?? []
            return environments.count == 3
                && environments.allSatisfy { environment in
                    let services = environment["services"]?.list ?? []
                    return !services.isEmpty && services.allSatisfy { $0["verdict"] == "healthy" }
                }
        }
    }
}
