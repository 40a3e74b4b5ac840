// SPDX-License-Identifier: Apache-2.0

/// A place inside a tree, printed and read as `spec.containers[0].image`.
///
/// A key that is not made of letters, digits, `-`, `_` and `/` alone is written in brackets and quotes:
/// `metadata.annotations["a.b"]`.
public struct FieldPath: Sendable, Hashable {
    public enum Step: Sendable, Hashable {
        case key(String)
        case index(Int)
    }

    public var steps: [Step]

    public init(_ steps: [Step] = []) { self.steps = steps }

    public func appending(_ key: String) -> FieldPath { FieldPath(steps + [.key(key)]) }
    public func appending(_ index: Int) -> FieldPath { FieldPath(steps + [.index(index)]) }
}

extension FieldPath: CustomStringConvertible {
    public var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key) where key.isPlainStep: text += text.isEmpty ? key : ".\(key)"
            case .key(let key): text += "[\"\(key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"]"
            }
        }
        return text
    }

    /// Reads the form that `description` prints; nil when `text` is not of that form.
    public init?(_ text: String) {
        var steps: [Step] = []
        var rest = text[...]
        while !rest.isEmpty {
            if rest.first == "[" {
                guard let step = Self.bracketed(&rest) else { return nil }
                steps.append(step)
            } else {
                if !steps.isEmpty {
                    guard rest.first == "." else { return nil }
                    rest.removeFirst()
                }
                let key = rest.prefix { $0 != "." && $0 != "[" }
                guard !key.isEmpty else { return nil }
                steps.append(.key(String(key)))
                rest.removeFirst(key.count)
            }
        }
        self.steps = steps
    }

    private static func bracketed(_ rest: inout Substring) -> Step? {
        rest.removeFirst()
        guard rest.first == "\"" else {
            guard let end = rest.firstIndex(of: "]"), let index = Int(rest[..<end]), index >= 0 else { return nil }
            rest = rest[rest.index(after: end)...]
            return .index(index)
        }
        rest.removeFirst()
        var key = ""
        while let character = rest.popFirst() {
            if character == "\\" {
                guard let escaped = rest.popFirst() else { return nil }
                key.append(escaped)
            } else if character == "\"" {
                guard rest.popFirst() == "]" else { return nil }
                return .key(key)
            } else {
                key.append(character)
            }
        }
        return nil
    }
}

extension String {
    fileprivate var isPlainStep: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}
