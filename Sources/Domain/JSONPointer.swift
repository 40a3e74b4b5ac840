// SPDX-License-Identifier: Apache-2.0

/// A place in any object, as RFC 6901 writes it: `/spec/replicas`, `/metadata/annotations/acme.io~1owner`.
///
/// Beyond the RFC a step `*` stands for every item of a list or every member of a map:
/// `/spec/template/spec/containers/*/image`.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// Steps with `~1` and `~0` read; never empty.
    public let steps: [String]

    /// Nil unless `text` begins with `/` and every `~` is followed by `0` or `1`.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var steps: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            var step = ""
            var rest = Substring(part).unicodeScalars
            while let scalar = rest.popFirst() {
                guard scalar == "~" else {
                    step.unicodeScalars.append(scalar)
                    continue
                }
                switch rest.popFirst() {
                case "0": step += "~"
                case "1": step += "/"
                default: return nil
                }
            }
            steps.append(step)
        }
        self.steps = steps
    }

    public var description: String {
        steps.map { "/" + Self.escaped($0) }.joined()
    }

    /// One step as it stands in a pointer.
    public static func escaped(_ step: String) -> String {
        step.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    /// The places of `value` that this points to, in order; empty when there are none.
    public func paths(in value: Value) -> [FieldPath] {
        var found: [(path: FieldPath, value: Value)] = [(FieldPath(), value)]
        for step in steps {
            found = found.flatMap { path, value in Self.members(step, of: value).map { (path.appending($0), $1) } }
        }
        return found.map(\.path)
    }

    private static func members(_ step: String, of value: Value) -> [(FieldPath.Step, Value)] {
        switch value {
        case .map(let map) where step == "*": return map.map { (.key($0.key), $0.value) }
        case .map(let map): return map[step].map { [(.key(step), $0)] } ?? []
        case .list(let items) where step == "*": return items.enumerated().map { (.index($0), $1) }
        case .list(let items):
            // An index has no sign and no leading zero.
            guard let index = Int(step), String(index) == step, items.indices.contains(index) else { return [] }
            return [(.index(index), items[index])]
        default: return []
        }
    }
}

extension FieldPath {
    fileprivate func appending(_ step: Step) -> FieldPath { FieldPath(steps + [step]) }
}
