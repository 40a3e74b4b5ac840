// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Platform
import TestKit
import Testing

@Suite("The pages in a browser", .timeLimit(.minutes(3)))
struct BrowserTests {
    private typealias Look = BrowserPage.Look

    /// Every page that needs no particular state of the shop.
    private static let pages = [
        "/", "/releases", "/envs", "/envs/staging", "/envs/dev/objects", "/services/cart", "/services/cart/history",
        "/envs/dev/services/cart/manifest", "/envs/dev/services/cart/values", "/diff?a=env:dev&b=env:staging", "/syncs",
        "/system",
        "/promotions", "/promotions/new?from=dev&to=staging", "/rollbacks/new?env=staging&service=cart", "/holds",
        "/suspensions/new?env=dev", "/account", "/account/keys", "/audit", "/help",
    ]

    @Test("work without a script, at any width, in dark and on paper, and leave nothing to complain about")
    func looks() async throws {
        let site = try await BrowsedSite()
        let page = try await site.page(as: "kim")
        try await site.becomesHealthy(page)
        let axe = try Axe()
        for path in Self.pages {
            for (width, isDark) in [(1280, false), (360, true)] {
                var look = Look(width: width, isDark: isDark, runsScripts: false)
                try await page.adopt(look)
                try await page.open(site.daemon.address + path)
                let complaints = try await page.complaints()
                #expect(complaints == [], "\(path) at \(width)")
                #expect(try await page.overflow() <= 0, "\(path) at \(width) must not scroll sideways")
                #expect(try await page.count("h1") == 1, "\(path)")
                look.runsScripts = true
                try await page.adopt(look)
                let violations = try await axe.violations(on: page)
                #expect(violations == [], "\(path) at \(width)")
            }
            #expect(try await page.print().count > 1000, "\(path) on paper")
        }
    }

    @Test("show who is nobody the login alone, and lead back to where they wanted to go")
    func signsIn() async throws {
        let site = try await BrowsedSite()
        let page = try await site.page(as: nil, Look(runsScripts: false))
        try await page.open(site.daemon.address + "/services/cart")
        #expect(try await page.address.hasPrefix("/login"))
        // With the keyboard alone: the link is reached by Tab and followed by Enter.
        try await page.tab(to: "Sign in with GitHub")
        try await page.loading { try await page.press("Enter") }
        try await page.tab(to: "bo")
        try await page.loading { try await page.press("Enter") }
        #expect(try await page.address == "/services/cart")
        #expect(try await page.text("header").contains("bo"))
        try await page.loading { try await page.click("button", saying: "Sign out") }
        try await page.open(site.daemon.address + "/")
        #expect(try await page.address.hasPrefix("/login"))
    }
}
