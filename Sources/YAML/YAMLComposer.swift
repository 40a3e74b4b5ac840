// SPDX-License-Identifier: Apache-2.0

import Domain

/// Builds located trees from events; lives only inside `parseYAML`.
struct YAMLComposer: ~Copyable {
    private var events: YAMLEventReader
    private let limits: FileLimits
    private let reserved: String
    private var anchors: [String: Anchored] = [:]
    private var nodes = 0
    /// Bytes of all scalars, those included that aliases repeat.
    private var text = 0

    private struct Anchored {
        /// Nil while the node is still being read: an alias to it would make it contain itself.
        let node: YAMLNode?
        /// How many nodes an alias to it stands for.
        let size: Int
        /// How many bytes its scalars have.
        let text: Int
        /// How many levels of lists and maps it has, itself included: 0 for a scalar.
        let height: Int
    }

    init(events: consuming YAMLEventReader, limits: FileLimits, reserved: String) {
        self.events = events
        self.limits = limits
        self.reserved = reserved
    }

    mutating func documents() throws(YAMLError) -> [YAMLNode] {
        var documents: [YAMLNode] = []
        while true {
            let event = try events.next()
            guard event.kind == .documentStart else { return documents }
            guard documents.count < limits.documents else {
                let allowed = limits.documents == 1 ? "one is" : "\(limits.documents) are"
                throw YAMLError(.limit, "more documents than allowed: \(allowed)", at: event.mark)
            }
            for text in event.directives { try refuseReserved(text, "a directive", at: event.mark) }
            anchors = [:]
            documents.append(try node(try events.next(), depth: 1).node)
            _ = try events.next()
        }
    }

    /// - Returns: The node and its height.
    private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> (node: YAMLNode, height: Int) {
        if event.kind == .alias { return try alias(event, depth: depth) }
        let before = (nodes: nodes, text: text)
        try count(1, at: event.mark)
        if let tag = event.tag { try refuseReserved(tag, "a tag", at: event.mark) }
        if let anchor = event.anchor {
            try refuseReserved(anchor, "an anchor", at: event.mark)
            anchors[anchor] = Anchored(node: nil, size: 0, text: 0, height: 0)
        }
        let content: YAMLNode.Content
        var height = 0
        switch event.kind {
        case .listStart:
            try checkDepth(depth, at: event.mark)
            content = .list(try items(depth: depth, height: &height))
        case .mapStart:
            try checkDepth(depth, at: event.mark)
            content = .map(try members(depth: depth, height: &height))
        default:
            text += event.text.utf8.count
            content = .scalar(try scalar(event))
        }
        let node = YAMLNode(content: content, mark: event.mark)
        if let anchor = event.anchor {
            anchors[anchor] = Anchored(
                node: node, size: nodes - before.nodes, text: text - before.text, height: height)
        }
        return (node, height)
    }

