// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import JSON
import YAML

/// Where an object stands: in which of the service's documents, and at which path in it (`items[2]` of a list kind).
struct ObjectPlace {
    let document: Int
    var path = FieldPath()
}

/// A manifest and where its text is.
struct PlacedManifest {
    let manifest: Manifest
    let place: ObjectPlace
}

extension ServiceRenderer {
    mutating func manifests(_ documents: [Document]) -> [PlacedManifest] {
        var manifests: [PlacedManifest] = []
        for (object, place) in objects(documents) {
            guard let manifest = manifest(object, place, documents) else { continue }
            manifests.append(PlacedManifest(manifest: manifest, place: place))
        }
        refuseDuplicates(manifests.map(\.manifest))
        return manifests
    }

    /// Fills all documents and takes list kinds apart.
    private mutating func objects(_ documents: [Document]) -> [(Value, ObjectPlace)] {
        var objects: [(Value, ObjectPlace)] = []
        // What all documents of a service may add up to.
        var budget = 4 * context.settings.limits.bytes
        for (index, document) in documents.enumerated() {
            var filler = Filler(bindings: document.bindings, budget: budget)
            let value = filler.value(of: document.fill)
            budget = filler.budget
            for problem in filler.problems {
                add(problem.code, problem.message, at: document.text.location(of: problem.mark), hint: problem.hint)
            }
            // What was left out would only make further errors.
            if filler.problems.isEmpty, !value.isNull { flatten(value, ObjectPlace(document: index), &objects) }
        }
        return objects
    }

    private func flatten(_ value: Value, _ place: ObjectPlace, _ objects: inout [(Value, ObjectPlace)]) {
        guard value["kind"]?.string?.hasSuffix("List") == true, let items = value["items"]?.list else {
            return objects.append((value, place))
        }
        for (index, item) in items.enumerated() {
            var inner = place
            inner.path = place.path.appending("items").appending(index)
            flatten(item, inner, &objects)
        }
    }

    private mutating func manifest(_ object: Value, _ place: ObjectPlace, _ documents: [Document]) -> Manifest? {
        let start = documents[place.document].location
        guard object.map != nil else {
            add(Codes.noObject, "the document is a \(object.kindName), not an object", at: start)
            return nil
        }
        var problems = ObjectChecks.identity(object)
        guard problems.isEmpty, let kind = kind(of: object, place, documents), let name = object.objectName else {
            report(problems, place, documents)
            return nil
        }
        problems = ObjectChecks.content(object, kind: kind)
        report(problems, place, documents)
        var value = object
        Normalizer.normalize(&value)
        let location =
            place.path.steps.isEmpty ? start : origins.location(of: FieldPath([.key("kind")]), place) ?? start
        return Manifest(
            kind: kind, namespace: value.objectNamespace, name: name, object: value, service: self.name,
            location: location, digest: sha256Hex(value.json()))
    }

    private func kind(of object: Value, _ place: ObjectPlace, _ documents: [Document]) -> GroupVersionKind? {
        if place.path.steps.isEmpty, let kind = documents[place.document].flat?.kind { return kind }
        return object.groupVersionKind
    }

    private mutating func report(_ problems: [ObjectProblem], _ place: ObjectPlace, _ documents: [Document]) {
        for problem in problems {
            let found = origins.location(of: problem.path, place, isAboutKey: problem.isAboutKey)
            let location = found ?? documents[place.document].location
            add(problem.code, problem.message, at: location, hint: problem.hint)
        }
    }

    private mutating func refuseDuplicates(_ manifests: [Manifest]) {
        guard manifests.haveNamesakes else { return }
        var seen: [ObjectIdentity: Manifest] = [:]
        for manifest in manifests {
            let identity = ObjectIdentity(manifest, namespace: context.environment.namespace)
            guard let first = seen[identity] else {
                seen[identity] = manifest
                continue
            }
            add(
                Codes.duplicateObject, "\(identity) comes twice, first at \(first.location)", at: manifest.location,
                hint: "an object has one manifest")
        }
    }
}

extension [Manifest] {
    /// Whether two can be the same object. Of the few that most services have, each is held against those before it.
    fileprivate var haveNamesakes: Bool {
        guard count <= 16 else { return true }
        return indices.contains { index in
            self[..<index].contains { $0.name == self[index].name && $0.kind.kind == self[index].kind.kind }
        }
    }
}

/// What makes two manifests the same object: kinds that live in two API groups count as one.
struct ObjectIdentity: Hashable, Sendable, CustomStringConvertible {
    let key: ResourceKey

    /// - Parameter namespace: Where an object goes that names none.
    init(_ manifest: Manifest, namespace: String) {
        let kind = manifest.kind.groupKind
        key = ResourceKey(
            groupKind: Self.home[kind] ?? kind,
            namespace: Scopes.isClusterWide(kind) ? nil : manifest.namespace ?? namespace, name: manifest.name)
    }

    private static let home: [GroupKind: GroupKind] = [
        GroupKind("Ingress.extensions"): GroupKind("Ingress.networking.k8s.io"),
        GroupKind("NetworkPolicy.extensions"): GroupKind("NetworkPolicy.networking.k8s.io"),
        GroupKind("Deployment.extensions"): GroupKind("Deployment.apps"),
        GroupKind("DaemonSet.extensions"): GroupKind("DaemonSet.apps"),
        GroupKind("ReplicaSet.extensions"): GroupKind("ReplicaSet.apps"),
        GroupKind("PodSecurityPolicy.extensions"): GroupKind("PodSecurityPolicy.policy"),
        GroupKind("Event.events.k8s.io"): GroupKind("Event"),
    ]

    var description: String { key.description }
}
