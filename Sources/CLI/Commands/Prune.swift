// SPDX-License-Identifier: Apache-2.0

import Domain

extension Command {
    static let prune = Command(
        "prune", .run, "see the deletions that wait for a person, and let them go",
        [
            "Deletions above an environment's budget, and those of Namespaces, CustomResourceDefinitions, "
                + "PersistentVolumes and PersistentVolumeClaims, wait until a person confirms exactly the list that is "
                + "held. The daemon writes that list on the environment's ConfigMap in the cluster; this command shows "
                + "it, and writes the confirmation there.",
            "A confirmation counts once and only for the list it names. Who may update that ConfigMap may confirm: the "
                + "cluster's own access rules decide.",
            "Ends with 1 when something waits, with 3 when the list is another one than the confirmed.",
        ],
        arguments: [Argument("ENVIRONMENT", "whose deletions")],
        flags: HeldListOrder.flags,
        examples: [
            Example("kubernaut prune production", "what waits, and the hash of the list"),
            Example("kubernaut prune production --confirm 3f2a91c0d4e5", "let it go"),
        ]
    ) { invocation in
        try await HeldListOrder(.prune).run(invocation)
    }
}
