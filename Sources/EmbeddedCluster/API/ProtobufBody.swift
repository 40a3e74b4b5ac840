// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

/// Reads objects that `kubectl create` sends as protocol buffers: the envelope of apimachinery's `runtime.Unknown`
/// around one message of a built-in type. Numbers of fields come from the type table.
enum ProtobufBody {
    static let mediaType = "application/vnd.kubernetes.protobuf"

    /// Nil when the bytes are no such message.
    ///
    /// - Parameter schema: Of the object, from its resource and version.
    static func read(_ body: [UInt8], _ schema: Schema) -> Value? {
        guard body.prefix(4) == [0x6b, 0x38, 0x73, 0x00], let object = schema.object,
            let envelope = ProtobufFields(body.dropFirst(4)), let raw = envelope.bytes(2)
        else { return nil }
        guard var value = message(raw, object) else { return nil }
        if let type = envelope.bytes(1).flatMap({ ProtobufFields($0) }) {
            value["apiVersion"] = type.bytes(1).map { .string(text($0)) }
            value["kind"] = type.bytes(2).map { .string(text($0)) }
        }
        return value
    }

    /// The same for the options of a DELETE; nil when the bytes are no such message.
    static func deleteOptions(_ body: [UInt8]) -> Value? {
        guard body.prefix(4) == [0x6b, 0x38, 0x73, 0x00],
            let options = ProtobufFields(body.dropFirst(4))?.bytes(2).flatMap({ ProtobufFields($0) })
        else { return nil }
        var value: Value = [:]
        value["gracePeriodSeconds"] = options.number(1).map { .integer(Int64(bitPattern: $0)) }
        if let preconditions = options.bytes(2).flatMap({ ProtobufFields($0) }) {
            value[["preconditions", "uid"]] = preconditions.bytes(1).map { .string(text($0)) }
            value[["preconditions", "resourceVersion"]] = preconditions.bytes(2).map { .string(text($0)) }
        }
        value["orphanDependents"] = options.number(3).map { .bool($0 != 0) }
        value["propagationPolicy"] = options.bytes(4).map { .string(text($0)) }
        let dryRun = options.values(5).compactMap(\.bytes).map { Value.string(text($0)) }
        if !dryRun.isEmpty { value["dryRun"] = .list(dryRun) }
        return value
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func message(_ bytes: ArraySlice<UInt8>, _ object: ObjectSchema) -> Value? {
        guard let fields = ProtobufFields(bytes) else { return nil }
        var map = Map()
        for (name, field) in object.fields {
            guard let last = field.protobuf.last else { continue }
            var holder = fields
            for number in field.protobuf.dropLast() {
                guard let inner = holder.bytes(number).flatMap({ ProtobufFields($0) }) else {
                    holder = ProtobufFields()
                    break
                }
                holder = inner
            }
            let found = holder.values(last)
            guard !found.isEmpty, let value = value(of: found, field.schema), !isUnset(value, name) else { continue }
            map[name] = value
        }
        return .map(map)
    }

    /// Fields that are no pointer in Go are always sent; as their zero they mean "not set".
    private static func isUnset(_ value: Value, _ name: String) -> Bool {
        switch value {
        case .null: true
        case .bool(let truth): !truth && !pointers.contains(name)
        case .integer(let number): number == 0 && !pointers.contains(name)
        case .string(let text): text.isEmpty && !pointers.contains(name)
        default: false
        }
    }

    /// Pointers in Go: sent only when set, so that zero means zero.
    private static let pointers: Set<String> = [
        "replicas", "parallelism", "completions", "backoffLimit", "automountServiceAccountToken", "suspend",
        "allowPrivilegeEscalation", "runAsNonRoot", "runAsUser", "runAsGroup", "terminationGracePeriodSeconds",
        "revisionHistoryLimit", "ttlSecondsAfterFinished", "storageClassName", "enableServiceLinks", "optional",
        "successfulJobsHistoryLimit", "failedJobsHistoryLimit", "partition", "immutable", "value",
    ]

    private static func value(of found: [ProtobufFields.Field], _ schema: Schema) -> Value? {
        guard let last = found.last else { return nil }
        switch schema {
        case .list(let element, _):
            return .list(found.flatMap { items(of: $0, element) })
        case .map(let element, _):
            return .map(Map(found.compactMap { entry(of: $0, element) }))
        case .object(let object): return last.bytes.flatMap { message($0, object) }
        case .any: return last.bytes.flatMap { ProtobufFields($0)?.bytes(1) }.flatMap { try? parseJSON($0) }
        case .scalar(let scalar): return self.scalar(last, scalar)
        }
    }

    private static func items(of field: ProtobufFields.Field, _ element: Schema) -> [Value] {
        // Numbers may be packed into one field.
        if case .scalar(.integer) = element, let bytes = field.bytes {
            return ProtobufFields.numbers(bytes).map { .integer(Int64(bitPattern: $0)) }
        }
        return value(of: [field], element).map { [$0] } ?? []
    }

    private static func entry(of field: ProtobufFields.Field, _ element: Schema) -> Map.Entry? {
        guard let pair = field.bytes.flatMap({ ProtobufFields($0) }), let key = pair.bytes(1) else { return nil }
        let value = value(of: pair.values(2), element) ?? .string("")
        return Map.Entry(key: text(key), value: value)
    }

    private static func scalar(_ field: ProtobufFields.Field, _ scalar: Scalar) -> Value? {
        switch scalar {
        case .string: return field.bytes.map { .string(text($0)) }
        case .bytes: return field.bytes.map { .string(Base64.standard.text(Array($0))) }
        case .integer: return field.number.map { .integer(Int64(bitPattern: $0)) }
        case .boolean: return field.number.map { .bool($0 != 0) }
        case .number: return nil
        case .quantity:
            return field.bytes.flatMap { ProtobufFields($0) }?.bytes(1).map { .string(text($0)) }
        case .time:
            guard let parts = field.bytes.flatMap({ ProtobufFields($0) }), let seconds = parts.number(1) else {
                return nil
            }
            return .string(Instant(seconds: Int64(bitPattern: seconds)).description)
        case .integerOrString:
            guard let parts = field.bytes.flatMap({ ProtobufFields($0) }) else { return nil }
            if parts.number(1) == 1 { return .string(parts.bytes(3).map(text) ?? "") }
            return .integer(Int64(bitPattern: parts.number(2) ?? 0))
        }
    }
}

/// The fields of one message in the wire format, by number.
struct ProtobufFields {
    enum Field {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)

