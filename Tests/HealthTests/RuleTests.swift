// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing
import YAML

@testable import Health

@Suite("Health rules")
struct RuleTests {
    private static let now = Instant(seconds: 1_800_000_000)

    @Test("that come with kubernaut are read to the last line")
    func builtIn() {
        #expect(HealthRules.problems == [])
        #expect(HealthRules.builtIn.kindCount >= 150)
    }

    /// Kind, what its controller wrote, and what people shall read; statuses as the projects' own documentation shows them.
    static let cases: [(kind: String, object: String, answer: String)] = [
        (
            "Rollout.argoproj.io", "status: {phase: Degraded, message: 'ProgressDeadlineExceeded: no pod is ready'}",
            "degraded ProgressDeadlineExceeded: no pod is ready"
        ),
        ("Rollout.argoproj.io", "status: {phase: Paused, message: CanaryPauseStep}", "suspended CanaryPauseStep"),
        ("Rollout.argoproj.io", "status: {phase: Healthy}", "healthy"),
        ("Workflow.argoproj.io", "status: {phase: Failed, message: child failed}", "degraded Failed: child failed"),
        ("Application.argoproj.io", "status: {health: {status: Progressing, message: waiting}}", "progressing waiting"),
        ("AnalysisTemplate.argoproj.io", "spec: {}", "healthy"),
        (
            "Sensor.argoproj.io",
            "status: {conditions: [{type: Deployed, status: 'True'}, {type: TriggersProvided, status: 'False', message: no trigger}]}",
            "degraded TriggersProvided is False: no trigger"
        ),
        (
            "Certificate.cert-manager.io",
            "status: {conditions: [{type: Issuing, status: 'False', reason: Failed, message: the order is invalid}, {type: Ready, status: 'False', reason: DoesNotExist}]}",
            "degraded Issuing is False: Failed: the order is invalid"
        ),
        ("Certificate.cert-manager.io", "status: {conditions: [{type: Ready, status: 'True'}]}", "healthy"),
        ("Certificate.cert-manager.io", "spec: {}", "progressing the certificate is not issued yet"),
        (
            "ClusterIssuer.cert-manager.io",
            "status: {conditions: [{type: Ready, status: 'False', reason: ErrRegisterACMEAccount, message: forbidden}]}",
            "degraded Ready is False: ErrRegisterACMEAccount: forbidden"
        ),
        (
            "Challenge.acme.cert-manager.io", "status: {state: invalid, reason: wrong key}",
            "degraded invalid: wrong key"
        ),
        (
            "Kustomization.kustomize.toolkit.fluxcd.io", "spec: {suspend: true}",
            "suspended its reconciliation is suspended"
        ),
        (
            "HelmRelease.helm.toolkit.fluxcd.io",
            "status: {conditions: [{type: Ready, status: 'False', reason: UpgradeFailed, message: timed out}]}",
            "degraded Ready is False: UpgradeFailed: timed out"
        ),
        (
            "HelmRelease.helm.toolkit.fluxcd.io",
            "status: {conditions: [{type: Ready, status: 'False', reason: DependencyNotReady}]}",
            "progressing Ready is False: DependencyNotReady"
        ),
        (
            "Canary.flagger.app", "status: {phase: Progressing, canaryWeight: 20}",
            "progressing Progressing, at weight 20"
        ),
        (
            "Gateway.gateway.networking.k8s.io",
            "status: {conditions: [{type: Accepted, status: 'True'}, {type: Programmed, status: 'False', reason: AddressNotAssigned}]}",
            "progressing Programmed is False: AddressNotAssigned"
        ),
        (
            "HTTPRoute.gateway.networking.k8s.io",
            "status: {parents: [{conditions: [{type: Accepted, status: 'True'}]}, {conditions: [{type: Accepted, status: 'True'}, {type: ResolvedRefs, status: 'False', reason: BackendNotFound, message: no Service cart}]}]}",
            "degraded ResolvedRefs is False: BackendNotFound: no Service cart"
        ),
        (
            "HTTPRoute.gateway.networking.k8s.io",
            "status: {parents: [{conditions: [{type: Accepted, status: 'True'}, {type: ResolvedRefs, status: 'True'}]}]}",
            "healthy"
        ),
        (
            "ScaledObject.keda.sh",
            "status: {conditions: [{type: Ready, status: 'True'}, {type: Paused, status: 'True', reason: ScaledObjectPaused}]}",
            "suspended Paused is True: ScaledObjectPaused"
        ),
        (
            "Provider.pkg.crossplane.io",
            "status: {conditions: [{type: Installed, status: 'True'}, {type: Healthy, status: 'True'}]}", "healthy"
        ),
        (
            "Bucket.s3.aws.upbound.io",
            "status: {conditions: [{type: Synced, status: 'False', reason: ReconcileError, message: access denied}]}",
            "degraded Synced is False: ReconcileError: access denied"
        ),
        ("ProviderConfig.aws.upbound.io", "spec: {}", "healthy"),
        (
            "Bucket.s3.services.k8s.aws",
            "status: {conditions: [{type: ACK.Terminal, status: 'True', message: name taken}]}",
            "degraded ACK.Terminal is True: name taken"
        ),
        (
            "SQLInstance.sql.cnrm.cloud.google.com",
            "status: {conditions: [{type: Ready, status: 'False', reason: UpdateFailed, message: quota}]}",
            "degraded Ready is False: UpdateFailed: quota"
        ),
        (
            "ResourceGroup.resources.azure.com",
            "status: {conditions: [{type: Ready, status: 'False', reason: Reconciling}]}",
            "progressing Ready is False: Reconciling"
        ),
        ("Machine.cluster.x-k8s.io", "status: {phase: Failed, failureMessage: no capacity}", "degraded no capacity"),
        (
            "ExternalSecret.external-secrets.io",
            "status: {conditions: [{type: Ready, status: 'False', reason: SecretSyncedError, message: could not get}]}",
            "degraded Ready is False: SecretSyncedError: could not get"
        ),
        (
            "SealedSecret.bitnami.com",
            "status: {conditions: [{type: Synced, status: 'False', message: no key could decrypt}]}",
            "degraded Synced is False: no key could decrypt"
        ),
        (
            "Prometheus.monitoring.coreos.com",
            "status: {conditions: [{type: Available, status: Degraded, reason: SomePodsNotReady}]}",
            "degraded Available is Degraded: SomePodsNotReady"
        ),
        ("ServiceMonitor.monitoring.coreos.com", "spec: {}", "healthy"),
        (
            "Service.serving.knative.dev", "status: {conditions: [{type: Ready, status: Unknown}]}",
            "progressing it is not ready yet"
        ),
        (
            "Service.serving.knative.dev",
            "status: {conditions: [{type: Ready, status: 'False', reason: RevisionFailed}]}",
            "degraded Ready is False: RevisionFailed"
        ),
        ("VirtualService.networking.istio.io", "spec: {}", "healthy"),
        ("HTTPProxy.projectcontour.io", "status: {currentStatus: invalid, description: no fqdn}", "degraded no fqdn"),
        (
            "Route.route.openshift.io",
            "status: {ingress: [{conditions: [{type: Admitted, status: 'False', reason: HostAlreadyClaimed}]}]}",
            "degraded Admitted is False: HostAlreadyClaimed"
        ),
        (
            "Cluster.postgresql.cnpg.io",
            "{spec: {instances: 3}, status: {phase: Creating something, readyInstances: 1}}",
            "progressing 1 of 3 instances are ready"
        ),
        ("postgresql.acid.zalan.do", "status: {PostgresClusterStatus: SyncFailed}", "degraded SyncFailed"),
        (
            "Elasticsearch.elasticsearch.k8s.elastic.co", "status: {health: red, phase: Ready}",
            "degraded its health is red"
        ),
        (
            "RabbitmqCluster.rabbitmq.com",
            "status: {conditions: [{type: AllReplicasReady, status: 'False', reason: NotAllPodsReady}]}",
            "progressing AllReplicasReady is False: NotAllPodsReady"
        ),
        (
            "Kafka.kafka.strimzi.io", "status: {conditions: [{type: NotReady, status: 'True', reason: Creating}]}",
            "progressing NotReady is True: Creating"
        ),
        (
            "MongoDBCommunity.mongodbcommunity.mongodb.com", "status: {phase: Failed, message: bad user}",
            "degraded bad user"
        ),
        (
            "PerconaXtraDBCluster.pxc.percona.com", "status: {state: initializing}",
            "progressing the cluster is initializing"
        ),
        ("Backup.velero.io", "status: {phase: PartiallyFailed, errors: 2}", "degraded PartiallyFailed, 2 errors"),
        (
            "CephCluster.ceph.rook.io", "status: {phase: Ready, ceph: {health: HEALTH_ERR}}",
            "degraded Ceph reports HEALTH_ERR"
        ),
        (
            "Volume.longhorn.io", "status: {state: attached, robustness: degraded}",
            "degraded the volume has fewer replicas than it should"
        ),
        ("ClusterPolicy.kyverno.io", "status: {conditions: [{type: Ready, status: 'True'}]}", "healthy"),
        ("K8sRequiredLabels.constraints.gatekeeper.sh", "status: {byPod: [{enforced: true}]}", "healthy"),
        (
            "TaskRun.tekton.dev", "status: {conditions: [{type: Succeeded, status: 'False', reason: TaskRunTimeout}]}",
            "degraded Succeeded is False: TaskRunTimeout"
        ),
        (
            "SparkApplication.sparkoperator.k8s.io",
            "status: {applicationState: {state: FAILED, errorMessage: driver failed}}", "degraded driver failed"
        ),
        ("RayJob.ray.io", "status: {jobStatus: PENDING}", "progressing the job is PENDING"),
        ("VirtualMachine.kubevirt.io", "status: {printableStatus: ErrorUnschedulable}", "degraded ErrorUnschedulable"),
        (
            "DataVolume.cdi.kubevirt.io", "status: {phase: ImportInProgress, progress: 12.5%}",
            "progressing ImportInProgress, 12.5%"
        ),
        (
            "VolumeSnapshot.snapshot.storage.k8s.io", "status: {readyToUse: false, error: {message: no such volume}}",
            "degraded no such volume"
        ),
        // Of a family nobody has heard of, `Ready` speaks.
        (
            "Shop.example.org", "status: {conditions: [{type: Ready, status: 'False', message: closed}]}",
            "progressing Ready is False: closed"
        ),
    ]

