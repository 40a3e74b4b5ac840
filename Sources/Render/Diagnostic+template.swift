// SPDX-License-Identifier: Apache-2.0

import Domain

extension Diagnostic {
    init(_ problem: TemplateProblem) {
        self.init(
            .error, problem.code, problem.message,
            at: SourceLocation(file: problem.file, line: problem.line, column: problem.column), hint: problem.hint)
    }
}
