// SPDX-License-Identifier: Apache-2.0

/// A line of a unified diff, colored.
func diffLine(_ line: String, _ style: Style) -> String {
    if line.hasPrefix("--- ") || line.hasPrefix("+++ ") { return style.bold(line) }
    switch line.first {
    case "-": return style.red(line)
    case "+": return style.green(line)
    case "@": return style.cyan(line)
    default: return line
    }
}
