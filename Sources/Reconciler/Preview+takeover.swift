// SPDX-License-Identifier: Apache-2.0

import Domain

extension Preview {
    /// What the server's dry run cannot know: fields that a takeover makes ours first, and that git does not set, go.
    ///
    /// - Parameters:
    ///   - predicted: The answer of the dry run over `live`.
    ///   - applied: What is sent.
    static func afterTakeover(_ predicted: Value, of live: Value, _ desired: DesiredObject, applied: Value) -> Value {
        guard desired.mode == .serverSide, desired.mayAdopt || FieldTakeover.isNeeded(for: live),
            let taken = FieldTakeover.object(live, desired: desired.manifest.object),
            let ours = OwnFields.sole(in: taken)
        else { return predicted }
        return dropping(ours, from: predicted, unless: applied)
    }

    /// `value` without what is in `ours` and not in `kept`; lists stay whole, for only the server knows their items.
    private static func dropping(_ ours: Value, from value: Value, unless kept: Value?) -> Value {
        guard let members = ours.map, value.map != nil else { return value }
        var result = value
        for entry in members {
            guard let there = value[entry.key] else { continue }
            if entry.value.map?.isEmpty == false, there.map != nil {
                let rest = dropping(entry.value, from: there, unless: kept?[entry.key])
                result[entry.key] = rest.map?.isEmpty == true && kept?[entry.key] == nil ? nil : rest
            } else if kept?[entry.key] == nil {
                result[entry.key] = nil
            }
        }
        return result
    }
}
