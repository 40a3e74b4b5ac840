// SPDX-License-Identifier: Apache-2.0

import Crypto

/// A file that pages refer to. Its address holds the digest of its content, so it may be cached for ever.
struct Asset: Sendable {
    let name: String
    let type: String
    let content: [UInt8]
    let path: String

    init(_ name: String, type: String, _ text: String) {
        content = Array(text.utf8)
        let parts = name.split(separator: ".", maxSplits: 1)
        self.name = "\(parts[0])-\(sha256Hex(content).prefix(12)).\(parts[1])"
        self.type = type
        path = "/assets/\(self.name)"
    }
}

enum Assets {
    static let style = Asset("style.css", type: "text/css; charset=utf-8", styleSheet)
    static let live = Asset("live.js", type: "text/javascript; charset=utf-8", liveScript)
    static let icon = Asset("icon.svg", type: "image/svg+xml", favicon(dot: "#5fd17a"))
    static let iconProblem = Asset("alarm.svg", type: "image/svg+xml", favicon(dot: "#ff5c5c"))

    private static let all = [style, live, icon, iconProblem]

    /// By the name in its address; `icon.svg` without digest for clients that ask for `/favicon.ico`.
    static func named(_ name: String) -> Asset? { name == "icon.svg" ? icon : all.first { $0.name == name } }

    private static func favicon(dot: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0550ae"/>\
        <path d="M8 22.5l8-6.5 8-6.5" fill="none" stroke="#fff" stroke-width="2.4"/><g fill="#fff">\
        <circle cx="8" cy="22.5" r="3"/><circle cx="16" cy="16" r="3"/></g>\
        <circle cx="24" cy="9.5" r="4.6" fill="\(dot)" stroke="#0550ae" stroke-width="1.4"/></svg>
        """
    }
}
