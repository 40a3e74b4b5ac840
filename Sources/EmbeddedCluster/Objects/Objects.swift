// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Reads and writes objects by the rules of their kinds: what kube-apiserver does between HTTP and etcd.
///
/// A request becomes a value, is decoded, filled in, checked against what is stored, given its `managedFields`, and
/// stored if nobody came in between. Safe from any thread.
struct Objects: Sendable {
    let store: Store
    let now: Now
    let allocator: Allocator

    /// Whether unknown and duplicate fields refuse a write, warn, or pass.
    enum FieldValidation: String, Sendable {
        case strict = "Strict"
        case warn = "Warn"
        case ignore = "Ignore"
    }

    /// Who writes, and how.
    struct WriteOptions: Sendable {
        var manager: String
        var dryRun = false
        var fieldValidation = FieldValidation.ignore
        /// Of the request; the stored version unless set.
        var version: String?
        /// `status`, `scale`; empty for the object itself.
        var subresource = ""
        /// Whether the body itself said in which namespace it belongs.
        var namesNamespace = false
        /// The body as it came, for messages in its order.
        var body: [UInt8] = []
        /// Keys that the body named twice.
        var duplicateFields: [String] = []
    }

    /// What a write left.
    struct Written: Sendable {
        var object: Value
        var isNew = false
        var warnings: [String] = []
    }

    var timestamp: Value { .string(now().description) }

    func find(_ resource: Resource, _ key: ObjectKey) throws(APIError) -> Value {
        guard let object = store.get(resource.id, key) else { throw .notFound(resource, key.name) }
        return object
    }

    /// An object as a request sent it, in the stored version, decoded and with defaults.
    ///
    /// - Throws: 400 for values of a wrong type, and for unknown fields under strict validation.
    func decode(
        _ sent: Value, _ resource: Resource, _ options: WriteOptions, warnings: inout [String]
    ) throws(APIError) -> Value {
        var object = sent
        let version = options.version ?? resource.version
        object["apiVersion"] = .string(resource.groupVersion(version))
        object["kind"] = .string(resource.kind)
        object["metadata"] = object["metadata"] ?? [:]
        let (typed, report) = Normalizer.normalize(
            object, resource.schema(in: version), keepsMismatches: resource.isCustom)
        let prefix = "\(resource.kind) in version \"\(version)\" cannot be handled as a \(resource.kind)"
        if let mismatch = report.mismatches.first, !resource.isCustom {
            throw .badRequest("\(prefix): \(mismatch)")
        }
        let problems =
            DuplicateKeys.sorted(report.unknownFields, asIn: options.body).map { "unknown field \"\($0)\"" }
            + options.duplicateFields.map { "duplicate field \"\($0)\"" }
        if !problems.isEmpty, options.fieldValidation == .strict {
            throw .badRequest("\(prefix): strict decoding error: \(problems.joined(separator: ", "))")
        }
        if options.fieldValidation == .warn { warnings += problems }
        object = typed
        if resource.isCustom {
            CustomSchema.fillDefaults(&object, resource.schema(in: version))
        } else {
            Defaults.apply(to: &object, kind: resource.groupKind)
        }
        return Conversion.toStored(object, resource, from: version)
    }

    /// Reads an object as JSON sent it: the right kind, in the right place.
    ///
    /// - Throws: 400 when kind, version, namespace or name is another than the URL says.
    func checkIdentity(
        _ object: Value, _ resource: Resource, version: String, namespace: String, name: String?
    ) throws(APIError) -> Value {
        guard object.map != nil else { throw .badRequest("the body is no object") }
        let expected = resource.groupVersion(version)
        if let apiVersion = object["apiVersion"]?.string, apiVersion != expected {
            throw .badRequest(
                resource.isCustom
                    ? "the API version in the data (\(apiVersion)) does not match the expected API version (\(expected))"
                    : "\(resource.kind) in version \"\(apiVersion)\" cannot be handled as a \(resource.kind): no kind "
                        + "\"\(resource.kind)\" is registered for version \"\(apiVersion)\"")
        }
        if let kind = object["kind"]?.string, kind != resource.kind {
            throw .badRequest(
                "\(kind) in version \"\(version)\" cannot be handled as a \(resource.kind): "
                    + "the kind in the data does not match")
        }
        var object = object
        if object["metadata"]?.isNull == true { object["metadata"] = nil }
        if resource.isNamespaced {
            if !object.namespace.isEmpty, object.namespace != namespace {
                throw .badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request")
            }
            object[["metadata", "namespace"]] = .string(namespace)
        } else if !object.namespace.isEmpty {
            object.metadata["namespace"] = nil
        }
        if let name {
            if !object.name.isEmpty, object.name != name {
                throw .badRequest(
                    "the name of the object (\(object.name)) does not match the name on the URL (\(name))")
            }
            object[["metadata", "name"]] = .string(name)
        }
        return object
    }

    func fieldManager(_ resource: Resource, _ options: WriteOptions) -> FieldManager {
        var empty = resource.schema.emptyGoValue
        empty["apiVersion"] = .string(resource.groupVersion)
        empty["kind"] = .string(resource.kind)
        return FieldManager(
            schema: resource.schema, emptyObject: empty, ignored: Self.ignored(resource, options.subresource),
            apiVersion: resource.groupVersion(options.version ?? resource.version), subresource: options.subresource,
            time: options.subresource == "scale" ? "" : now().description)
    }

    /// The fields that a write to this endpoint never changes.
    private static func ignored(_ resource: Resource, _ subresource: String) -> FieldSet {
        var set = FieldSet()
        if subresource == "status" {
            for name in (resource.schema.object?.fields ?? [:]).keys where !["status", "metadata"].contains(name) {
                set.insert(["f:\(name)"])
            }
            set.insert(resource.isCustom ? ["f:metadata"] : ["f:metadata", "f:labels"])
        } else if subresource.isEmpty, resource.hasStatus {
            set.insert(["f:status"])
        }
        return set
    }

    /// The namespace must be there, and must not be going away when something is created.
    func checkNamespace(_ resource: Resource, _ object: Value, creating: Bool) throws(APIError) {
        guard resource.isNamespaced, creating else { return }
        let name = object.namespace
        guard let namespaces = store.registry[ResourceID(group: "", plural: "namespaces")] else { return }
        let namespace = try find(namespaces, ObjectKey(namespace: "", name: name))
        guard namespace.isTerminating else { return }
        let why = "unable to create new content in namespace \(name) because it is being terminated"
        var error = APIError.forbidden(resource, object.name, why)
        error.details?["causes"] = [
            [
                "reason": "NamespaceTerminating", "message": .string("namespace \(name) is being terminated"),
                "field": "metadata.namespace",
            ]
        ]
        throw error
    }

    static func randomSuffix(_ count: Int = 5) -> String {
        let letters = Array("bcdfghjklmnpqrstvwxz2456789")
        return String((0..<count).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }

    static func randomUID() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}
