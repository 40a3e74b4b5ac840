// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// One source of a service's values.
struct ValueLayer: Sendable {
    let layer: Layer
    /// As a person sees it from the repository's root.
    let file: String
    /// A map, or null.
    let root: YAMLNode

    func location(_ mark: YAMLMark) -> SourceLocation {
        // A mark without a line stands for the file as a whole.
        SourceLocation(file: file, line: Int(mark.line), column: Int(mark.column))
    }
}

/// A service's values, merged from lowest to highest layer.
struct LayeredValues: Sendable {
    /// From lowest to highest.
    let layers: [ValueLayer]
    /// A map without nulls inside maps.
    let merged: Value

    static let reservedNames: Set<String> = [
        "service", "version", "image", "images", "build", "commit", "environment", "namespace", "cluster", "release",
    ]

    static let empty = LayeredValues(layers: [], merged: .map(Map()))

    /// These values with further layers above them: maps merge deeply, lists and scalars replace, null removes.
    ///
    /// - Parameter diagnostics: Gets an error for each reserved name, and for each map that meets something else.
    func adding(_ more: [ValueLayer], _ diagnostics: inout [Diagnostic]) -> LayeredValues {
        var merged = merged
        var below = layers
        for layer in more {
            guard let members = layer.root.members else { continue }
            if layer.layer != .reserved { Self.refuseReserved(members, layer, &diagnostics) }
            Self.merge(members, into: &merged) { path, node in
                let other = LayeredValues(layers: below, merged: .null).place(of: path)
                diagnostics.append(Self.conflict(path, node, layer, other))
            }
            below.append(layer)
        }
        return LayeredValues(layers: below, merged: merged)
    }

    private static func refuseReserved(_ members: [YAMLMember], _ layer: ValueLayer, _ diagnostics: inout [Diagnostic])
    {
        for member in members where reservedNames.contains(member.key) {
            diagnostics.append(
                Diagnostic(
                    .error, Codes.reservedName,
                    "\"\(member.key)\" is reserved: it always comes from the release record or the environment",
                    at: layer.location(member.keyMark), hint: "give the value another name"))
        }
    }

    private static func merge(
        _ members: [YAMLMember], into target: inout Value, path: FieldPath = FieldPath(),
        conflict: (FieldPath, YAMLNode) -> Void
    ) {
        guard case .map(var map) = target else { return }
        // The map is changed in place: nobody else may hold it meanwhile.
        target = .null
        for member in members {
            let node = member.value
            if node.isNull {
                map[member.key] = nil
                continue
            }
            guard let existing = map[member.key] else {
                map[member.key] = node.value.withoutNulls
                continue
            }
            switch (existing, node.members) {
            case (.map, let inner?):
                var child = existing
                merge(inner, into: &child, path: path.appending(member.key), conflict: conflict)
                map[member.key] = child
            case (.map, nil), (_, _?): conflict(path.appending(member.key), node)
            default: map[member.key] = node.value.withoutNulls
            }
        }
        target = .map(map)
    }

    private static func conflict(
        _ path: FieldPath, _ node: YAMLNode, _ layer: ValueLayer, _ other: (location: SourceLocation, kind: String)?
    ) -> Diagnostic {
        let below = other.map { "a \($0.kind) at \($0.location)" } ?? "of another kind"
        return Diagnostic(
            .error, Codes.typeConflict, "\(path) is a \(node.value.kindName) here, but \(below)",
            at: layer.location(node.mark),
            hint:
                "a map and something else cannot be merged: make both the same, or remove the lower one with null first"
        )
    }

    /// Where the value at `path` was last written, and what kind it is.
    private func place(of path: FieldPath) -> (location: SourceLocation, kind: String)? {
        for layer in layers.reversed() {
            if case .found(let node) = layer.root.find(path.steps) {
                return (layer.location(node.mark), node.value.kindName)
            }
        }
        return nil
    }
}

extension LayeredValues {
    /// Where the value at `path` comes from, and what it overrides; nil when nothing has this path.
    func origin(of path: FieldPath) -> Origin? {
        // Lists replace each other as a whole, so what a list's item overrides is the whole lower list.
        let listStart = path.steps.firstIndex { if case .index = $0 { true } else { false } }
        let shared = FieldPath(Array(path.steps.prefix(listStart ?? path.steps.count)))
        var owner: (ValueLayer, YAMLNode)?
        var overridden: [Origin.Overridden] = []
        for layer in layers.reversed() {
            if owner == nil {
                switch layer.root.find(path.steps) {
                case .found(let node) where !node.isNull || listStart != nil: owner = (layer, node)
                case .found, .cut: return nil
                case .absent: break
                }
            } else {
                guard case .found(let node) = layer.root.find(shared.steps), !node.isNull else {
                    if case .absent = layer.root.find(shared.steps) { continue }
                    break
                }
                overridden.append(
                    Origin.Overridden(layer: layer.layer, location: layer.location(node.mark), value: node.value))
            }
        }
        return owner.map { layer, node in
            Origin(layer: layer.layer, location: layer.location(node.mark), value: path, overridden: overridden)
        }
    }

    /// All leaves in the order of their paths, with their origins.
    var explained: [ExplainedValue] {
        var explained: [ExplainedValue] = []
        merged.forEachLeaf(at: FieldPath()) { path, value in
            guard let origin = origin(of: path) else { return }
            explained.append(ExplainedValue(path: path, value: value, origin: origin))
        }
        return explained
    }
}

/// What a layer says about a path.
enum Finding {
    case found(YAMLNode)
    /// The layer says nothing about it.
    case absent
    /// The layer removes it, or replaces what it would be a part of.
    case cut
}

extension YAMLNode {
    func find(_ steps: [FieldPath.Step]) -> Finding {
        var node = self
        for step in steps {
            switch (step, node.content) {
            case (.key(let key), .map):
                guard let next = node[key] else { return .absent }
                node = next
            case (.index(let index), .list(let items)):
                guard items.indices.contains(index) else { return .cut }
                node = items[index]
            default: return .cut
            }
        }
        return .found(node)
    }
}

extension Value {
    /// Without members that are null, at any depth; items of lists stay.
    var withoutNulls: Value {
        switch self {
        case .list(let items) where items.contains(where: \.hasNullMembers): .list(items.map(\.withoutNulls))
        case .map(let map) where hasNullMembers:
            .map(
                Map(
                    map.compactMap { entry in
                        entry.value.isNull ? nil : Map.Entry(key: entry.key, value: entry.value.withoutNulls)
                    }))
        default: self
        }
    }

    private var hasNullMembers: Bool {
        switch self {
        case .list(let items): items.contains(where: \.hasNullMembers)
        case .map(let map): map.contains { $0.value.isNull || $0.value.hasNullMembers }
        default: false
        }
    }

    /// Visits scalars and empty lists and maps, in order.
    func forEachLeaf(at path: FieldPath, _ visit: (FieldPath, Value) -> Void) {
        switch self {
        case .map(let map) where !map.isEmpty:
            for entry in map { entry.value.forEachLeaf(at: path.appending(entry.key), visit) }
        case .list(let items) where !items.isEmpty:
            for (index, item) in items.enumerated() { item.forEachLeaf(at: path.appending(index), visit) }
        default: visit(path, self)
        }
    }
}
