// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// A parsed document in which tokens wait for their values. Text between the tokens is final: a value that is put
/// in is never read again, so it can change nothing but the leaf it stands in.
indirect enum Fill: Sendable {
    /// A piece without tokens, and the node it came from.
    case constant(Value, YAMLNode)
    /// A whole plain scalar: the value keeps its type.
    case whole(Int, YAMLMark)
    /// A scalar with tokens in it: always a string.
    case text([FillPiece], YAMLMark)
    case list([Fill], YAMLMark)
    /// Sorted by key where all keys are constant.
    case map([FillMember], hasFixedKeys: Bool, YAMLMark)
}

enum FillPiece: Sendable {
    case literal(String)
    case slot(Int)
}

struct FillMember: Sendable {
    /// One literal, unless tokens stand in it.
    let key: [FillPiece]
    let keyMark: YAMLMark
    let value: Fill

    var fixedKey: String? {
        guard key.count == 1, case .literal(let text) = key[0] else { return nil }
        return text
    }
}

extension Fill {
    /// Finds the tokens of a document.
    init(_ node: YAMLNode, prefix: [UInt8]) {
        switch node.content {
        case .scalar(let scalar): self = Self.scalar(scalar, node, prefix)
        case .list(let items):
            let fills = items.map { Fill($0, prefix: prefix) }
            var values: [Value] = []
            for case .constant(let value, _) in fills { values.append(value) }
            self = values.count == fills.count ? .constant(.list(values), node) : .list(fills, node.mark)
        case .map(let members): self = Self.map(members, node, prefix)
        }
    }

    var mark: YAMLMark {
        switch self {
        case .constant(_, let node): node.mark
        case .whole(_, let mark), .text(_, let mark), .list(_, let mark), .map(_, _, let mark): mark
        }
    }

    /// What a member is whatever the values are; null when there is none, or a value has a part in it.
    func constant(_ key: String) -> Value {
        switch self {
        case .constant(let value, _): return value[key] ?? .null
        case .map(let members, hasFixedKeys: true, _):
            guard let member = members.first(where: { $0.fixedKey?.hasSameBytes(as: key) ?? false }),
                case .constant(let value, _) = member.value
            else { return .null }
            return value
        default: return .null
        }
    }

    /// What made the leaf at a path; nil when no leaf is there, or keys that values made stand on the way.
    func source(of steps: ArraySlice<FieldPath.Step>, _ bindings: [Binding?]) -> Filler.LeafSource? {
        switch self {
        case .constant(_, let node):
            guard case .found(let leaf) = node.find(Array(steps)), leaf.isLeaf else { return nil }
            return .template(leaf.mark)
        case .whole(let slot, let mark):
            guard let value = bindings[slot]?.value[FieldPath(Array(steps))], value.isLeaf else { return nil }
            return .slot(slot, rest: Array(steps), mark)
        case .text(let pieces, let mark): return steps.isEmpty ? .text(pieces.slots, mark) : nil
        case .list(let items, _):
            guard case .index(let index)? = steps.first, items.indices.contains(index) else { return nil }
            return items[index].source(of: steps.dropFirst(), bindings)
        case .map(let members, let hasFixedKeys, _):
            guard hasFixedKeys, case .key(let key)? = steps.first,
                let member = members.first(where: { $0.fixedKey?.hasSameBytes(as: key) ?? false })
            else { return nil }
            return member.value.source(of: steps.dropFirst(), bindings)
        }
    }

    private static func scalar(_ scalar: YAMLScalar, _ node: YAMLNode, _ prefix: [UInt8]) -> Fill {
        guard let pieces = pieces(of: scalar.text, prefix) else { return .constant(scalar.value, node) }
        if scalar.style == .plain, pieces.count == 1, case .slot(let slot) = pieces[0] {
            return .whole(slot, node.mark)
        }
        return .text(pieces, node.mark)
    }