        var number: UInt64? { if case .number(let value) = self { value } else { nil } }
        var bytes: ArraySlice<UInt8>? { if case .bytes(let value) = self { value } else { nil } }
    }

    private var fields: [Int: [Field]] = [:]

    init() {}

    /// Nil for bytes that are no message.
    init?(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while !rest.isEmpty {
            guard let tag = Self.number(&rest) else { return nil }
            let field = Int(truncatingIfNeeded: tag >> 3)
            switch tag & 7 {
            case 0:
                guard let value = Self.number(&rest) else { return nil }
                fields[field, default: []].append(.number(value))
            case 1, 5:
                let width = tag & 7 == 1 ? 8 : 4
                guard rest.count >= width else { return nil }
                rest = rest.dropFirst(width)
            case 2:
                guard let count = Self.number(&rest).flatMap({ Int(exactly: $0) }), rest.count >= count else {
                    return nil
                }
                fields[field, default: []].append(.bytes(rest.prefix(count)))
                rest = rest.dropFirst(count)
            default: return nil
            }
        }
    }

    func values(_ field: Int) -> [Field] { fields[field] ?? [] }
    func bytes(_ field: Int) -> ArraySlice<UInt8>? { fields[field]?.last?.bytes }
    func number(_ field: Int) -> UInt64? { fields[field]?.last?.number }

    /// A row of numbers without tags.
    static func numbers(_ bytes: ArraySlice<UInt8>) -> [UInt64] {
        var rest = bytes
        var numbers: [UInt64] = []
        while let value = number(&rest) { numbers.append(value) }
        return numbers
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            guard shift < 64 else { return nil }
            value |= UInt64(byte & 127) << shift
            if byte & 128 == 0 { return value }
            shift += 7
        }
        return nil
    }
}
