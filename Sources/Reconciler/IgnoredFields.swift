// SPDX-License-Identifier: Apache-2.0

import Domain

/// The fields of one object that others may set: created with it, and from then on neither compared nor sent. Pure.
struct IgnoredFields: Sendable, Hashable {
    var pointers: [JSONPointer] = []

    static let replicas = JSONPointer("/spec/replicas")

    var isEmpty: Bool { pointers.isEmpty }

    /// The rules of the environment and the annotation of the object itself.
    ///
    /// - Throws: What of the annotation is no JSON pointer.
    init(for key: ResourceKey, rules: [IgnoreRule], annotation: String?) throws(IgnoredFieldsProblem) {
        pointers = rules.filter { $0.matches(key) }.flatMap(\.pointers)
        for word in (annotation ?? "").split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            guard let pointer = JSONPointer(word), !Self.isIdentity(pointer) else {
                throw IgnoredFieldsProblem(pointer: String(word))
            }
            pointers.append(pointer)
        }
    }

    init(_ pointers: [JSONPointer] = []) { self.pointers = pointers }

    /// What names an object cannot be left to others.
    private static func isIdentity(_ pointer: JSONPointer) -> Bool {
        let steps = pointer.steps
        return ["apiVersion", "kind"].contains(steps[0])
            || steps[0] == "metadata" && (steps.count == 1 || ["name", "namespace"].contains(steps[1]))
    }

    /// `object` without these fields, for comparing.
    func removed(from object: Value) -> Value {
        pointers.reduce(object) { object, pointer in
            // Backwards, so that places in lists stay what they are.
            pointer.paths(in: object).reversed().reduce(object) { $0.removing($1) }
        }
    }

    /// What server-side apply is given: without these fields, unless nobody but us holds one: left out, it would be
    /// removed, and the server's default take its place. Then the live value is sent.
    func applied(_ desired: Value, over live: Value) -> Value {
        carried(removed(from: desired), from: OwnFields.sole(in: live) ?? [:], placedBy: desired)
    }

    /// What a PUT is given: these fields as they are.
    func replaced(_ desired: Value, over live: Value) -> Value {
        carried(removed(from: desired), from: live, placedBy: desired)
    }

    /// `object` with the fields that `source` has. Places in lists are found by what names an item, else by index.
    private func carried(_ object: Value, from source: Value, placedBy desired: Value) -> Value {
        var object = object
        for pointer in pointers {
            for path in pointer.paths(in: desired) {
                guard let there = ItemNames.path(path, of: desired, in: source), let value = source[there] else {
                    continue
                }
                object = object.setting(value, at: path)
            }
            // A field that git does not set, or no longer.
            for path in pointer.paths(in: source) where !path.hasIndex && desired[path] == nil {
                guard let value = source[path] else { continue }
                object = object.setting(value, at: path)
            }
        }
        return object
    }
}

struct IgnoredFieldsProblem: Error {
    let pointer: String
}

/// Finds the same item in two lists of one object.
enum ItemNames {
    /// The first that an item has names it among its neighbours.
    private static let keys = [
        "name", "mountPath", "containerPort", "port", "key", "ip", "type", "topologyKey", "devicePath", "uid",
    ]

    /// The place in `other` of what stands at `path` in `value`; nil when a list there has no such item.
    static func path(_ path: FieldPath, of value: Value, in other: Value) -> FieldPath? {
        var (here, there) = (value, other)
        var found = FieldPath()
        for step in path.steps {
            switch step {
            case .key(let key):
                guard let left = here[key], let right = there[key] else { return nil }
                (here, there) = (left, right)
                found.steps.append(step)
            case .index(let index):
                guard let left = here.list?[safe: index], let items = there.list,
                    let match = match(left, index, in: items)
                else { return nil }
                (here, there) = (left, items[match])
                found.steps.append(.index(match))
            }
        }
        return found
    }

    private static func match(_ item: Value, _ index: Int, in items: [Value]) -> Int? {
        guard let key = keys.first(where: { item[$0] != nil }) else {
            return items.indices.contains(index) ? index : nil
        }
        return items.firstIndex { $0[key] == item[key] }
    }
}

extension [Value] {
    fileprivate subscript(safe index: Int) -> Value? { indices.contains(index) ? self[index] : nil }
}

extension FieldPath {
    fileprivate var hasIndex: Bool { steps.contains { if case .index = $0 { true } else { false } } }
}

extension Value {
    /// Without what stands at `path`; items of lists behind it move up.
    func removing(_ path: FieldPath) -> Value {
        guard let first = path.steps.first else { return self }
        let rest = FieldPath(Array(path.steps.dropFirst()))
        var value = self
        switch first {
        case .key(let key):
            value[key] = rest.steps.isEmpty ? nil : value[key]?.removing(rest)
        case .index(let index):
            guard var items = value.list, items.indices.contains(index) else { return self }
            if rest.steps.isEmpty { items.remove(at: index) } else { items[index] = items[index].removing(rest) }
            value = .list(items)
        }
        return value
    }

    /// With `new` at `path`; maps on the way are made, items of lists are not.
    func setting(_ new: Value, at path: FieldPath) -> Value {
        guard let first = path.steps.first else { return new }
        let rest = FieldPath(Array(path.steps.dropFirst()))
        var value = self
        switch first {
        case .key(let key):
            value[key] = (value[key] ?? [:]).setting(new, at: rest)
        case .index(let index):
            guard var items = value.list, items.indices.contains(index) else { return self }
            items[index] = items[index].setting(new, at: rest)
            value = .list(items)
        }
        return value
    }
}
