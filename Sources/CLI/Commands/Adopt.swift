// SPDX-License-Identifier: Apache-2.0

import Domain

extension Command {
    static let adopt = Command(
        "adopt", .run, "see the objects that are not kubernaut's yet, and have them taken over",
        [
            "An object that git wants, and that exists without being kubernaut's, is left alone and stops what comes "
                + "after it. It is taken over when its manifest, its service or its environment says so (`adopt`), or when "
                + "a person confirms exactly the list of those that wait. The daemon writes that list on the environment's "
                + "ConfigMap in the cluster; this command shows it with who has each object now, and writes the "
                + "confirmation there.",
            "A confirmation counts for the list it names alone, for the very objects in it, and only while nobody else "
                + "has come to them. Fields that kubectl, Helm, Argo CD and Flux wrote become kubernaut's. Who may update "
                + "that ConfigMap may confirm: the cluster's own access rules decide.",
            "Ends with 1 when something waits, with 3 when the list is another one than the confirmed.",
        ],
        arguments: [Argument("ENVIRONMENT", "whose objects")],
        flags: HeldListOrder.flags,
        examples: [
            Example("kubernaut adopt production", "what waits, who has it, and the hash of the list"),
            Example("kubernaut adopt production --confirm 3f2a91c0d4e5", "take it over"),
        ]
    ) { invocation in
        try await HeldListOrder(.adopt).run(invocation)
    }
}
