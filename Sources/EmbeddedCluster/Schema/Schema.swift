// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a value may be, and how values of several writers are merged (structured-merge-diff's "atom").
indirect enum Schema: Sendable {
    case scalar(Scalar)
    /// Untyped: scalars and lists as one value, maps member by member.
    case any
    case list(Schema, ListMerge)
    /// Free keys.
    case map(Schema, isAtomic: Bool)
    case object(ObjectSchema)
}

enum Scalar: Sendable, Hashable {
    case string(allowed: [String])
    case bytes
    case integer
    case number
    case boolean
    case quantity
    case time
    case integerOrString
}

/// Who owns what in a list.
enum ListMerge: Sendable, Hashable {
    /// One owner for the whole list.
    case atomic
    /// Each scalar item on its own.
    case set
    /// Items are told apart by these members.
    case map(keys: [String])
}

/// The fields of one type.
final class ObjectSchema: Sendable {
    /// `DeploymentSpec`; empty for a part of a custom resource.
    let name: String
    let fields: [String: Field]
    /// In the order of the table, for documents that are shown.
    let isAtomic: Bool
    /// Whether members that are no field are kept (custom resources only).
    let keepsUnknown: Bool
    /// Whether empty optional members vanish, as Go's `omitempty` makes them in built-in kinds.
    let dropsEmpty: Bool
    /// For custom resources: what JSON Schema demands beyond types, as read from the definition.
    let rules: Value?

    init(
        name: String, fields: [String: Field], isAtomic: Bool = false, keepsUnknown: Bool = false,
        dropsEmpty: Bool = true, rules: Value? = nil
    ) {
        self.name = name
        self.fields = fields
        self.isAtomic = isAtomic
        self.keepsUnknown = keepsUnknown
        self.dropsEmpty = dropsEmpty
        self.rules = rules
    }
}

struct Field: Sendable {
    var schema: Schema
    var isRequired = false
    /// A Go struct held by value: present, if empty, in every object.
    var isAlwaysPresent = false
    /// Also stands for a missing list key.
    var defaultValue: Value?
    /// For strategic merge patches: items merge by this member; empty merges scalars.
    var patchMergeKey: String?
    /// For strategic merge patches: the patch names all members that stay (`$retainKeys`).
    var retainsKeys = false
    /// The field's number in Kubernetes' protocol buffers; two where Go embeds one type in another. Empty for none.
    var protobuf: [Int] = []
    /// JSON Schema keywords of a custom resource's field.
    var rules: Value?
}

extension Schema {
    /// The schema of a member of a map or object; nil when there can be none.
    func member(_ key: String) -> Schema? {
        switch self {
        case .object(let object): object.fields[key]?.schema ?? (object.keepsUnknown ? .any : nil)
        case .map(let element, _): element
        case .any: .any
        case .scalar, .list: nil
        }
    }

    var object: ObjectSchema? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The default of a list key, which a path element needs when the item leaves it out.
    func keyDefault(_ key: String) -> Value? { object?.fields[key]?.defaultValue }
}
