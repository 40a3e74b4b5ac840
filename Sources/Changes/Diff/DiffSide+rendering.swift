// SPDX-License-Identifier: Apache-2.0

public import Domain

extension DiffSide {
    /// What some services of an environment want.
    ///
    /// - Parameter hidesNamespace: Whether the environment's own namespace is left out: two environments differ in it
    ///   everywhere, and that is no difference to show.
    public init(name: String, _ services: [RenderedService], of environment: Environment, hidesNamespace: Bool) {
        let objects = services.flatMap { service in
            service.manifests.map { manifest in
                var (namespace, object) = (manifest.namespace, manifest.object)
                if hidesNamespace, namespace == nil || namespace == environment.namespace {
                    namespace = nil
                    if var metadata = object["metadata"] {
                        metadata["namespace"] = nil
                        object["metadata"] = metadata
                    }
                }
                let key = ResourceKey(groupKind: manifest.kind.groupKind, namespace: namespace, name: manifest.name)
                return DiffObject(key: key, service: service.name, object: object)
            }
        }
        self.init(name: name, objects: objects)
    }
}

extension Value {
    /// An object of a cluster without what the server writes about it, and what we write about ourselves.
    public var withoutServerFields: Value {
        var object = self
        object["status"] = nil
        guard var metadata = object["metadata"] else { return object }
        for field in ["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"] {
            metadata[field] = nil
        }
        if var annotations = metadata["annotations"] {
            // It changes with everything else.
            annotations[Conventions.digestAnnotation] = nil
            metadata["annotations"] = annotations.map?.isEmpty == true ? nil : annotations
        }
        object["metadata"] = metadata
        return object
    }
}