    private mutating func alias(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> (node: YAMLNode, height: Int) {
        let name = event.anchor ?? ""
        try refuseReserved(name, "an alias", at: event.mark)
        guard let anchored = anchors[name] else {
            throw YAMLError(.unknownAlias, "no anchor &\(name) comes before this alias", at: event.mark)
        }
        guard let node = anchored.node else {
            throw YAMLError(.unknownAlias, "the anchor &\(name) contains itself", at: event.mark)
        }
        try checkDepth(depth + anchored.height - 1, at: event.mark)
        try count(anchored.size, at: event.mark)
        try countText(anchored.text, at: event.mark)
        return (node, anchored.height)
    }

    private mutating func items(depth: Int, height: inout Int) throws(YAMLError) -> [YAMLNode] {
        var items: [YAMLNode] = []
        height = 1
        while true {
            let event = try events.next()
            if event.kind == .listEnd { return items }
            let item = try node(event, depth: depth + 1)
            height = max(height, item.height + 1)
            items.append(item.node)
        }
    }

    private mutating func members(depth: Int, height: inout Int) throws(YAMLError) -> [YAMLMember] {
        var members = MemberList()
        height = 1
        while true {
            let event = try events.next()
            if event.kind == .mapEnd { return members.members }
            let isMerge = event.isMergeKey
            let key = isMerge ? "" : try self.key(event, depth: depth)
            let value = try node(try events.next(), depth: depth + 1)
            height = max(height, value.height + 1)
            if isMerge {
                for source in try mergeSources(value.node, at: event.mark) { members.merge(source) }
            } else if let first = members.add(YAMLMember(key: key, keyMark: event.mark, value: value.node)) {
                throw YAMLError(
                    .duplicateKey, "the key \"\(key)\" comes twice", at: event.mark,
                    related: YAMLError.Related(note: "first", mark: first))
            }
        }
    }

    /// The maps that a merge key names, in the order in which they are applied: of a list the first has the last word.
    private func mergeSources(_ node: YAMLNode, at mark: YAMLMark) throws(YAMLError) -> [[YAMLMember]] {
        if let members = node.members { return [members] }
        var sources: [[YAMLMember]] = []
        for item in node.items ?? [node] {
            guard let members = item.members else {
                throw YAMLError(.unusableValue, "a merge key (<<) takes a map or a list of maps", at: mark)
            }
            sources.append(members)
        }
        return sources.reversed()
    }

    private mutating func key(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> String {
        let node = try node(event, depth: depth + 1).node
        guard let scalar = node.scalar else {
            throw YAMLError(.unusableKey, "a key must be a string, not a map or a list", at: event.mark)
        }
        guard let key = YAMLResolver.key(scalar) else {
            throw YAMLError(.unusableKey, "a key must be a string, not \(scalar.value.kindName)", at: event.mark)
        }
        return key
    }

    private func scalar(_ event: YAMLEvent) throws(YAMLError) -> YAMLScalar {
        guard event.isImplicit || event.tag != nil else {
            return YAMLScalar(value: .string(event.text), text: event.text, style: event.style)
        }
        do {
            let value = try YAMLResolver.resolve(event.text, tag: event.tag)
            return YAMLScalar(value: value, text: event.text, style: event.style)
        } catch {
            throw YAMLError(.unusableValue, error.reason, at: event.mark)
        }
    }

    // MARK: Budgets

    private mutating func count(_ more: Int, at mark: YAMLMark) throws(YAMLError) {
        nodes += more
        guard nodes <= limits.nodes else {
            throw YAMLError(
                .limit, "more than \(limits.nodes) values, those included that aliases repeat", at: mark)
        }
    }

    /// What is not repeated is no more than the file has; but a short file can repeat a long text very often.
    private mutating func countText(_ more: Int, at mark: YAMLMark) throws(YAMLError) {
        text += more
        guard text <= 4 * limits.bytes else {
            throw YAMLError(
                .limit, "more than \(4 * limits.bytes) bytes of text, what aliases repeat included", at: mark)
        }
    }

    private func checkDepth(_ depth: Int, at mark: YAMLMark) throws(YAMLError) {
        guard depth <= limits.depth else {
            throw YAMLError(.limit, "lists and maps nest deeper than \(limits.depth)", at: mark)
        }
    }

    private func refuseReserved(_ text: String, _ place: String, at mark: YAMLMark) throws(YAMLError) {
        guard !reserved.isEmpty, text.utf8.count >= reserved.utf8.count, text.contains(reserved) else { return }
        throw YAMLError(.reserved, "a variable cannot stand in \(place)", at: mark)
    }
}

extension YAMLEvent {
    fileprivate var isMergeKey: Bool {
        kind == .scalar && text == "<<" && (isImplicit || tag == "tag:yaml.org,2002:merge")
    }
}

/// The members of one map while it is read. A merge overwrites what came before it, as in `kubectl`; a written key
/// overwrites what was merged, but never another written one.
private struct MemberList {
    private(set) var members: [YAMLMember] = []
    private var isWritten: [Bool] = []
    /// Empty while the map is small: a scan is faster then.
    private var index: [KeyBytes: Int] = [:]

    private struct KeyBytes: Hashable {
        let key: String
        static func == (left: KeyBytes, right: KeyBytes) -> Bool { left.key.hasSameBytes(as: right.key) }
        func hash(into hasher: inout Hasher) { hasher.combine(utf8: key) }
    }

    /// - Returns: The place of a member that was written with the same key; nil when `member` was taken.
    mutating func add(_ member: YAMLMember) -> YAMLMark? {
        guard let position = position(of: member.key) else {
            append(member, isWritten: true)
            return nil
        }
        if isWritten[position] { return members[position].keyMark }
        members[position] = member
        isWritten[position] = true
        return nil
    }

    mutating func merge(_ others: [YAMLMember]) {
        for member in others {
            if let position = position(of: member.key) {
                members[position] = member
            } else {
                append(member, isWritten: false)
            }
        }
    }

    private mutating func append(_ member: YAMLMember, isWritten: Bool) {
        members.append(member)
        self.isWritten.append(isWritten)
        if members.count == 32 {
            for (position, member) in members.enumerated() { index[KeyBytes(key: member.key)] = position }
        } else if members.count > 32 {
            index[KeyBytes(key: member.key)] = members.count - 1
        }
    }

    private func position(of key: String) -> Int? {
        members.count < 32
            ? members.firstIndex { $0.key.hasSameBytes(as: key) } : index[KeyBytes(key: key)]
    }
}