    private static func map(_ members: [YAMLMember], _ node: YAMLNode, _ prefix: [UInt8]) -> Fill {
        var fills: [FillMember] = []
        var entries: [Map.Entry] = []
        fills.reserveCapacity(members.count)
        for member in members {
            let value = Fill(member.value, prefix: prefix)
            // To Kubernetes a member that is null is one that is not there.
            if case .constant(.null, _) = value { continue }
            let key = pieces(of: member.key, prefix)
            if key == nil, case .constant(let constant, _) = value {
                entries.append(Map.Entry(key: member.key, value: constant))
            }
            fills.append(FillMember(key: key ?? [.literal(member.key)], keyMark: member.keyMark, value: value))
        }
        if entries.count == fills.count { return .constant(.map(Map(entries)), node) }
        let hasFixedKeys = fills.allSatisfy { $0.fixedKey != nil }
        if hasFixedKeys { fills.sort { ($0.fixedKey ?? "").precedesInBytes($1.fixedKey ?? "") } }
        return .map(fills, hasFixedKeys: hasFixedKeys, node.mark)
    }

    /// Nil when no token is in `text`.
    private static func pieces(of text: String, _ prefix: [UInt8]) -> [FillPiece]? {
        guard text.utf8.count > prefix.count, text.utf8.contains(UInt8(ascii: "K")) else { return nil }
        let bytes = Array(text.utf8)
        var pieces: [FillPiece] = []
        var position = 0
        while let (range, index) = Token.next(prefix, in: bytes, from: position) {
            if range.lowerBound > position {
                pieces.append(.literal(String(decoding: bytes[position..<range.lowerBound], as: UTF8.self)))
            }
            pieces.append(.slot(index))
            position = range.upperBound
        }
        guard !pieces.isEmpty else { return nil }
        if position < bytes.count { pieces.append(.literal(String(decoding: bytes[position...], as: UTF8.self))) }
        return pieces
    }
}

/// Puts values into documents; lives for one service.
struct Filler {
    /// One for each token; nil where nothing has the name, which was reported before.
    let bindings: [Binding?]
    /// Problems by the place in the expanded text.
    private(set) var problems: [FillProblem] = []
    /// How much values may still add, in bytes and pieces. Texts repeat their values, so a small file could otherwise
    /// fill the memory.
    private(set) var budget: Int
    /// Called for each leaf in turn; nil unless origins are asked for.
    var record: ((FieldPath, LeafSource) -> Void)?

    struct FillProblem {
        let code: String
        let message: String
        let mark: YAMLMark
        /// The token that it is about.
        let slot: Int
        var hint: String?
    }

    /// What made a leaf.
    enum LeafSource {
        case template(YAMLMark)
        /// The slot whose value it is part of, and the rest of the path below that value.
        case slot(Int, rest: [FieldPath.Step], YAMLMark)
        /// The slots that a text was put together from: a string, whatever its values are.
        case text([Int], YAMLMark)
    }

    init(bindings: [Binding?], budget: Int, record: ((FieldPath, LeafSource) -> Void)? = nil) {
        self.bindings = bindings
        self.budget = budget
        self.record = record
    }

    mutating func value(of fill: Fill, at path: FieldPath = FieldPath()) -> Value {
        switch fill {
        case .constant(let value, let node):
            if record != nil { recordConstant(node, path) }
            return value
        case .whole(let slot, let mark): return whole(slot, mark, path)
        case .text(let pieces, let mark):
            record?(path, .text(pieces.slots, mark))
            return .string(text(pieces, mark))
        case .list(let items, _):
            var values: [Value] = []
            values.reserveCapacity(items.count)
            for (index, item) in items.enumerated() {
                values.append(value(of: item, at: record == nil ? path : path.appending(index)))
            }
            return .list(values)
        case .map(let members, let hasFixedKeys, _):
            return hasFixedKeys ? fixedMap(members, path) : freeMap(members, path)
        }
    }

    private mutating func fixedMap(_ members: [FillMember], _ path: FieldPath) -> Value {
        var entries: [Map.Entry] = []
        entries.reserveCapacity(members.count)
        for member in members {
            guard let key = member.fixedKey else { continue }
            let value = value(of: member.value, at: record == nil ? path : path.appending(key))
            if !value.isNull { entries.append(Map.Entry(key: key, value: value)) }
        }
        return .map(Map(sorted: entries))
    }

