// SPDX-License-Identifier: Apache-2.0

extension DiagnosticCatalogue {
    /// What `warnings:` in `kubernaut.yaml` can switch, apart from stray files and unknown schemas.
    static let warnings: [Entry] = [
        warning(
            Codes.unpinnedImage, "unpinned-image",
            """
            The image is named by a tag, or by nothing, instead of a digest. A tag can be moved: the same manifest may \
            run different code tomorrow, and on different nodes. Let the build write the digest it pushed.
            """),
        warning(
            Codes.noProbe, "no-probe",
            """
            A container that serves has no readiness or no liveness probe. Without the first, traffic reaches it \
            before it can answer; without the second, nobody restarts it when it hangs.
            """),
        warning(
            Codes.noLimits, "no-limits",
            """
            A container has no memory limit, or does not say what CPU and memory it requests. It can take what its \
            neighbours on the node need, and the scheduler cannot place it well.
            """),
        warning(
            Codes.noGracefulStop, "no-graceful-stop",
            """
            A workload says nothing about how it stops: neither terminationGracePeriodSeconds nor a preStop hook. \
            Say how long it may take to finish what it is doing.
            """),
        warning(
            Codes.numberLikeVersion, "number-like-version",
            """
            A number without quotes loses digits: 1.10 becomes 1.1. If it is a version or an identifier, put it in \
            quotes.
            """),
        warning(
            Codes.unusedValue, "unused-value",
            """
            A value is set for this service alone, but its template does not use it. Often the name is misspelled.
            """),
        warning(
            Codes.unknownSchemaKeyword, "unknown-schema-keyword",
            """
            A schema for values uses a keyword or a format that JSON Schema 2020-12 does not have, or that kubernaut \
            does not check. It does nothing; often it is misspelled or belongs to another draft. Keywords that begin \
            with x- are for other tools and never warned about.
            """),
        warning(
            Codes.latestImage, "latest-image",
            """
            The image has the tag latest, or neither tag nor digest, which means the same. Nobody can say what runs, \
            nothing can be rolled back, and each node may have another version. Name the version, at best with its \
            digest.
            """),
        warning(
            Codes.runsAsRoot, "runs-as-root",
            """
            Nothing keeps a container from running as root. Whoever breaks out of it is root on the node. Set \
            runAsNonRoot: true, or a runAsUser other than 0, in the securityContext of the pod or the container.
            """),
        warning(
            Codes.hostAccess, "host-access",
            """
            A pod reaches into its node: it is privileged, has a folder of the node, or shares the node's network, \
            processes or memory. Only what manages nodes needs that.
            """),
        warning(
            Codes.reachesNothing, "reaches-nothing",
            """
            A Service selects no pod of its own service, or names a port that no container has; or an Ingress names a \
            port that the Service does not have. Requests would end in a 503. Pods made by custom resources without a \
            pod template are not seen; switch the warning off where that is so.
            """),
        warning(
            Codes.noDisruptionBudget, "no-disruption-budget",
            """
            A workload has more than one replica but no PodDisruptionBudget, so all of its pods may be taken away at \
            once when nodes are emptied. Off unless kubernaut.yaml switches it on, because many clusters set budgets \
            elsewhere.
            """, isOnByDefault: false),
        warning(
            Codes.needlessNamespace, "needless-namespace",
            """
            An object of a kind that belongs to the whole cluster names a namespace. It is left out when the object is \
            applied, and two services that each think to have their own share one. Remove it.
            """),
    ]
}
