// SPDX-License-Identifier: Apache-2.0

public import Domain
import YAML

// Single files of the config repository, for those who change them.
extension Renderer {
    /// The `values` of a release record; null for none, or for a record that cannot be read.
    public static func releaseValues(_ bytes: [UInt8], path: String) -> Value {
        ReleaseFile.read(bytes, path: path).content?.values?.value ?? .null
    }

    /// Reads `<environment>/holds/<service>.yaml`, or `all.yaml`.
    public static func hold(_ bytes: [UInt8], path: String, isForAll: Bool) -> Reading<Hold> {
        HoldFile.read(bytes, path: path, isForAll: isForAll)
    }

    /// The team and the template that a service's file names.
    public static func service(_ bytes: [UInt8], path: String) -> Reading<(team: Name?, template: String?)> {
        let reading = ServiceFile.read(bytes, path: path)
        return Reading(
            content: reading.content.map { ($0.team, $0.template) }, diagnostics: reading.diagnostics)
    }
}
