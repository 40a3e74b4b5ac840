// SPDX-License-Identifier: Apache-2.0

extension String {
    /// On one line and without anything that a terminal obeys, that YAML reads as a line break, or that turns text
    /// around: each becomes `·`. For text that others chose, such as an author's name.
    var printable: String {
        guard utf8.contains(where: { $0 < 0x20 || $0 > 0x7e }) else { return self }
        return String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                        "·"
                    default: scalar
                    }
                }))
    }
}
