// SPDX-License-Identifier: Apache-2.0

import Domain

/// A refusal, worded as kube-apiserver words it.
struct APIError: Error, Sendable {
    let code: Int
    let reason: String
    let message: String
    var details: Value?
    /// Seconds to wait before another try; nil when the server does not say.
    var retryAfter: Int?

    init(_ code: Int, _ reason: String, _ message: String, details: Value? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    /// The `Status` object that is the body of the answer.
    var status: Value {
        var status: Value = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
            "message": .string(message), "code": .integer(Int64(code)),
        ]
        if !reason.isEmpty { status["reason"] = .string(reason) }
        if let details { status["details"] = details }
        return status
    }
}

/// One thing that is wrong with one field.
struct FieldProblem: Sendable, Hashable {
    let reason: String
    let field: String
    let message: String

    static func required(_ field: String, _ text: String = "") -> FieldProblem {
        FieldProblem(
            reason: "FieldValueRequired", field: field,
            message: text.isEmpty ? "Required value" : "Required value: \(text)")
    }

    static func invalid(_ field: String, _ value: Value?, _ text: String) -> FieldProblem {
        FieldProblem(
            reason: "FieldValueInvalid", field: field, message: "Invalid value: \(value.goText): \(text)")
    }

    static func forbidden(_ field: String, _ text: String) -> FieldProblem {
        FieldProblem(reason: "FieldValueForbidden", field: field, message: "Forbidden: \(text)")
    }

    static func unsupported(_ field: String, _ value: Value?, _ allowed: [String]) -> FieldProblem {
        let list = allowed.map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldProblem(
            reason: "FieldValueNotSupported", field: field,
            message: "Unsupported value: \(value.goText): supported values: \(list)")
    }

    static func duplicate(_ field: String, _ value: Value?) -> FieldProblem {
        FieldProblem(
            reason: "FieldValueDuplicate", field: field, message: "Duplicate value: \(value.goText)")
    }

    static func immutable(_ field: String, _ value: Value?) -> FieldProblem {
        invalid(field, value, "field is immutable")
    }
}

extension Value? {
    /// As field errors print a value: strings in quotes, the rest as JSON.
    fileprivate var goText: String { self.map { $0.isNull ? "null" : $0.compactText } ?? "null" }
}

extension APIError {
    static func notFound(_ resource: Resource, _ name: String) -> APIError {
        APIError(
            404, "NotFound", "\(resource.qualifiedName) \"\(name)\" not found", details: details(resource, name))
    }

    static func alreadyExists(_ resource: Resource, _ name: String) -> APIError {
        APIError(
            409, "AlreadyExists", "\(resource.qualifiedName) \"\(name)\" already exists",
            details: details(resource, name))
    }

    static func conflict(_ resource: Resource, _ name: String, _ why: String) -> APIError {
        APIError(
            409, "Conflict", "Operation cannot be fulfilled on \(resource.qualifiedName) \"\(name)\": \(why)",
            details: details(resource, name))
    }

    static func modified(_ resource: Resource, _ name: String) -> APIError {
        conflict(
            resource, name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }

    static func revisionRequired(_ resource: Resource, _ name: String) -> APIError {
        let text = "Invalid value: 0: must be specified for an update"
        var details = details(resource, name)
        details["causes"] = [
            ["reason": "FieldValueInvalid", "message": .string(text), "field": "metadata.resourceVersion"]
        ]
        return APIError(
            422, "Invalid", "\(resource.qualifiedName) \"\(name)\" is invalid: metadata.resourceVersion: \(text)",
            details: details)
    }

    /// A precondition of a DELETE does not hold; these messages name the kind.
    static func preconditionFailed(_ resource: Resource, _ name: String, _ why: String) -> APIError {
        var details = details(resource, name)
        details["kind"] = .string(resource.kind)
        return APIError(
            409, "Conflict", "Operation cannot be fulfilled on \(resource.qualifiedKind) \"\(name)\": \(why)",
            details: details)
    }

    /// A parameter of a request that is none of the allowed.
    static func unsupportedOption(_ kind: String, _ field: String, _ value: String, _ allowed: [String]) -> APIError {
        let list = allowed.map { "\"\($0)\"" }.joined(separator: ", ")
        let text = "Unsupported value: \(value): supported values: \(list)"
        return APIError(
            422, "Invalid", "\(kind).meta.k8s.io \"\" is invalid: \(field): \(text)",
            details: [
                "group": "meta.k8s.io", "kind": .string(kind),
                "causes": [
                    ["reason": "FieldValueNotSupported", "message": .string(text), "field": .string(field)]
                ],
            ])
    }

    static func badRequest(_ message: String) -> APIError { APIError(400, "BadRequest", message) }

    /// Answered as plain text: there is no such kind here.
    static func unknownPath() -> APIError {
        APIError(404, "", "404 page not found")
    }

    static func unknownResource() -> APIError {
        APIError(404, "NotFound", "the server could not find the requested resource", details: [:])
    }

    static func forbidden(_ resource: Resource, _ name: String, _ why: String) -> APIError {
        APIError(
            403, "Forbidden", "\(resource.qualifiedName) \"\(name)\" is forbidden: \(why)",
            details: details(resource, name))
    }

    static func methodNotAllowed() -> APIError {
        APIError(
            405, "MethodNotAllowed", "the server does not allow this method on the requested resource", details: [:])
    }

    static func expired(_ message: String) -> APIError { APIError(410, "Expired", message) }

    /// - Parameter problems: At least one.
    static func invalid(_ resource: Resource, _ name: String, _ problems: [FieldProblem]) -> APIError {
        let texts = problems.map { "\($0.field): \($0.message)" }
        let list = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
        var details = details(resource, name)
        details["kind"] = .string(resource.kind)
        details["causes"] = .list(
            problems.map {
                ["reason": .string($0.reason), "message": .string($0.message), "field": .string($0.field)]
            })
        return APIError(
            422, "Invalid", "\(resource.qualifiedKind) \"\(name)\" is invalid: \(list)", details: details)
    }

    static func details(_ resource: Resource, _ name: String) -> Value {
        var details: Value = ["kind": .string(resource.plural)]
        if !name.isEmpty { details["name"] = .string(name) }
        if !resource.group.isEmpty { details["group"] = .string(resource.group) }
        return details
    }
}
