// SPDX-License-Identifier: Apache-2.0

public import Domain

/// The rules by which health is judged: those that come with kubernaut, and over them those of a config repository. Pure.
public struct HealthRules: Sendable {
    private var exact: [GroupKind: HealthTable] = [:]
    /// Families of kinds, in the order of their files; the first that fits counts.
    private var families: [(pattern: KindPattern, table: HealthTable)] = []
    /// A config repository's: they go before everything else, counting rules included.
    private var own: [(pattern: KindPattern, table: HealthTable)] = []

    /// The folder of a config repository, beside `services`.
    public static let folder = "health"

    /// The rules in `Rules/`.
    public static let builtIn = {
        var rules = HealthRules()
        for (name, bytes) in ruleFiles { rules.add(HealthRuleFile(bytes, path: name)) }
        return rules
    }()

    private init() {}

    /// These rules with the ones of a config repository over them.
    ///
    /// - Parameter files: By path relative to the config root, those below `health/` alone.
    /// - Returns: Also every problem of the files. A rule with a problem is left out, the others count.
    public func adding(_ files: [String: SourceFile]) -> (rules: HealthRules, diagnostics: [Diagnostic]) {
        var rules = self
        var diagnostics: [Diagnostic] = []
        // Of two files the later name wins, as the later line of one would.
        for (path, file) in files.sorted(by: { $0.key > $1.key }) {
            let content = HealthRuleFile(file.bytes, path: path)
            rules.own += content.tables.flatMap { table in table.kinds.map { ($0, table.table) } }
            diagnostics += content.diagnostics
        }
        return (rules, diagnostics)
    }

    private mutating func add(_ file: HealthRuleFile) {
        for (kinds, table) in file.tables {
            for pattern in kinds {
                if let kind = pattern.kind, !pattern.isFamily {
                    exact[GroupKind(group: pattern.group, kind: kind)] = table
                } else {
                    families.append((pattern, table))
                }
            }
        }
    }

    /// Problems of the rules that come with kubernaut: none, which a test proves.
    package static var problems: [Diagnostic] {
        ruleFiles.flatMap { HealthRuleFile($0.bytes, path: $0.name).diagnostics }
    }

    /// How many kinds come with a table of their own, families counted once.
    package var kindCount: Int { exact.count + families.count }

    private func ownTable(for kind: GroupKind) -> HealthTable? { own.first { $0.pattern.matches(kind) }?.table }

    private func table(for kind: GroupKind) -> HealthTable? {
        exact[kind] ?? families.first { $0.pattern.matches(kind) }?.table
    }

    /// Whether an object's health depends on its status: true for every kind with a rule and for every custom
    /// resource. For the others (`ConfigMap`, `Role`, …) existing is enough, and metadata is all there is to watch.
    public func matters(_ kind: GroupKind) -> Bool {
        countingRules[kind] != nil || table(for: kind) != nil || ownTable(for: kind) != nil || !isBuiltIn(kind)
    }

    /// The health of one object as a cluster holds it.
    ///
    /// First what holds for every kind (being deleted, not yet seen by its controller, `Reconciling`, `Stalled`), then
    /// the rule of its kind, or its `Ready` condition where no rule is known.
    ///
    /// - Parameter now: Only the first 30 seconds of a custom resource without a status depend on it: ask again while
    ///   the answer is `.progressing`.
    public func health(of object: Value, now: Instant) -> ObjectHealth {
        guard let kind = object.groupVersionKind?.groupKind else {
            return ObjectHealth(.unknown, "this is no Kubernetes object: apiVersion or kind is missing")
        }
        if let early = commonHealth(of: object) { return early }
        let own = ownTable(for: kind)
        if own == nil, let count = countingRules[kind] { return count(object) }
        if let health = (own ?? table(for: kind))?.health(of: object, and: annotatedConditions(of: object)) {
            return health
        }
        return isBuiltIn(kind) ? .healthy : customHealth(of: object, now: now)
    }
}

/// The same by the rules that come with kubernaut.
public func health(of object: Value, now: Instant) -> ObjectHealth { HealthRules.builtIn.health(of: object, now: now) }

/// The files of `Rules/`, in the order in which their families are tried.
private let ruleFiles: [(name: String, bytes: [UInt8])] = [
    ("kubernetes.yaml", PackageResources.kubernetes_yaml),
    ("argo.yaml", PackageResources.argo_yaml),
    ("cert-manager.yaml", PackageResources.cert_manager_yaml),
    ("clouds.yaml", PackageResources.clouds_yaml),
    ("crossplane.yaml", PackageResources.crossplane_yaml),
    ("databases.yaml", PackageResources.databases_yaml),
    ("flux.yaml", PackageResources.flux_yaml),
    ("gateway-api.yaml", PackageResources.gateway_api_yaml),
    ("jobs.yaml", PackageResources.jobs_yaml),
    ("knative.yaml", PackageResources.knative_yaml),
    ("monitoring.yaml", PackageResources.monitoring_yaml),
    ("networking.yaml", PackageResources.networking_yaml),
    ("policies.yaml", PackageResources.policies_yaml),
    ("scaling.yaml", PackageResources.scaling_yaml),
    ("secrets.yaml", PackageResources.secrets_yaml),
    ("storage.yaml", PackageResources.storage_yaml),
    ("virtual-machines.yaml", PackageResources.virtual_machines_yaml),
]
