// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

extension ValuesSchemaCompiler {
    mutating func badKind(_ member: YAMLMember, _ wanted: String, hint: String? = nil) {
        error(
            "\(member.key) must be \(wanted), not a \(member.value.value.kindName)", at: member.value.mark, hint: hint)
    }

    mutating func types(_ member: YAMLMember) -> Set<ValuesSchemaType>? {
        var types = Set<ValuesSchemaType>()
        for item in member.value.items ?? [member.value] {
            guard let text = item.value.string, let type = ValuesSchemaType(rawValue: text) else {
                let names = ValuesSchemaType.allCases.map(\.rawValue)
                let text = item.value.string
                error(
                    text.map { "there is no type \"\($0)\"" } ?? "type must be a string or a list of strings",
                    at: item.mark,
                    hint: text.flatMap { Self.otherTypes[$0] ?? didYouMean($0, in: names) }
                        ?? "known: \(names.joined(separator: ", "))")
                return nil
            }
            types.insert(type)
        }
        return types
    }

    private static let otherTypes = [
        "map": "a map is an \"object\"", "dict": "a map is an \"object\"", "list": "a list is an \"array\"",
        "bool": "write \"boolean\"", "int": "write \"integer\"", "float": "write \"number\"", "str": "write \"string\"",
    ]

    mutating func strings(_ member: YAMLMember) -> [String]? {
        guard let items = member.value.items else {
            badKind(
                member, "a list of strings",
                hint: member.value.value.bool != nil ? "list the required keys beside properties, not inside them" : nil
            )
            return nil
        }
        var texts: [String] = []
        for item in items {
            guard let text = item.value.string else {
                error("\(member.key) must hold strings only", at: item.mark)
                return nil
            }
            texts.append(text)
        }
        return texts
    }

    mutating func count(_ member: YAMLMember) -> Int? {
        if let number = member.value.value.integer, number >= 0 { return Int(number) }
        badKind(member, "a whole number of 0 or more")
        return nil
    }

    mutating func pattern(_ node: YAMLNode) -> Pattern? {
        guard let text = node.value.string else {
            error("pattern must be a string", at: node.mark)
            return nil
        }
        return pattern(text, at: node.mark)
    }

    mutating func pattern(_ text: String, at mark: YAMLMark) -> Pattern? {
        do {
            return try Pattern(text)
        } catch {
            self.error("the pattern \(text) cannot be used: \(error.reason)", at: mark)
            return nil
        }
    }

    mutating func schemas(_ member: YAMLMember, _ pointer: String) -> [Int]? {
        guard let items = member.value.items, !items.isEmpty else {
            badKind(member, "a list of schemas that is not empty")
            return nil
        }
        var schemas: [Int] = []
        for (index, item) in items.enumerated() { schemas.append(node(item, "\(pointer)/\(index)")) }
        return schemas
    }

    mutating func namedSchemas(_ member: YAMLMember, _ pointer: String) -> [String: Int]? {
        guard let entries = member.value.members else {
            badKind(member, "a map of schemas")
            return nil
        }
        var schemas: [String: Int] = [:]
        for entry in entries { schemas[entry.key] = node(entry.value, pointer + "/" + JSONPointer.escaped(entry.key)) }
        return schemas
    }
}
