// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer

extension APIServer {
    func create(_ call: Call) throws(APIError) -> HTTPResponse {
        let target = call.target
        guard let namespace = target.namespace else { throw .methodNotAllowed() }
        let (sent, options) = try read(call)
        let object = try objects.checkIdentity(
            sent, target.resource, version: target.version, namespace: namespace, name: nil)
        let written = try objects.create(object, in: target.resource, options)
        return answer(written.object, call, status: 201, warnings: written.warnings)
    }

    func replace(_ call: Call) throws(APIError) -> HTTPResponse {
        let target = call.target
        let (sent, options) = try read(call)
        if let name = sent[at: "metadata", "name"]?.string, !name.isEmpty, name != target.name {
            throw .badRequest(
                "the name of the object (\(name)) does not match the name on the URL (\(target.key.name))")
        }
        let object = try objects.checkIdentity(
            sent, target.resource, version: target.version, namespace: target.key.namespace, name: target.name)
        let written = try objects.replace(object, in: target.resource, target.key, options)
        return answer(written.object, call, status: written.isNew ? 201 : 200, warnings: written.warnings)
    }

    func patch(_ call: Call) throws(APIError) -> HTTPResponse {
        let target = call.target
        let written: Objects.Written
        switch call.mediaType {
        case "application/apply-patch+yaml":
            let (sent, options) = try read(call)
            guard call.query["fieldManager"]?.isEmpty == false else { throw Self.missingManager(call) }
            guard sent["apiVersion"]?.string != nil, sent["kind"]?.string != nil else {
                throw .badRequest("invalid object type: /, Kind=")
            }
            let config = try objects.checkIdentity(
                sent, target.resource, version: target.version, namespace: target.key.namespace, name: target.name)
            written = try objects.apply(
                config, in: target.resource, target.key, options, force: call.query["force"] == "true")
        default:
            let (patch, options) = try readPatch(call)
            written = try objects.patch(patch, in: target.resource, target.key, options)
        }
        return answer(written.object, call, status: written.isNew ? 201 : 200, warnings: written.warnings)
    }

    func readPatch(_ call: Call) throws(APIError) -> (Patch, Objects.WriteOptions) {
        let (body, options) = try read(call)
        switch call.mediaType {
        case "application/json-patch+json":
            guard let operations = body.list else { throw .badRequest("error decoding patch: not a list") }
            return (.json(operations), options)
        case "application/merge-patch+json": return (.merge(body), options)
        case "application/strategic-merge-patch+json":
            if call.target.resource.isCustom { throw Self.unsupported(call, custom: true) }
            return (.strategic(body), options)
        default: throw Self.unsupported(call, custom: call.target.resource.isCustom)
        }
    }

    private static func missingManager(_ call: Call) -> APIError {
        let resource = Resource.metaPatchOptions
        return APIError(
            422, "Invalid",
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
            details: [
                "group": .string(resource.group), "kind": .string(resource.kind),
                "causes": [
                    [
                        "reason": "FieldValueRequired", "message": "Required value: is required for apply patch",
                        "field": "fieldManager",
                    ]
                ],
            ])
    }

    private static func unsupported(_ call: Call, custom: Bool) -> APIError {
        guard custom else { return APIError(415, "UnsupportedMediaType", "415: Unsupported Media Type", details: [:]) }
        let types = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"]
        return APIError(
            415, "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: "
                + types.joined(separator: ", "))
    }

    // MARK: Deleting

