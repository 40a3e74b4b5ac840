// SPDX-License-Identifier: Apache-2.0

public import Domain
import Foundation
import JSON

/// One page in a browser with cookies of its own, used as a person does: by mouse, keyboard and eye.
public struct BrowserPage: Sendable {
    /// How the person has set up the browser.
    public struct Look: Sendable, Hashable {
        public var width = 1280
        public var height = 900
        public var isDark = false
        public var runsScripts = true
        public var isPrint = false

        public init(width: Int = 1280, height: Int = 900, isDark: Bool = false, runsScripts: Bool = true) {
            self.width = width
            self.height = height
            self.isDark = isDark
            self.runsScripts = runsScripts
        }
    }

    private let tools: DevTools
    private let session: String
    private let target: String

    /// Opens an empty page in a context that knows no cookies.
    public init(in tools: DevTools, _ look: Look = Look()) async throws {
        self.tools = tools
        let context = try await tools.send("Target.createBrowserContext")["browserContextId"] ?? .null
        target =
            try await tools.send("Target.createTarget", ["url": "about:blank", "browserContextId": context])[
                "targetId"]?
            .string ?? ""
        session =
            try await tools.send("Target.attachToTarget", ["targetId": .string(target), "flatten": true])["sessionId"]?
            .string ?? ""
        for domain in ["Page", "Runtime", "Network", "Log"] { try await send("\(domain).enable") }
        try await adopt(look)
    }

    public func adopt(_ look: Look) async throws {
        try await send(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .integer(Int64(look.width)), "height": .integer(Int64(look.height)), "deviceScaleFactor": 1,
                "mobile": .bool(look.width < 600),
            ])
        try await send(
            "Emulation.setEmulatedMedia",
            [
                "media": look.isPrint ? "print" : "",
                "features": [["name": "prefers-color-scheme", "value": look.isDark ? "dark" : "light"]],
            ])
        try await send("Emulation.setScriptExecutionDisabled", ["value": .bool(!look.runsScripts)])
    }

    @discardableResult
    private func send(_ method: String, _ parameters: Value = [:]) async throws -> Value {
        try await tools.send(method, parameters, session: session)
    }

    // MARK: Going

    /// Opens an address and waits until it is loaded.
    public func open(_ url: String) async throws {
        do {
            try await loading { try await send("Page.navigate", ["url": .string(url)]) }
        } catch {
            throw CommandFailure(description: "opening \(url): \(error)")
        }
    }

    /// Does what leads to another page, and waits until that is loaded.
    public func loading(_ body: () async throws -> Void) async throws {
        await tools.forgetEvents()
        try await body()
        _ = try await tools.event("Page.loadEventFired", session: session)
    }

    /// Clicks in the middle of the first element that matches, after bringing it into view.
    ///
    /// - Parameter text: What the element says, exactly; nil for anything.
    /// - Throws: `CommandFailure` when there is none, or something lies over it.
    public func click(_ selector: String, saying text: String? = nil) async throws {
        let place = try await evaluate(
            """
            (() => {
                const text = \(text.map(quoted) ?? "null");
                const element = [...document.querySelectorAll(\(quoted(selector)))].find(
                    (each) => text === null || (each.innerText || each.value || "").trim() === text);
                if (!element) return "there is none";
                element.scrollIntoView({block: "center", behavior: "instant"});
                const box = element.getBoundingClientRect();
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                const top = document.elementFromPoint(x, y);
                if (!element.contains(top) && !top?.contains(element) && element.labels?.[0] !== top)
                    return "covered by " + (top ? top.outerHTML.slice(0, 200) : "nothing: it is out of sight");
                return {x, y};
            })()
            """)
        guard let x = place["x"], let y = place["y"] else {
            throw CommandFailure(
                description: "clicking \(selector) \(text ?? ""): \(place.string ?? "nothing to click")")
        }
        for type in ["mousePressed", "mouseReleased"] {
            try await send(
                "Input.dispatchMouseEvent",
                ["type": .string(type), "x": x, "y": y, "button": "left", "clickCount": 1])
        }
    }

    /// Writes into whatever has the focus.
    public func type(_ text: String) async throws { try await send("Input.insertText", ["text": .string(text)]) }

    /// Presses and releases one key.
    ///
    /// - Parameter key: `Tab`, `Enter`, ` `, `Escape`.
    public func press(_ key: String, shift: Bool = false) async throws {
        let codes: [String: Int64] = ["Tab": 9, "Enter": 13, " ": 32, "Escape": 27]
        let texts = ["Enter": "\r", " ": " "]
        for type in ["keyDown", "keyUp"] {
            var event: Value = [
                "type": .string(type), "key": .string(key), "code": .string(key == " " ? "Space" : key),
                "windowsVirtualKeyCode": .integer(codes[key] ?? 0), "modifiers": shift ? 8 : 0,
            ]
            if type == "keyDown" { event["text"] = texts[key].map(Value.string) }
            try await send("Input.dispatchKeyEvent", event)
        }
    }

    // MARK: Looking

    /// The value of an expression; promises are waited for.
    ///
    /// - Throws: `CommandFailure` when it throws.
    public func evaluate(_ expression: String) async throws -> Value {
        let answer = try await send(
            "Runtime.evaluate",
            ["expression": .string(expression), "returnByValue": true, "awaitPromise": true])
        if let problem = answer["exceptionDetails"] {
            throw CommandFailure(description: "evaluating \(expression.prefix(80)): \(problem.jsonText())")
        }
        return answer[at: "result", "value"] ?? .null
    }

    /// What a person reads; of the whole page by default. Empty when nothing matches.
    public func text(_ selector: String = "body") async throws -> String {
        try await evaluate("document.querySelector(\(quoted(selector)))?.innerText ?? ''").string ?? ""
    }

    public func count(_ selector: String) async throws -> Int {
        Int(try await evaluate("document.querySelectorAll(\(quoted(selector))).length").integer ?? 0)
    }

    public var address: String {
        get async throws { try await evaluate("location.pathname + location.search").string ?? "" }
    }

    /// What has the focus: its text, or what names it.
    public func focused() async throws -> String {
        try await evaluate(
            """
            (() => { const e = document.activeElement;
            return !e || e === document.body ? "" : (e.innerText || e.getAttribute("aria-label") || e.name || e.tagName).trim(); })()
            """
        ).string ?? ""
    }

    /// By how many pixels the page is wider than the window; a person would have to scroll sideways.
    public func overflow() async throws -> Int {
        Int(try await evaluate("document.documentElement.scrollWidth - window.innerWidth").integer ?? 0)
    }

    /// As PNG, all of the page.
    public func screenshot() async throws -> [UInt8] {
        let answer = try await send("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
        return Base64.standard.bytes(answer["data"]?.string ?? "") ?? []
    }

    /// As PDF.
    public func print() async throws -> [UInt8] {
        let answer = try await send("Page.printToPDF", ["preferCSSPageSize": true])
        return Base64.standard.bytes(answer["data"]?.string ?? "") ?? []
    }

    /// Everything the browser complained about since the page was opened: scripts, styles and images it refused, errors.
    public func complaints() async throws -> [String] {
        await tools.takeEvents(of: session).compactMap { event in
            switch event["method"]?.string {
            case "Log.entryAdded": event[at: "params", "entry", "text"]?.string
            case "Runtime.exceptionThrown": event[at: "params", "exceptionDetails"]?.jsonText()
            default: nil
            }
        }
    }

    private func quoted(_ text: String) -> String { Value.string(text).jsonText() }
}
