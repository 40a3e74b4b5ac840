// SPDX-License-Identifier: Apache-2.0

import Domain

/// One method of one address of REST: how requests find it, and what people read about it. There is no way to an
/// `Route.API` but through one of these, so nothing can be asked for that is not described, and no description can name
/// another path than the one that is served.
struct Endpoint: Sendable {
    /// `GET`, `POST` or `DELETE`.
    let method: String
    /// `/api/v1/environments/{environment}/sync`
    let path: String
    /// One line.
    let summary: String
    /// What is worth knowing besides; empty for nothing.
    let details: String
    let query: [Parameter]
    let body: [BodyForm]
    let answers: [Answer]
    /// Whether it is of the first generation: its own error texts, no version in its path.
    let isSeed: Bool
    /// What the values of a path lead to; nil when they cannot be values of this path.
    let route: @Sendable (PathValues) -> Route.API?
    private let segments: [Substring]

    init(
        _ method: String, _ path: String, _ summary: String, details: String = "", query: [Parameter] = [],
        body: [BodyForm] = [], answers: [Answer], isSeed: Bool = false,
        route: @escaping @Sendable (PathValues) -> Route.API?
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.details = details
        self.query = query
        self.body = body
        self.answers = answers
        self.isSeed = isSeed
        self.route = route
        segments = path.split(separator: "/")
    }

    /// Of the query string.
    struct Parameter: Sendable {
        let name: String
        let type: String
        let text: String

        init(_ name: String, _ type: String = "string", _ text: String) {
            self.name = name
            self.type = type
            self.text = text
        }
    }

    /// One form in which a body may come.
    struct BodyForm: Sendable {
        let type: String
        /// The name of a schema in `Schemas.all`.
        let schema: String

        init(_ type: String, _ schema: String) {
            self.type = type
            self.schema = schema
        }

        /// As JSON.
        init(_ schema: String) { self.init("application/json", schema) }
    }

    struct Answer: Sendable {
        let status: Int
        let text: String
        /// The name of a schema in `Schemas.all`; nil for no body.
        let schema: String?

        init(_ status: Int, _ text: String, _ schema: String? = nil) {
            self.status = status
            self.text = text
            self.schema = schema
        }
    }

    /// The names in braces, in their order.
    var pathParameters: [String] {
        segments.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    fileprivate var segmentCount: Int { segments.count }

    /// - Parameter given: Decoded.
    fileprivate func values(in given: [String]) -> PathValues? {
        var values: [String: String] = [:]
        for (segment, text) in zip(segments, given) {
            if segment.hasPrefix("{") {
                values[String(segment.dropFirst().dropLast())] = text
            } else if segment != text {
                return nil
            }
        }
        return PathValues(values: values)
    }
}

/// What stands in a path where its template has names in braces.
struct PathValues: Sendable {
    fileprivate let values: [String: String]

    /// Empty when the template has no such name, which its route would not ask for.
    func text(_ name: String) -> String { values[name] ?? "" }
    /// Nil when it is no name of an environment or a service.
    func name(_ name: String) -> Name? { values[name].flatMap { Name($0) } }
}

extension Endpoint {
    static let all: [Endpoint] = reading + changing + access + seed

    private static let byLength = Dictionary(grouping: all, by: \.segmentCount)

    /// Nil when there is no such address. With a method that it does not answer to, a route that says so.
    ///
    /// - Parameter segments: Decoded, `api` first.
    static func route(_ segments: [String], method: String) -> Route.API? {
        let wanted = method == "HEAD" ? "GET" : method
        var methods: [String] = []
        for endpoint in byLength[segments.count] ?? [] {
            guard let values = endpoint.values(in: segments), let route = endpoint.route(values) else { continue }
            if endpoint.method == wanted { return route }
            methods.append(endpoint.method)
        }
        if methods.contains("GET") { methods.append("HEAD") }
        return methods.isEmpty ? nil : .otherMethod(methods)
    }
}