    private static func object(_ kind: String, _ fields: String) throws -> Value {
        let kind = GroupKind(kind)
        var object = try #require(try parseYAML(Array(fields.utf8)).first).value
        object["apiVersion"] = .string(kind.group.isEmpty ? "v1" : "\(kind.group)/v1")
        object["kind"] = .string(kind.kind)
        object["metadata"] = ["name": "x", "creationTimestamp": "2020-01-01T00:00:00Z"]
        return object
    }

    private static func text(_ health: ObjectHealth) -> String {
        health.reason.isEmpty ? health.status.rawValue : "\(health.status.rawValue) \(health.reason)"
    }

    @Test("say of resources that people run what their controllers mean", arguments: cases)
    func customKinds(kind: String, object: String, answer: String) throws {
        #expect(Self.text(health(of: try Self.object(kind, object), now: Self.now)) == answer)
    }

    private static func rules(_ text: String) -> (rules: HealthRules, diagnostics: [Diagnostic]) {
        HealthRules.builtIn.adding(["health/shop.yaml": SourceFile(blob: "1", bytes: Array(text.utf8))])
    }

    @Test("of a config repository go before the built-in ones, counting ones included")
    func ownRules() throws {
        let (rules, diagnostics) = Self.rules(
            """
            kinds: [Shop.example.org]
            rules:
            - {field: status.till, is: jammed, and: [{condition: Open, is: "True"}], health: degraded, text: "till {status.till} at {spec.place}"}
            - {condition: Open, is: "True", health: healthy}
            otherwise: {health: progressing, text: opening}
            ---
            kinds: [Service]
            rules: [{field: metadata.annotations.ready, is: "no", health: progressing, text: not announced}]
            otherwise: {health: healthy}
            """)
        #expect(diagnostics == [])
        let jammed = "{spec: {place: Bath}, status: {till: jammed, conditions: [{type: Open, status: 'True'}]}}"
        #expect(
            Self.text(rules.health(of: try Self.object("Shop.example.org", jammed), now: Self.now))
                == "degraded till jammed at Bath")
        let closed = "status: {till: jammed}"
        #expect(
            Self.text(rules.health(of: try Self.object("Shop.example.org", closed), now: Self.now))
                == "progressing opening")
        let waiting = "spec: {type: LoadBalancer}"
        #expect(rules.health(of: try Self.object("Service", waiting), now: Self.now) == .healthy)
        #expect(health(of: try Self.object("Service", waiting), now: Self.now).status == .progressing)
        #expect(rules.matters(GroupKind("Service")) && HealthRules.builtIn.matters(GroupKind("Service")))
    }

    @Test(
        "that cannot be used are reported with their place, and the others count",
        arguments: [
            (
                "kinds: [A.b.c]\nrules: [{condition: Ready, healht: healthy}]",
                "health/shop.yaml:2:28: error KN2701: unknown key healht in a rule; did you mean \"health\"?"
            ),
            (
                "kinds: [A.b.c]\nrules: [{condition: Ready, health: helthy}]",
                "health/shop.yaml:2:36: error KN2701: health must be one of healthy, progressing, degraded, suspended; did you mean \"healthy\"?"
            ),
            (
                "kinds: [A.b.c]\nrules: [{health: healthy}]",
                "health/shop.yaml:2:9: error KN2701: a rule is about either a condition or a field: {condition: Ready, is: \"True\", health: healthy}"
            ),
            (
                "kinds: ['*']",
                "health/shop.yaml:1:9: error KN2701: must be a kind and its group, such as Rollout.argoproj.io or *.*.example.org"
            ),
            (
                "rules: []",
                "health/shop.yaml:1:1: error KN2701: must name the kinds it is for: kinds: [Rollout.argoproj.io]"
            ),
            (
                "kinds: [A.b.c]\notherwise: {health: progressing, text: '{open'}",
                "health/shop.yaml:2:40: error KN2701: the text has a { without its }: fields are written {status.message}"
            ),
            ("kinds: [A.b.c", "health/shop.yaml:1:14: error KN2701: cannot be read: did not find expected ',' or ']'"),
        ])
    func problems(text: String, expected: String) throws {
        let (rules, diagnostics) = Self.rules(text)
        #expect(diagnostics.first?.description == expected)
        #expect(rules.health(of: try Self.object("ConfigMap", "data: {}"), now: Self.now) == .healthy)
    }
}
