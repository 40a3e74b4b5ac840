// SPDX-License-Identifier: Apache-2.0

import Domain

extension Objects {
    /// Creates an object that `checkIdentity` has passed.
    ///
    /// - Throws: 409 AlreadyExists, 404 without the namespace, 403 while the namespace ends, 400 and 422.
    func create(_ sent: Value, in resource: Resource, _ options: WriteOptions) throws(APIError) -> Written {
        var written = Written(object: [:], isNew: true)
        var object = try decode(sent, resource, options, warnings: &written.warnings)
        object = fieldManager(resource, options).update(object, from: nil, manager: options.manager)
        written.object = try insert(object, in: resource, options, warnings: &written.warnings)
        return written
    }

    /// Gives a decoded object its identity, checks and stores it.
    func insert(
        _ decoded: Value, in resource: Resource, _ options: WriteOptions, warnings: inout [String]
    ) throws(APIError) -> Value {
        var object = decoded
        if let revision = object[at: "metadata", "resourceVersion"]?.string, !revision.isEmpty, revision != "0" {
            throw APIError(500, "", "resourceVersion should not be set on objects to be created")
        }
        if object.name.isEmpty, let base = object[at: "metadata", "generateName"]?.string, !base.isEmpty {
            object[["metadata", "name"]] = .string(base.prefix(58) + Self.randomSuffix())
        }
        try checkNamespace(resource, object, creating: true)
        object.metadata["uid"] = .string(Self.randomUID())
        object.metadata["creationTimestamp"] = timestamp
        object.metadata["deletionTimestamp"] = nil
        object.metadata["deletionGracePeriodSeconds"] = nil
        object.metadata["selfLink"] = nil
        object.metadata["generation"] = resource.hasGeneration ? 1 : nil
        Strategy.prepareForCreate(&object, resource)
        if store.get(resource.id, object.key) != nil { throw .alreadyExists(resource, object.name) }
        let problems = Validation.problems(in: object, resource)
        if !problems.isEmpty { throw .invalid(resource, object.name, problems) }
        // Last, so that a refused object holds no address.
        try allocator.prepareForCreate(&object, resource, store, dryRun: options.dryRun)
        if options.dryRun {
            object.metadata["resourceVersion"] = nil
            return object
        }
        object.metadata["resourceVersion"] = nil
        guard let stored = store.insert(resource.id, object) else { throw .alreadyExists(resource, object.name) }
        return stored
    }
}
