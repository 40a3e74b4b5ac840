// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Why a text template cannot be used.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    public let message: String
    /// From 1.
    public let line: Int
    public let column: Int

    public var description: String { "\(line):\(column): \(message)" }
}

/// Renders a Mustache template to text, as the public specification says: `{{x}}` is HTML-escaped, `{{{x}}}` and
/// `{{&x}}` are not, unknown names leave nothing. Manifests are never made this way.
///
/// - Parameter partials: Templates by the name that `{{>name}}` uses.
/// - Throws: The first problem of the template or of a partial.
public func renderText(
    _ template: String, _ values: Value, partials: [String: String] = [:]
) throws(TemplateError) -> String {
    let parsed = partials.map { ($0.key, Template.parse(file: $0.key, bytes: Array($0.value.utf8))) }
    let main = Template.parse(file: "", bytes: Array(template.utf8))
    if let problem = (main.problems + parsed.flatMap(\.1.problems)).first { throw TemplateError(problem) }
    let byName = Dictionary(uniqueKeysWithValues: parsed.map { ($0.0, $0.1.template) })
    var expander = Expander(main.template, values: values, token: nil, outputLimit: 16 << 20) { byName[$0] }
    let expansion = expander.run()
    if let problem = expansion.problems.first { throw TemplateError(problem) }
    return String(decoding: expansion.output, as: UTF8.self)
}

extension TemplateError {
    fileprivate init(_ problem: TemplateProblem) {
        self.init(message: problem.message, line: problem.line, column: problem.column)
    }
}
