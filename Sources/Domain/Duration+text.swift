// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// Reads what people write: `500ms`, `30s`, `5m`, `2h`, `1m30s`, `7d`. Nil for anything else, a bare number included.
    public init?(text: some StringProtocol) {
        var total = Duration.zero
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let count = Int64(digits), count <= 1_000_000_000 else { return nil }
            switch unit {
            case "ms": total += .milliseconds(count)
            case "s": total += .seconds(count)
            case "m": total += .seconds(count * 60)
            case "h": total += .seconds(count * 3600)
            case "d": total += .seconds(count * 86_400)
            default: return nil
            }
        }
        self = total
    }

    /// Coarse and short, for people: `12 ms`, `4 s`, `3 min`, `2 h`, `5 d`.
    public var short: String {
        let milliseconds = Int64(self / .milliseconds(1))
        switch milliseconds {
        case ..<1000: return "\(milliseconds) ms"
        case ..<60_000: return "\(milliseconds / 1000) s"
        case ..<3_600_000: return "\(milliseconds / 60_000) min"
        case ..<172_800_000: return "\(milliseconds / 3_600_000) h"
        default: return "\(milliseconds / 86_400_000) d"
        }
    }
}
