// SPDX-License-Identifier: Apache-2.0

import Domain

/// What git wants and what stands there already without being ours: may it be taken over?
struct AdoptionPlan: Sendable {
    /// Waits for a person.
    let held: HeldList
    /// A person let these be taken over, as they were when they were read.
    let granted: [ResourceKey: HeldList.Item]

    /// Pure.
    ///
    /// - Parameter noted: The list as it was last written down.
    init(_ desired: DesiredState, live: LiveState, confirmed: Confirmation?, noted: HeldList) {
        // What can never be applied is not asked for.
        let stuck = Needs.problems(in: desired.services)
        let items = desired.objects.values.compactMap { object -> HeldList.Item? in
            guard object.adoption == .asked, object.hook == nil, stuck[object.service] == nil,
                live.unread[object.key.groupKind] == nil
            else { return nil }
            return Self.foreign(object.key, live).map {
                HeldList.Item(key: object.key, uid: $0.uid, service: object.service, holders: $0.holders)
            }
        }.sorted { $0.key < $1.key }
        let consent = Consent(to: items, confirmed: confirmed, noted: noted) { item in
            live.members[item.key].map { $0.uid == item.uid && $0.ownership == .ours } ?? false
        }
        held = consent.held
        granted = consent.granted
    }

    /// What stands there and may be taken over; nil when nothing does, or it is ours or another ApplySet's.
    private static func foreign(_ key: ResourceKey, _ live: LiveState) -> (uid: String, holders: [String])? {
        if let member = live.members[key] {
            return member.ownership == .copy && !member.isTerminating ? (member.uid, member.holders) : nil
        }
        guard let stranger = live.strangers[key], !stranger.isTerminating, !stranger.isPrepared else { return nil }
        switch stranger.ownership {
        case .nobody, .copy: return (stranger.uid, stranger.holders)
        case .ours, .unproven, .another: return nil
        }
    }
}

/// Who holds a live object, for people to read before they take it over.
enum Holders {
    /// Field managers in the order of the server, each once and without those of sub-resources; then the tool that
    /// claims it.
    static func of(_ object: Value) -> [String] {
        var names: [String] = []
        for entry in object[at: "metadata", "managedFields"]?.list ?? [] {
            guard entry["subresource"]?.string ?? "" == "", let manager = entry["manager"]?.string else { continue }
            let name = printable(manager)
            if !names.contains(name) { names.append(name) }
        }
        return names + [Claim.holder(of: object)].compactMap { $0.map(printable) }
    }

    /// On one line: the text goes into lists with a line for each object.
    private static func printable(_ text: String) -> String {
        String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    }
}
