// SPDX-License-Identifier: Apache-2.0

import Domain

/// What is wrong with an object, worded as kube-apiserver words it. Pure; empty when all is well.
///
/// Covered: names, labels, required fields and allowed strings of all built-in types, the rules between fields that
/// people meet (selectors, images, ports, durations of Jobs), immutable fields, and the schemas of custom resources.
enum Validation {
    static func problems(in object: Value, _ resource: Resource) -> [FieldProblem] {
        var problems = metadataProblems(object, resource)
        if resource.isCustom {
            problems += CustomSchema.problems(in: object, resource.schema)
        } else {
            problems += schemaProblems(object, resource.schema)
            problems += kindProblems(object, resource)
        }
        // The pods come last, as when the real server works its way inwards.
        func isInPod(_ problem: FieldProblem) -> Bool { problem.field.contains("template.spec") }
        return problems.filter { !isInPod($0) } + problems.filter(isInPod)
    }

    /// For an update: also what may not change.
    static func problems(
        in new: Value, from old: Value, _ resource: Resource, _ subresource: String
    ) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if new.isTerminating {
            let added = new.finalizers.filter { !old.finalizers.contains($0) }
            if !added.isEmpty {
                let list = added.map { "\"\($0)\"" }.joined(separator: ", ")
                problems.append(
                    .forbidden(
                        "metadata.finalizers",
                        "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}"
                    ))
            }
        }
        if subresource == "status" || subresource == "finalize" { return problems }
        problems += self.problems(in: new, resource)
        if !resource.isCustom { problems += Immutability.problems(in: new, from: old, resource) }
        var seen: Set<FieldProblem> = []
        return problems.filter { seen.insert($0).inserted }
    }

    // MARK: Metadata

    private static func metadataProblems(_ object: Value, _ resource: Resource) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let name = object.name
        if name.isEmpty {
            problems.append(.required("metadata.name", "name or generateName is required"))
        } else if let complaint = nameComplaint(name, resource) {
            problems.append(.invalid("metadata.name", .string(name), complaint))
        }
        for entry in object.labels {
            if !isQualifiedName(entry.key) {
                problems.append(.invalid("metadata.labels", .string(entry.key), Words.qualifiedName))
            }
            if let value = entry.value.string, !isLabelValue(value) {
                problems.append(.invalid("metadata.labels", .string(value), Words.labelValue))
            }
        }
        for key in object.annotations.keys where !isQualifiedName(key.lowercased()) {
            problems.append(.invalid("metadata.annotations", .string(key), Words.qualifiedName))
        }
        let size = object.annotations.reduce(0) { $0 + $1.key.utf8.count + ($1.value.string?.utf8.count ?? 0) }
        if size > 262_144 {
            problems.append(
                FieldProblem(
                    reason: "FieldValueTooLong", field: "metadata.annotations",
                    message: "Too long: may not be more than 262144 bytes"))
        }
        for owner in object.ownerReferences {
            for field in ["apiVersion", "kind", "name", "uid"] where (owner[field]?.string ?? "").isEmpty {
                let text = field == "apiVersion" ? "version must not be empty" : "must not be empty"
                problems.append(.invalid("metadata.ownerReferences.\(field)", .string(""), text))
            }
        }
        return problems
    }

    private static func nameComplaint(_ name: String, _ resource: Resource) -> String? {
        let isRBAC = resource.group == "rbac.authorization.k8s.io"
        if isRBAC {
            return name == "." || name == ".." || name.contains("/") || name.contains("%")
                ? "may not contain '/' or '%' or be '.' or '..'" : nil
        }
        if !resource.isCustom, ["Namespace", "Service"].contains(resource.kind) {
            return isLabel(name) ? nil : Words.label
        }
        return isSubdomain(name) ? nil : Words.subdomain
    }

    static func isLabel(_ text: String) -> Bool {
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first, let last = text.utf8.last else {
            return false
        }
        return first.isLowerAlphanumeric && last.isLowerAlphanumeric
            && text.utf8.allSatisfy { $0.isLowerAlphanumeric || $0 == UInt8(ascii: "-") }
    }

    static func isSubdomain(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
                guard let first = part.utf8.first, let last = part.utf8.last else { return false }
                return first.isLowerAlphanumeric && last.isLowerAlphanumeric
                    && part.utf8.allSatisfy { $0.isLowerAlphanumeric || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isQualifiedName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.last, isLabelValue(String(name)), !name.isEmpty else { return false }
        return parts.count == 1 || isSubdomain(String(parts[0]))
    }

    private static func isLabelValue(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return true }
        return text.utf8.count <= 63 && first.isAlphanumeric && last.isAlphanumeric
            && text.utf8.allSatisfy { $0.isKeyByte && $0 != UInt8(ascii: "/") }
    }

    // MARK: Types

    /// Required fields and allowed strings, by the type table; status and metadata are the server's own.
    private static func schemaProblems(_ object: Value, _ schema: Schema) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for entry in object.map ?? Map() where !["metadata", "status", "apiVersion", "kind"].contains(entry.key) {
            guard let field = schema.object?.fields[entry.key] else { continue }
            collect(entry.value, field.schema, path: entry.key, into: &problems)
        }
        for (name, field) in schema.object?.fields ?? [:]
        where field.isRequired && object[name] == nil && name != "rules" {
            problems.append(.required(name))
        }
        return problems.sorted { $0.field < $1.field }
    }

    private static func collect(_ value: Value, _ schema: Schema, path: String, into problems: inout [FieldProblem]) {
        switch (schema, value) {
        case (.object(let object), .map(let map)):
            if object.name == "ObjectMeta" || object.name == "PersistentVolumeClaimStatus" { return }
            for (name, field) in object.fields where field.isRequired {
                let isEmpty = map[name].map { $0 == "" || $0.list?.isEmpty == true } ?? true
                if isEmpty { problems.append(.required("\(path).\(name)")) }
            }
            for entry in map {
                guard let field = object.fields[entry.key] else { continue }
                collect(entry.value, field.schema, path: "\(path).\(entry.key)", into: &problems)
            }
        case (.list(let element, _), .list(let items)):
            for (index, item) in items.enumerated() {
                collect(item, element, path: "\(path)[\(index)]", into: &problems)
            }
        case (.map(let element, _), .map(let map)):
            for entry in map { collect(entry.value, element, path: "\(path)[\(entry.key)]", into: &problems) }
        case (.scalar(.string(let allowed)), .string(let text)):
            if !allowed.isEmpty, !text.isEmpty, !allowed.contains(text) {
                problems.append(.unsupported(path, value, allowed))
            }
        case (.scalar(.quantity), .string(let text)):
            if !Quantity.isValid(text) { problems.append(.invalid(path, value, Words.quantity)) }
        default: break
        }
    }
}
