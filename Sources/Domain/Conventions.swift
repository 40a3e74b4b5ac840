// SPDX-License-Identifier: Apache-2.0

/// The names kubernaut writes into clusters and commits. Scripts and other tools rely on them.
public enum Conventions {
    public static let fieldManager = "kubernaut"

    /// Labels on every object.
    public static let environmentLabel = "kubernaut.dev/environment"
    public static let serviceLabel = "kubernaut.dev/service"

    /// On every object: its own group-kind, namespace and name (`Deployment.apps/shop/cart`). An object that
    /// carries the annotation of another is a copy, and never ours.
    public static let objectAnnotation = "kubernaut.dev/object"
    /// On every object: the digest of the manifest it was last applied from.
    public static let digestAnnotation = "kubernaut.dev/digest"

    // What people set in manifests.
    /// `disabled`: never delete this object.
    public static let pruneAnnotation = "kubernaut.dev/prune"
    /// `allowed`: delete and create again when an immutable field changes.
    public static let recreateAnnotation = "kubernaut.dev/recreate"
    /// An integer, 0 by default: lower waves are applied, and healthy, before higher ones.
    public static let waveAnnotation = "kubernaut.dev/wave"
    /// `serverSide` or `replace`; the environment's mode unless set.
    public static let applyAnnotation = "kubernaut.dev/apply"
    /// `true`: take over an object that exists and is not ours; `false`: never, whatever its service and environment
    /// say.
    public static let adoptAnnotation = "kubernaut.dev/adopt"
    /// JSON pointers, with commas or spaces between: fields that others may set, neither compared nor sent.
    public static let ignoreAnnotation = "kubernaut.dev/ignore"
    /// How long a wave of this object's service may take to become healthy: `5m`. The longest of a service counts.
    public static let healthTimeoutAnnotation = "kubernaut.dev/health-timeout"

    /// `before` or `after`, on a Job: it runs once for every change of its service, before or after its wave.
    public static let hookAnnotation = "kubernaut.dev/hook"
    /// How long a hook may run, where its Job names no `activeDeadlineSeconds`: `10m`.
    public static let deadlineAnnotation = "kubernaut.dev/deadline"

    // What kubernaut writes on the Jobs of hooks.
    /// The Job that git names, of which this one is a run.
    public static let hookOfAnnotation = "kubernaut.dev/hook-of"
    /// The commit that it was started for.
    public static let attemptAnnotation = "kubernaut.dev/commit"

    // What people, or `kubernaut prune|adopt|sync|suspend` for them, write on an environment's ApplySet parent.
    /// The hash of the held deletions that may go; taken off when it was obeyed, or when it names another list.
    public static let confirmedPruneAnnotation = "kubernaut.dev/confirmed-prune"
    /// Who confirmed, as they say; the API server's audit log knows it for sure.
    public static let confirmedByAnnotation = "kubernaut.dev/confirmed-by"
    /// The hash of the list of objects that may be taken over; taken off like the one of deletions.
    public static let confirmedAdoptionAnnotation = "kubernaut.dev/confirmed-adoption"
    public static let adoptionConfirmedByAnnotation = "kubernaut.dev/adoption-confirmed-by"
    /// Any new text asks for a pass at once.
    public static let requestedAnnotation = "kubernaut.dev/requested-at"
    /// Why nothing is written to the environment for now.
    public static let suspendedAnnotation = "kubernaut.dev/suspended"
    public static let suspendedByAnnotation = "kubernaut.dev/suspended-by"
    /// RFC 3339; without it the suspension lasts until somebody takes it off.
    public static let suspendedUntilAnnotation = "kubernaut.dev/suspended-until"

    // On Leases.
    /// How many environments the holder leads in all.
    public static let leadsAnnotation = "kubernaut.dev/leads"
    /// A replica that leads fewer environments asks for this one: its identity, a space, how many it leads.
    public static let wantedByAnnotation = "kubernaut.dev/wanted-by"

    // KEP-3659, as `kubectl apply --prune --applyset` reads it.
    public static let applySetIDLabel = "applyset.kubernetes.io/id"
    public static let applySetPartOfLabel = "applyset.kubernetes.io/part-of"
    public static let applySetToolingAnnotation = "applyset.kubernetes.io/tooling"
    public static let applySetGroupKindsAnnotation = "applyset.kubernetes.io/contains-group-kinds"
    public static let applySetNamespacesAnnotation = "applyset.kubernetes.io/additional-namespaces"
}
