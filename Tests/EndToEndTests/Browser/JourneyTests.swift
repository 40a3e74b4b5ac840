// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import TestKit
import Testing

/// What people come for, done in a browser from the first click to the cluster.
@Suite("A journey in a browser", .timeLimit(.minutes(3)), .serialized)
struct JourneyTests {
    @Test("a release is promoted, rolled back, held and let go", arguments: [false, true])
    func promotes(runsScripts: Bool) async throws {
        let site = try await BrowsedSite()
        let page = try await site.page(as: "kim", BrowserPage.Look(runsScripts: runsScripts))
        try await site.becomesHealthy(page)
        let before = try #require(try site.image(of: "cart", in: "staging"))
        try site.shop.release("cart", "9.9.1")
        try await eventually("the release to be shown") {
            try await page.open(site.daemon.address + "/promotions/new?from=dev&to=staging")
            return try await page.text("main").contains("9.9.1")
        }

        // The preview says what comes, and the button does that.
        try await page.click("form.order [name=reason]")
        try await page.type("weekly train")
        try await page.loading { try await page.click("button", saying: "Promote 1 service to staging") }
        #expect(try await page.address.hasPrefix("/promotions/"))
        let progress = try await page.address
        try await eventually("the promotion to be done") {
            try await page.open(site.daemon.address + progress)
            return try await page.text(".headline").contains("done")
        }
        #expect(try await page.text("main").contains("weekly train"))
        #expect(try site.image(of: "cart", in: "staging")?.hasSuffix(":9.9.1") == true)

        // Back again, with a reason, which a rollback must have.
        try await page.open(site.daemon.address + "/rollbacks/new?env=staging&service=cart")
        let button = try await page.evaluate(
            "[...document.querySelectorAll('form.order button')].map((each) => each.innerText).join()")
        #expect(button.string?.hasPrefix("Roll back cart to ") == true)
        try await page.click("form.order [name=reason]")
        try await page.type("it leaks")
        try await page.loading { try await page.click("form.order button") }
        #expect(try await page.address.hasPrefix("/rollbacks/"))
        try await eventually("the rollback to be in the cluster") {
            try site.image(of: "cart", in: "staging") == before
        }

        // The hold that came with it is there, keeps the release out, and ends by a click.
        try await eventually("the hold to be shown") {
            try await page.open(site.daemon.address + "/holds")
            return try await page.text("main").contains("it leaks")
        }
        try await page.open(site.daemon.address + "/promotions/new?from=dev&to=staging")
        #expect(try await page.count("form.order") == 0)
        try await page.open(site.daemon.address + "/holds")
        try await page.loading { try await page.click("main form button") }
        try await eventually("the hold to have ended") {
            try await page.open(site.daemon.address + "/holds")
            return try await !page.text("main").contains("it leaks")
        }
        try await suspends(site, page)
        let complaints = try await page.complaints()
        #expect(complaints == [])
    }

    /// The cluster is left alone for an hour, and let go again, from the environment's page and the overview.
    private func suspends(_ site: BrowsedSite, _ page: BrowserPage) async throws {
        try await page.open(site.daemon.address + "/envs/staging")
        try await page.click("summary", saying: "Suspend staging")
        try await page.click("form[action='/suspensions/new'] [name=reason]")
        try await page.type("node upgrade")
        try await page.loading { try await page.click("button", saying: "Suspend staging") }
        #expect(try await page.address == "/envs/staging?done=suspend")
        try await eventually("the suspension to be shown") {
            try await page.open(site.daemon.address + "/envs/staging")
            return try await page.text("main").contains("node upgrade")
        }
        #expect(try await page.text("main").contains("by kim"))
        try await page.open(site.daemon.address + "/")
        #expect(try await page.text(".strip").contains("node upgrade"))
        try await page.loading { try await page.click(".strip form button") }
        try await eventually("the suspension to have ended") {
            try await page.open(site.daemon.address + "/")
            return try await !page.text("main").contains("node upgrade")
        }
    }

    @Test("what moved since the preview is shown instead of done, and the reason is kept")
    func moved() async throws {
        let site = try await BrowsedSite()
        let page = try await site.page(as: "kim", BrowserPage.Look(runsScripts: false))
        try await site.becomesHealthy(page)
        try site.shop.release("cart", "9.9.1")
        try await eventually("the release to be shown") {
            try await page.open(site.daemon.address + "/promotions/new?from=dev&to=staging")
            return try await page.text("main").contains("9.9.1")
        }
        try await page.click("form.order [name=reason]")
        try await page.type("as looked at")
        try site.shop.release("cart", "9.9.2")
        try await page.loading { try await page.click("form.order button") }
        #expect(try await page.text("main").contains("moved"))
        #expect(try await page.text("main").contains("9.9.2"))
        #expect(try await page.evaluate("document.querySelector('form.order [name=reason]').value") == "as looked at")
        #expect(try site.image(of: "cart", in: "staging")?.contains("9.9") == false)
        // The fresh preview can be acted on.
        try await page.loading { try await page.click("form.order button") }
        try await eventually("the newer release to arrive") {
            try site.image(of: "cart", in: "staging")?.hasSuffix(":9.9.2") == true
        }
    }

    @Test("a page that was left open says when its session has ended, and leads back to where it was")
    func sessionEnds() async throws {
        let site = try await BrowsedSite()
        let page = try await site.page(as: "kim", BrowserPage.Look(runsScripts: true))
        try await site.becomesHealthy(page)
        try await page.open(site.daemon.address + "/envs/dev")
        try await eventually("the page to be watched") {
            try await page.text("footer").contains("Live updates: on")
        }
        // Signed out in another tab.
        _ = try await page.evaluate(
            """
            fetch("/logout", {method: "POST",
                body: new URLSearchParams(new FormData(document.querySelector("form[action='/logout']")))})
                .then((answer) => answer.status)
            """)
        try site.shop.release("cart", "9.9.1")
        try await eventually("the page to say so") {
            try await page.text("body").contains("Your session has ended")
        }
        #expect(try await page.text("footer").contains("Live updates have ended"))
        try await page.loading { try await page.click(".news a") }
        #expect(try await page.address.hasPrefix("/login"))
        #expect(try await page.text("main").contains("Your session has ended"))
        try await page.loading { try await page.click("a", saying: "Sign in with GitHub") }
        try await page.loading { try await page.click("a", saying: "kim") }
        #expect(try await page.address == "/envs/dev")
        let complaints = try await page.complaints()
        #expect(complaints == [])
    }

    @Test("who may not promote to production sees the button, cannot press it, and reads what it takes")
    func needs() async throws {
        let site = try await BrowsedSite()
        let kim = try await site.page(as: "kim")
        try await site.becomesHealthy(kim)
        try site.shop.release("cart", "9.9.1", on: "staging")
        let page = try await site.page(as: "bo", BrowserPage.Look(runsScripts: false))
        try await eventually("the release to be shown") {
            try await page.open(site.daemon.address + "/promotions/new?from=staging&to=production&service=cart")
            return try await page.text("main").contains("9.9.1")
        }
        #expect(try await page.count("form.order button:disabled") == 1)
        #expect(try await page.text("form.order").contains("needs"))
        #expect(try await page.text("form.order").contains("production"))
    }
}
