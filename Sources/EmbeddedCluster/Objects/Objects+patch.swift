// SPDX-License-Identifier: Apache-2.0

import Domain

extension Objects {
    /// Server-side apply of a configuration.
    ///
    /// - Parameter revision: Taken from `metadata.resourceVersion` of the configuration.
    /// - Throws: 409 with causes `FieldManagerConflict`, and what creating or updating throws.
    func apply(
        _ config: Value, in resource: Resource, _ key: ObjectKey, _ options: WriteOptions, force: Bool
    ) throws(APIError) -> Written {
        if let sent = config[at: "metadata", "managedFields"]?.list, !sent.isEmpty {
            throw .badRequest("metadata.managedFields must be nil")
        }
        let config = try checkApplied(config, resource, options)
        if store.get(resource.id, key) == nil {
            guard options.subresource.isEmpty else { throw .notFound(resource, key.name) }
            if let uid = config[at: "metadata", "uid"]?.string, !uid.isEmpty {
                throw .conflict(
                    resource, key.name,
                    "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
            }
            do {
                return try applyNew(config, resource, options, force: force)
            } catch  where error.reason == "AlreadyExists" {
                // Another writer created it meanwhile: it is an update after all.
            }
        }
        return try update(resource, key, options) { old, warnings throws(APIError) in
            let merged = try self.fieldManager(resource, options).apply(
                config, to: old, manager: options.manager, force: force)
            return try self.typed(merged, resource, options, &warnings)
        }
    }

    private func applyNew(
        _ config: Value, _ resource: Resource, _ options: WriteOptions, force: Bool
    ) throws(APIError) -> Written {
        var written = Written(object: [:], isNew: true)
        let merged = try fieldManager(resource, options).apply(
            config, to: nil, manager: options.manager, force: force)
        let object = try typed(merged, resource, options, &written.warnings)
        written.object = try insert(object, in: resource, options, warnings: &written.warnings)
        return written
    }

    /// JSON patch, merge patch or strategic merge patch.
    func patch(
        _ patch: Patch, in resource: Resource, _ key: ObjectKey, _ options: WriteOptions
    ) throws(APIError) -> Written {
        let version = options.version ?? resource.version
        return try update(resource, key, options) { old, warnings throws(APIError) in
            let shown = Conversion.fromStored(old, resource, to: version)
            let patched = try patch.apply(to: shown, resource.schema(in: version))
            let checked = try self.checkIdentity(
                patched, resource, version: version, namespace: key.namespace, name: key.name)
            let new = try self.decode(checked, resource, options, warnings: &warnings)
            return self.tracked(new, from: old, resource, options)
        }
    }

    /// A configuration in the stored version, with every field known.
    private func checkApplied(
        _ config: Value, _ resource: Resource, _ options: WriteOptions
    ) throws(APIError) -> Value {
        let version = options.version ?? resource.version
        let place = options.namesNamespace ? config.namespace : ""
        let report = Normalizer.normalize(config, resource.schema(in: version)).report
        let problems =
            report.unknownFields.map { ".\($0): field not declared in schema" } + report.untyped
            + (duplicateItem(in: config, resource.schema(in: version), path: "").map { [$0] } ?? [])
        if let problem = problems.first {
            // 500, because it is so in the real server.
            throw APIError(
                500, "",
                "failed to create typed patch object (\(place)/\(config.name); \(resource.group)/\(version), "
                    + "Kind=\(resource.kind)): \(problem)")
        }
        return Conversion.toStored(config.withoutNulls, resource, from: version)
    }

    /// The first list that names one item twice, which a configuration must not.
    private func duplicateItem(in value: Value, _ schema: Schema, path: String) -> String? {
        switch (schema, value) {
        case (_, .map(let map)):
            for entry in map {
                guard let inner = schema.member(entry.key) else { continue }
                if let found = duplicateItem(in: entry.value, inner, path: "\(path).\(entry.key)") { return found }
            }
        case (.list(let element, let merge), .list(let items)) where merge != .atomic:
            var seen: Set<String> = []
            for item in items {
                guard let step = schema.step(ofItem: item) else { continue }
                let text = FieldSet.text(ofStep: step)
                if !seen.insert(step).inserted { return "\(path): duplicate entries for key \(text)" }
                if let found = duplicateItem(in: item, element, path: path + text) { return found }
            }
        default: break
        }
        return nil
    }

    /// The merged object as the server's types hold it.
    private func typed(
        _ merged: Value, _ resource: Resource, _ options: WriteOptions, _ warnings: inout [String]
    ) throws(APIError) -> Value {
        var plain = options
        plain.fieldValidation = .ignore
        plain.version = resource.version
        return try decode(merged, resource, plain, warnings: &warnings)
    }
}

extension Value {
    /// Without members that are null, which a configuration does not name.
    var withoutNulls: Value {
        switch self {
        case .map(let map):
            .map(Map(map.compactMap { $0.value.isNull ? nil : Map.Entry(key: $0.key, value: $0.value.withoutNulls) }))
        case .list(let items): .list(items.map(\.withoutNulls))
        default: self
        }
    }
}