    private mutating func freeMap(_ members: [FillMember], _ path: FieldPath) -> Value {
        var map = Map()
        for member in members {
            let key = text(member.key, member.keyMark)
            let value = value(of: member.value, at: record == nil ? path : path.appending(key))
            if map[key] != nil {
                problems.append(
                    FillProblem(
                        code: Codes.duplicateKey, message: "the key \"\(key)\" comes twice, once made by a variable",
                        mark: member.keyMark, slot: member.key.slots.first ?? 0))
            }
            if !value.isNull { map[key] = value }
        }
        return .map(map)
    }

    private mutating func whole(_ slot: Int, _ mark: YAMLMark, _ path: FieldPath) -> Value {
        guard let binding = bindings[slot] else { return .null }
        var cost = 0
        binding.value.weigh(&cost, upTo: budget)
        guard spend(cost, slot, mark) else { return .null }
        if let record {
            binding.value.forEachLeaf(at: FieldPath()) { rest, _ in
                record(FieldPath(path.steps + rest.steps), .slot(slot, rest: rest.steps, mark))
            }
        }
        return binding.value
    }

    private mutating func text(_ pieces: [FillPiece], _ mark: YAMLMark) -> String {
        if pieces.count == 1, case .literal(let text) = pieces[0] { return text }
        var text = ""
        for piece in pieces {
            switch piece {
            case .literal(let literal): text += literal
            case .slot(let slot):
                guard let binding = bindings[slot] else { continue }
                if let piece = Expander.text(of: binding.value) {
                    guard spend(piece.utf8.count, slot, mark) else { return text }
                    text += piece
                } else {
                    problems.append(
                        FillProblem(
                            code: Codes.notText, message: "a \(binding.value.kindName) cannot stand inside a text",
                            mark: mark, slot: slot,
                            hint: "let it be the whole value, without quotes: key: {{name}}"))
                }
            }
        }
        return text
    }

    /// - Returns: False when there is not so much left; said once.
    private mutating func spend(_ cost: Int, _ slot: Int, _ mark: YAMLMark) -> Bool {
        guard budget >= 0 else { return false }
        budget -= cost
        if budget >= 0 { return true }
        problems.append(
            FillProblem(
                code: Codes.tooMuch, message: "the values make the manifests too large", mark: mark, slot: slot,
                hint: "look for a long text or list inside a loop"))
        return false
    }

    private func recordConstant(_ node: YAMLNode, _ path: FieldPath) {
        switch node.content {
        case .scalar: record?(path, .template(node.mark))
        case .list(let items):
            if items.isEmpty { record?(path, .template(node.mark)) }
            for (index, item) in items.enumerated() { recordConstant(item, path.appending(index)) }
        case .map(let members):
            if members.isEmpty { record?(path, .template(node.mark)) }
            for member in members { recordConstant(member.value, path.appending(member.key)) }
        }
    }
}

extension Value {
    /// Adds the size of this value, one for each piece and each byte of text; stops counting beyond `limit`.
    fileprivate func weigh(_ sum: inout Int, upTo limit: Int) {
        sum += 1
        guard sum <= limit else { return }
        switch self {
        case .null, .bool, .integer: break
        case .decimal(let text), .string(let text): sum += text.utf8.count
        case .list(let items): for item in items { item.weigh(&sum, upTo: limit) }
        case .map(let map):
            for entry in map {
                sum += entry.key.utf8.count
                entry.value.weigh(&sum, upTo: limit)
            }
        }
    }
}

extension [FillPiece] {
    var slots: [Int] {
        compactMap { if case .slot(let slot) = $0 { slot } else { nil } }
    }
}

extension Value {
    /// Whether it is a scalar, or a list or map with nothing in it.
    fileprivate var isLeaf: Bool {
        switch self {
        case .list(let items): items.isEmpty
        case .map(let map): map.isEmpty
        default: true
        }
    }
}

extension YAMLNode {
    fileprivate var isLeaf: Bool { (items?.isEmpty ?? true) && (members?.isEmpty ?? true) }
}
