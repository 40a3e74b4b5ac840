// SPDX-License-Identifier: Apache-2.0

/// Shapes that tell states apart without color. Drawn here rather than taken from a font: fonts differ in which of
/// them they have.
enum Icon: String, CaseIterable {
    case failed, unhealthy, stuck, rolling, waiting, drifted, held, unknown, healthy, absent

    /// The symbol's drawing on a field of 16 × 16.
    private var drawing: HTML {
        switch self {
        case .failed: "<path class=\"s w\" d=\"M3.5 3.5l9 9m0-9l-9 9\"/>"
        case .unhealthy: "<path d=\"M1.2 3h13.6L8 14.6z\"/>"
        case .stuck: "<path d=\"M8 .8L15.2 8 8 15.2.8 8z\"/>"
        case .rolling: "<circle class=\"s\" cx=\"8\" cy=\"8\" r=\"5.8\"/><path d=\"M8 2.2a5.8 5.8 0 0 1 0 11.6z\"/>"
        case .waiting: "<circle class=\"s\" cx=\"8\" cy=\"8\" r=\"5.8\"/>"
        case .drifted: "<path class=\"s\" d=\"M2 5.6h12M2 10.4h12M11.4 2L4.6 14\"/>"
        case .held: "<path d=\"M3.4 2h3.4v12H3.4zM9.2 2h3.4v12H9.2z\"/>"
        case .unknown:
            "<path class=\"s\" d=\"M4.6 5.4a3.5 3.5 0 1 1 5 3.1C8.4 9.1 8 9.7 8 10.9\"/><circle cx=\"8\" cy=\"14\" r=\"1.3\"/>"
        case .healthy: "<circle cx=\"8\" cy=\"8\" r=\"6.2\"/>"
        case .absent: "<path class=\"s\" d=\"M4 8h8\"/>"
        }
    }

    /// Once per page; `image` refers to it.
    static let sprite: HTML = {
        let symbols = allCases.map { icon -> HTML in
            "<symbol id=\"i-\(icon.rawValue)\" viewBox=\"0 0 16 16\">\(icon.drawing)</symbol>"
        }
        return "<svg class=\"sprite\" aria-hidden=\"true\">\(symbols)</svg>"
    }()

    var image: HTML { "<svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-\(rawValue)\"/></svg>" }

    /// Three environments, one release walking through them.
    static let brand: HTML = """
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">\
        <rect class="m" width="32" height="32" rx="8"/>\
        <path class="l" d="M8 22.5l8-6.5 8-6.5"/>\
        <circle class="d" cx="8" cy="22.5" r="3"/><circle class="d" cx="16" cy="16" r="3"/>\
        <circle class="d h" cx="24" cy="9.5" r="4"/></svg>
        """
}
