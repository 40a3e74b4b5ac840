// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

extension ServiceRenderer {
    /// Holds the merged values against the schema of all values and that of the template. Reserved names are no
    /// values: a schema neither has to name them nor can.
    mutating func checkValues() {
        guard !hasErrors else { return }
        let schemas = [TemplateLibrary.schemaPath, template?.schemaPath].compactMap {
            $0.flatMap(context.library.schema)
        }
        guard !schemas.isEmpty else { return }
        var own = values.merged.map ?? Map()
        for name in LayeredValues.reservedNames { own[name] = nil }
        for schema in schemas {
            // Those of the schema of all values are said once, not for each service.
            if schema.file != context.path(TemplateLibrary.schemaPath) {
                diagnostics += schema.problems.filter { !context.settings.disabledWarnings.contains($0.code) }
            }
            for violation in schema.check(.map(own)) {
                let location = values.location(of: violation.path, isAboutKey: violation.isAboutKey) ?? ownFile
                add(
                    Codes.refusedValue, "\(violation.message) (\(violation.location))", at: location,
                    hint: violation.hint)
            }
        }
    }

    /// Where a value of this service would be set.
    private var ownFile: SourceLocation {
        let path = "services/\(name).yaml"
        return SourceLocation(file: context.path(context.file(path) == nil ? "releases/\(name).yaml" : path))
    }
}

extension LayeredValues {
    /// Where the value at `path` was set last; nil for the whole of the values, and for what nobody set.
    ///
    /// - Parameter isAboutKey: Whether the key is wanted instead of its value.
    fileprivate func location(of path: FieldPath, isAboutKey: Bool) -> SourceLocation? {
        guard let last = path.steps.last else { return nil }
        for layer in layers.reversed() where layer.layer != .reserved {
            guard case .found(let container) = layer.root.find(path.steps.dropLast()) else { continue }
            switch last {
            case .key(let key):
                guard let member = container.members?.first(where: { $0.key.hasSameBytes(as: key) }) else { continue }
                return layer.location(isAboutKey ? member.keyMark : member.value.mark)
            case .index(let index):
                guard let items = container.items, items.indices.contains(index) else { continue }
                return layer.location(items[index].mark)
            }
        }
        return nil
    }
}