    func delete(_ call: Call) throws(APIError) -> HTTPResponse {
        let target = call.target
        let options = try deleteOptions(call)
        let (object, isGone) = try objects.delete(target.resource, target.key, options)
        var warnings: [String] = []
        if target.resource.kind == "Job", !target.resource.isCustom, options.propagation == nil {
            warnings.append(
                "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove "
                    + "them or set propagationPolicy=Orphan to suppress this warning")
        }
        guard isGone, !target.resource.returnsDeletedObject else {
            return answer(object, call, warnings: warnings)
        }
        var details = APIError.details(target.resource, object.name)
        details["uid"] = .string(object.uid)
        let status: Value = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details,
        ]
        return Self.json(status, warnings: warnings)
    }

    func deleteCollection(_ call: Call) throws(APIError) -> HTTPResponse {
        let target = call.target
        guard target.namespace != nil, target.resource.kind != "Namespace" else { throw .methodNotAllowed() }
        let options = try deleteOptions(call)
        let filter = try call.filter()
        let (found, revision) = store.list(target.resource.id, namespace: target.namespace)
        var deleted: [Value] = []
        for object in found.filter(filter.matches).sorted(by: { $0.key < $1.key }) {
            do throws(APIError) {
                _ = try objects.delete(target.resource, object.key, options)
                deleted.append(call.shown(object))
            } catch  where error.code == 404 {
                // Someone else was faster; gone is what was asked for.
            }
        }
        return Self.json(
            [
                "kind": .string("\(target.resource.kind)List"), "apiVersion": .string(target.groupVersion),
                "metadata": ["resourceVersion": .string(String(revision))], "items": .list(deleted),
            ])
    }

    private func deleteOptions(_ call: Call) throws(APIError) -> DeleteOptions {
        var body: Value = [:]
        if call.mediaType == ProtobufBody.mediaType {
            body = ProtobufBody.deleteOptions(call.request.body) ?? [:]
        } else if !call.request.body.isEmpty {
            body = try Self.parse(call).value
        }
        var options = DeleteOptions()
        options.uid = body[at: "preconditions", "uid"]?.string
        options.resourceVersion = body[at: "preconditions", "resourceVersion"]?.string
        options.grace = body["gracePeriodSeconds"]?.integer ?? call.query["gracePeriodSeconds"].flatMap { Int64($0) }
        let policy = body["propagationPolicy"]?.string ?? call.query["propagationPolicy"]
        if let policy, !policy.isEmpty {
            guard let propagation = Propagation(rawValue: policy) else {
                throw .unsupportedOption(
                    "DeleteOptions", "propagationPolicy", "\"\(policy)\"",
                    ["Foreground", "Background", "Orphan", "nil"])
            }
            options.propagation = propagation
        } else if let orphans = body["orphanDependents"]?.bool {
            options.propagation = orphans ? .orphan : .background
        }
        let dryRun = body["dryRun"]?.list?.first?.string ?? call.query["dryRun"]
        options.dryRun = try Self.isDryRun(dryRun)
        return options
    }

    // MARK: Reading requests

    /// The body and the options of the URL.
    func read(_ call: Call) throws(APIError) -> (Value, Objects.WriteOptions) {
        let (body, duplicates) = try Self.parse(call)
        var options = Objects.WriteOptions(manager: Self.manager(call))
        options.version = call.target.version
        options.subresource = call.target.subresource
        options.dryRun = try Self.isDryRun(call.query["dryRun"])
        options.duplicateFields = duplicates
        options.body = call.request.body
        options.namesNamespace = !body.namespace.isEmpty
        let validation = call.query["fieldValidation"] ?? ""
        if !validation.isEmpty {
            guard let level = Objects.FieldValidation(rawValue: validation) else {
                throw .unsupportedOption(
                    "PatchOptions", "fieldValidation", "\"\(validation)\"", ["Ignore", "Warn", "Strict"])
            }
            options.fieldValidation = level
        } else {
            options.fieldValidation = .warn
        }
        return (body, options)
    }

    private static func isDryRun(_ text: String?) throws(APIError) -> Bool {
        guard let text, !text.isEmpty else { return false }
        guard text == "All" else {
            throw .unsupportedOption("CreateOptions", "dryRun", "[\"\(text)\"]", ["All"])
        }
        return true
    }

    /// The name a writer gives itself, else what its user agent says before the slash.
    private static func manager(_ call: Call) -> String {
        if let name = call.query["fieldManager"], !name.isEmpty { return name }
        let agent = call.request.headers["User-Agent"] ?? ""
        let name = String(agent.prefix { $0 != "/" })
        return name.isEmpty ? "unknown" : name
    }
}

extension Resource {
    /// Only for messages.
    fileprivate static let metaPatchOptions = (group: "meta.k8s.io", kind: "PatchOptions")

    /// Whether DELETE of this kind answers with the object instead of a Status.
    var returnsDeletedObject: Bool {
        !isCustom
            && [
                "Pod", "Service", "PersistentVolumeClaim", "PersistentVolume", "ServiceAccount", "ResourceQuota",
                "PodTemplate",
            ].contains(kind)
    }
}
