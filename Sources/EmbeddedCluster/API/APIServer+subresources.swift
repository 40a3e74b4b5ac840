// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer

extension APIServer {
    func subresource(_ call: Call) throws(APIError) -> HTTPResponse {
        let target = call.target
        guard target.name != nil else { throw .unknownPath() }
        switch target.subresource {
        case "status" where target.resource.hasStatus: return try plain(call)
        case "scale":
            guard let paths = target.resource.scale else { throw .unknownPath() }
            return try scale(call, paths)
        case "finalize" where target.resource.groupKind == GroupKind(group: "", kind: "Namespace"):
            return try plain(call)
        case "eviction" where target.resource.groupKind == GroupKind(group: "", kind: "Pod"):
            guard call.request.method == "POST" else { throw .methodNotAllowed() }
            _ = try objects.delete(target.resource, target.key, DeleteOptions())
            return Self.json(
                ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201], status: 201)
        case "log" where target.resource.groupKind == GroupKind(group: "", kind: "Pod"):
            return Self.text(try PodLog(of: objects.find(target.resource, target.key)).text(call.query))
        default: throw .unknownResource()
        }
    }

    /// A subresource that has the object's own form.
    private func plain(_ call: Call) throws(APIError) -> HTTPResponse {
        switch call.request.method {
        case "GET": return answer(try objects.find(call.target.resource, call.target.key), call)
        case "PUT": return try replace(call)
        case "PATCH": return try patch(call)
        default: throw .methodNotAllowed()
        }
    }

    // MARK: Scale

    private func scale(_ call: Call, _ paths: Resource.ScalePaths) throws(APIError) -> HTTPResponse {
        let target = call.target
        let current = try objects.find(target.resource, target.key)
        let wanted: Value
        let options: Objects.WriteOptions
        switch call.request.method {
        case "GET": return Self.json(scaleObject(current, target, paths))
        case "PUT": (wanted, options) = try read(call)
        case "PATCH":
            let patch: Patch
            if call.mediaType == "application/apply-patch+yaml" {
                let (config, read) = try read(call)
                (patch, options) = (.merge(config), read)
            } else {
                (patch, options) = try readPatch(call)
            }
            wanted = try patch.apply(to: scaleObject(current, target, paths), .any)
        default: throw .methodNotAllowed()
        }
        guard let replicas = wanted[at: "spec", "replicas"]?.integer ?? (wanted[at: "spec"] == nil ? nil : 0) else {
            throw .badRequest("spec.replicas is missing")
        }
        if replicas < 0 {
            throw APIError.invalid(
                target.resource, current.name,
                [.invalid("spec.replicas", .integer(replicas), "must be greater than or equal to 0")])
        }
        let revision = wanted[at: "metadata", "resourceVersion"]?.string
        let written = try objects.update(target.resource, target.key, options) { old, _ throws(APIError) in
            var new = old
            new[paths.spec] = .integer(replicas)
            if call.request.method == "PUT", let revision, !revision.isEmpty {
                new.metadata["resourceVersion"] = .string(revision)
            }
            // The real server does not note who scales a custom resource.
            if target.resource.isCustom { return new }
            var plain = options
            plain.subresource = "scale"
            return self.objects.fieldManager(target.resource, plain).update(new, from: old, manager: options.manager)
        }
        return Self.json(scaleObject(written.object, target, paths))
    }

    private func scaleObject(_ object: Value, _ target: Target, _ paths: Resource.ScalePaths) -> Value {
        var metadata: Value = [:]
        for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            metadata[name] = object.metadata[name]
        }
        let selector: String =
            if target.resource.isCustom {
                paths.selector.isEmpty ? "" : object[paths.selector]?.string ?? ""
            } else {
                LabelSelector(object: object[at: "spec", "selector"]).description
            }
        var status: Value = ["replicas": object[paths.status] ?? 0]
        if !selector.isEmpty { status["selector"] = .string(selector) }
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
            "spec": ["replicas": object[paths.spec] ?? 0], "status": status,
        ]
    }
}
