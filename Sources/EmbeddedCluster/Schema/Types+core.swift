// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the core group.
    static let core = """
        NamespaceSpec finalizers:[string]
        NamespaceCondition lastTransitionTime:time message:string reason:string status:string! type:string!
        NamespaceStatus conditions:[NamespaceCondition]{type} phase:string(Active|Terminating)
        Namespace apiVersion:string kind:string metadata:ObjectMeta& spec:NamespaceSpec& status:NamespaceStatus&
        NodeSelectorRequirement key:string! operator:string(DoesNotExist|Exists|Gt|In|Lt|NotIn)! values:[string]
        NodeSelectorTerm@ matchExpressions:[NodeSelectorRequirement] matchFields:[NodeSelectorRequirement]
        PreferredSchedulingTerm preference:NodeSelectorTerm!& weight:int!
        NodeSelector@ nodeSelectorTerms:[NodeSelectorTerm]!
        NodeAffinity preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
          requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
        PodAffinityTerm labelSelector:LabelSelector matchLabelKeys:[string] mismatchLabelKeys:[string]
          namespaceSelector:LabelSelector namespaces:[string] topologyKey:string!
        WeightedPodAffinityTerm podAffinityTerm:PodAffinityTerm!& weight:int!
        PodAffinity preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
          requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
        PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
          requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
        Affinity nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
        ConfigMapKeySelector@ key:string! name:string optional:bool
        ObjectFieldSelector@ apiVersion:string fieldPath:string!
        FileKeySelector@ key:string! optional:bool path:string! volumeName:string!
        ResourceFieldSelector@ containerName:string divisor:quantity resource:string!
        SecretKeySelector@ key:string! name:string optional:bool
        EnvVarSource configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector fileKeyRef:FileKeySelector
          resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector
        EnvVar name:string! value:string valueFrom:EnvVarSource
        ConfigMapEnvSource name:string optional:bool
        SecretEnvSource name:string optional:bool
        EnvFromSource configMapRef:ConfigMapEnvSource prefix:string secretRef:SecretEnvSource
        ExecAction command:[string]
        HTTPHeader name:string! value:string!
        HTTPGetAction host:string httpHeaders:[HTTPHeader] path:string port:intOrString! scheme:string(HTTP|HTTPS)
        SleepAction seconds:int64!
        TCPSocketAction host:string port:intOrString!
        LifecycleHandler exec:ExecAction httpGet:HTTPGetAction sleep:SleepAction tcpSocket:TCPSocketAction
        Lifecycle postStart:LifecycleHandler preStop:LifecycleHandler
          stopSignal:string(SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ)
        GRPCAction port:int! service:string
        Probe exec:ExecAction failureThreshold:int grpc:GRPCAction httpGet:HTTPGetAction initialDelaySeconds:int
          periodSeconds:int successThreshold:int tcpSocket:TCPSocketAction terminationGracePeriodSeconds:int64
          timeoutSeconds:int
        ContainerPort containerPort:int! hostIP:string hostPort:int name:string protocol:string(SCTP|TCP|UDP)=TCP
        ContainerResizePolicy resourceName:string! restartPolicy:string!
        ResourceClaim name:string! request:string
        ResourceRequirements claims:[ResourceClaim]{name} limits:{quantity} requests:{quantity}
        ContainerRestartRuleOnExitCodes operator:string! values:[int]{}
        ContainerRestartRule action:string! exitCodes:ContainerRestartRuleOnExitCodes
        AppArmorProfile^ localhostProfile:string type:string(Localhost|RuntimeDefault|Unconfined)!
        Capabilities add:[string] drop:[string]
        SELinuxOptions level:string role:string type:string user:string
        SeccompProfile^ localhostProfile:string type:string(Localhost|RuntimeDefault|Unconfined)!
        WindowsSecurityContextOptions gmsaCredentialSpec:string gmsaCredentialSpecName:string hostProcess:bool
          runAsUserName:string
        SecurityContext allowPrivilegeEscalation:bool appArmorProfile:AppArmorProfile capabilities:Capabilities
          privileged:bool procMount:string(Default|Unmasked) readOnlyRootFilesystem:bool runAsGroup:int64
          runAsNonRoot:bool runAsUser:int64 seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile
          windowsOptions:WindowsSecurityContextOptions
        VolumeDevice devicePath:string! name:string!
        VolumeMount mountPath:string! mountPropagation:string(Bidirectional|HostToContainer|None) name:string!
          readOnly:bool recursiveReadOnly:string subPath:string subPathExpr:string
        Container args:[string] command:[string] env:[EnvVar]{name} envFrom:[EnvFromSource] image:string
          imagePullPolicy:string(Always|IfNotPresent|Never) lifecycle:Lifecycle livenessProbe:Probe name:string!
          ports:[ContainerPort]{containerPort,protocol} readinessProbe:Probe resizePolicy:[ContainerResizePolicy]
          resources:ResourceRequirements& restartPolicy:string restartPolicyRules:[ContainerRestartRule]
          securityContext:SecurityContext startupProbe:Probe stdin:bool stdinOnce:bool terminationMessagePath:string
          terminationMessagePolicy:string(FallbackToLogsOnError|File) tty:bool
          volumeDevices:[VolumeDevice]{devicePath} volumeMounts:[VolumeMount]{mountPath} workingDir:string
        PodDNSConfigOption name:string value:string
        PodDNSConfig nameservers:[string] options:[PodDNSConfigOption] searches:[string]
        EphemeralContainer args:[string] command:[string] env:[EnvVar]{name} envFrom:[EnvFromSource] image:string
          imagePullPolicy:string(Always|IfNotPresent|Never) lifecycle:Lifecycle livenessProbe:Probe name:string!
          ports:[ContainerPort]{containerPort,protocol} readinessProbe:Probe resizePolicy:[ContainerResizePolicy]
          resources:ResourceRequirements& restartPolicy:string restartPolicyRules:[ContainerRestartRule]
          securityContext:SecurityContext startupProbe:Probe stdin:bool stdinOnce:bool targetContainerName:string
          terminationMessagePath:string terminationMessagePolicy:string(FallbackToLogsOnError|File) tty:bool
          volumeDevices:[VolumeDevice]{devicePath} volumeMounts:[VolumeMount]{mountPath} workingDir:string
        HostAlias hostnames:[string] ip:string!
        LocalObjectReference@ name:string
        PodOS name:string!
        PodReadinessGate conditionType:string!
        PodResourceClaim name:string! resourceClaimName:string resourceClaimTemplateName:string
        PodSchedulingGate name:string!
        PodSchedulingGroup^ podGroupName:string
        Sysctl name:string! value:string!
        PodSecurityContext appArmorProfile:AppArmorProfile fsGroup:int64
          fsGroupChangePolicy:string(Always|OnRootMismatch) runAsGroup:int64 runAsNonRoot:bool runAsUser:int64
          seLinuxChangePolicy:string seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile
          supplementalGroups:[int64] supplementalGroupsPolicy:string(Merge|Strict) sysctls:[Sysctl]
          windowsOptions:WindowsSecurityContextOptions
        Toleration effect:string(NoExecute|NoSchedule|PreferNoSchedule) key:string operator:string(Equal|Exists|Gt|Lt)
          tolerationSeconds:int64 value:string
        TopologySpreadConstraint labelSelector:LabelSelector matchLabelKeys:[string] maxSkew:int! minDomains:int
          nodeAffinityPolicy:string(Honor|Ignore) nodeTaintsPolicy:string(Honor|Ignore) topologyKey:string!
          whenUnsatisfiable:string(DoNotSchedule|ScheduleAnyway)!
        AWSElasticBlockStoreVolumeSource fsType:string partition:int readOnly:bool volumeID:string!
        AzureDiskVolumeSource cachingMode:string(None|ReadOnly|ReadWrite)=ReadWrite diskName:string! diskURI:string!
          fsType:string=ext4 kind:string(Dedicated|Managed|Shared)=Shared readOnly:bool
        AzureFileVolumeSource readOnly:bool secretName:string! shareName:string!
        CephFSVolumeSource monitors:[string]! path:string readOnly:bool secretFile:string
          secretRef:LocalObjectReference user:string
        CinderVolumeSource fsType:string readOnly:bool secretRef:LocalObjectReference volumeID:string!
        KeyToPath key:string! mode:int path:string!
        ConfigMapVolumeSource defaultMode:int items:[KeyToPath] name:string optional:bool
        CSIVolumeSource driver:string! fsType:string nodePublishSecretRef:LocalObjectReference readOnly:bool
          volumeAttributes:{string}
        DownwardAPIVolumeFile fieldRef:ObjectFieldSelector mode:int path:string!
          resourceFieldRef:ResourceFieldSelector
        DownwardAPIVolumeSource defaultMode:int items:[DownwardAPIVolumeFile]
        EmptyDirVolumeSource medium:string sizeLimit:quantity
        TypedLocalObjectReference@ apiGroup:string kind:string! name:string!
        TypedObjectReference apiGroup:string kind:string! name:string! namespace:string
        VolumeResourceRequirements limits:{quantity} requests:{quantity}
        PersistentVolumeClaimSpec accessModes:[string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod)]
          dataSource:TypedLocalObjectReference dataSourceRef:TypedObjectReference
          resources:VolumeResourceRequirements& selector:LabelSelector storageClassName:string
          volumeAttributesClassName:string volumeMode:string(Block|Filesystem) volumeName:string
        PersistentVolumeClaimTemplate metadata:ObjectMeta& spec:PersistentVolumeClaimSpec!&
        EphemeralVolumeSource volumeClaimTemplate:PersistentVolumeClaimTemplate
        FCVolumeSource fsType:string lun:int readOnly:bool targetWWNs:[string] wwids:[string]
        FlexVolumeSource driver:string! fsType:string options:{string} readOnly:bool secretRef:LocalObjectReference
        FlockerVolumeSource datasetName:string datasetUUID:string
        GCEPersistentDiskVolumeSource fsType:string partition:int pdName:string! readOnly:bool
        GitRepoVolumeSource directory:string repository:string! revision:string
        GlusterfsVolumeSource endpoints:string! path:string! readOnly:bool
        HostPathVolumeSource path:string!
          type:string(|BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket)
        ImageVolumeSource pullPolicy:string(Always|IfNotPresent|Never) reference:string
        ISCSIVolumeSource chapAuthDiscovery:bool chapAuthSession:bool fsType:string initiatorName:string iqn:string!
          iscsiInterface:string=default lun:int! portals:[string] readOnly:bool secretRef:LocalObjectReference
          targetPortal:string!
        NFSVolumeSource path:string! readOnly:bool server:string!
        PersistentVolumeClaimVolumeSource claimName:string! readOnly:bool
        PhotonPersistentDiskVolumeSource fsType:string pdID:string!
        PortworxVolumeSource fsType:string readOnly:bool volumeID:string!
        ClusterTrustBundleProjection labelSelector:LabelSelector name:string optional:bool path:string!
          signerName:string
        ConfigMapProjection items:[KeyToPath] name:string optional:bool
        DownwardAPIProjection items:[DownwardAPIVolumeFile]
        PodCertificateProjection certificateChainPath:string credentialBundlePath:string keyPath:string
          keyType:string! maxExpirationSeconds:int signerName:string! userAnnotations:{string}
        SecretProjection items:[KeyToPath] name:string optional:bool
        ServiceAccountTokenProjection audience:string expirationSeconds:int64 path:string!
        VolumeProjection clusterTrustBundle:ClusterTrustBundleProjection configMap:ConfigMapProjection
          downwardAPI:DownwardAPIProjection podCertificate:PodCertificateProjection secret:SecretProjection
          serviceAccountToken:ServiceAccountTokenProjection
        ProjectedVolumeSource defaultMode:int sources:[VolumeProjection]
        QuobyteVolumeSource group:string readOnly:bool registry:string! tenant:string user:string volume:string!
        RBDVolumeSource fsType:string image:string! keyring:string=/etc/ceph/keyring monitors:[string]!
          pool:string=rbd readOnly:bool secretRef:LocalObjectReference user:string=admin
        ScaleIOVolumeSource fsType:string=xfs gateway:string! protectionDomain:string readOnly:bool
          secretRef:LocalObjectReference! sslEnabled:bool storageMode:string=ThinProvisioned storagePool:string
          system:string! volumeName:string
        SecretVolumeSource defaultMode:int items:[KeyToPath] optional:bool secretName:string
        StorageOSVolumeSource fsType:string readOnly:bool secretRef:LocalObjectReference volumeName:string
          volumeNamespace:string
        VsphereVirtualDiskVolumeSource fsType:string storagePolicyID:string storagePolicyName:string
          volumePath:string!
        Volume awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource
          azureFile:AzureFileVolumeSource cephfs:CephFSVolumeSource cinder:CinderVolumeSource
          configMap:ConfigMapVolumeSource csi:CSIVolumeSource downwardAPI:DownwardAPIVolumeSource
          emptyDir:EmptyDirVolumeSource ephemeral:EphemeralVolumeSource fc:FCVolumeSource flexVolume:FlexVolumeSource
          flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource gitRepo:GitRepoVolumeSource
          glusterfs:GlusterfsVolumeSource hostPath:HostPathVolumeSource image:ImageVolumeSource
          iscsi:ISCSIVolumeSource name:string! nfs:NFSVolumeSource
          persistentVolumeClaim:PersistentVolumeClaimVolumeSource
          photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource
          projected:ProjectedVolumeSource quobyte:QuobyteVolumeSource rbd:RBDVolumeSource scaleIO:ScaleIOVolumeSource
          secret:SecretVolumeSource storageos:StorageOSVolumeSource vsphereVolume:VsphereVirtualDiskVolumeSource
        PodSpec activeDeadlineSeconds:int64 affinity:Affinity automountServiceAccountToken:bool
          containers:[Container]{name}! dnsConfig:PodDNSConfig
          dnsPolicy:string(ClusterFirst|ClusterFirstWithHostNet|Default|None) enableServiceLinks:bool
          ephemeralContainers:[EphemeralContainer]{name} hostAliases:[HostAlias]{ip} hostIPC:bool hostNetwork:bool
          hostPID:bool hostUsers:bool hostname:string hostnameOverride:string
          imagePullSecrets:[LocalObjectReference]{name} initContainers:[Container]{name} nodeName:string
          nodeSelector:{string}@ os:PodOS overhead:{quantity} preemptionPolicy:string(Never|PreemptLowerPriority)
          priority:int priorityClassName:string readinessGates:[PodReadinessGate]
          resourceClaims:[PodResourceClaim]{name}^ resources:ResourceRequirements
          restartPolicy:string(Always|Never|OnFailure) runtimeClassName:string schedulerName:string
          schedulingGates:[PodSchedulingGate]{name} schedulingGroup:PodSchedulingGroup
          securityContext:PodSecurityContext serviceAccount:string serviceAccountName:string setHostnameAsFQDN:bool
          shareProcessNamespace:bool subdomain:string terminationGracePeriodSeconds:int64 tolerations:[Toleration]
          topologySpreadConstraints:[TopologySpreadConstraint]{topologyKey,whenUnsatisfiable} volumes:[Volume]{name}^
        PodCondition lastProbeTime:time lastTransitionTime:time message:string observedGeneration:int64 reason:string
          status:string! type:string!
        ResourceHealth health:string message:string resourceID:string!
        ResourceStatus name:string! resources:[ResourceHealth]{resourceID}
        ContainerStateRunning startedAt:time
        ContainerStateTerminated containerID:string exitCode:int! finishedAt:time message:string reason:string
          signal:int startedAt:time
        ContainerStateWaiting message:string reason:string
        ContainerState running:ContainerStateRunning terminated:ContainerStateTerminated waiting:ContainerStateWaiting
        LinuxContainerUser gid:int64! supplementalGroups:[int64] uid:int64!
        ContainerUser linux:LinuxContainerUser
        ImageVolumeStatus imageRef:string!
        VolumeStatus image:ImageVolumeStatus
        VolumeMountStatus mountPath:string! name:string! readOnly:bool recursiveReadOnly:string
          volumeStatus:VolumeStatus
        ContainerStatus allocatedResources:{quantity} allocatedResourcesStatus:[ResourceStatus]{name}
          containerID:string image:string! imageID:string! lastState:ContainerState& name:string! ready:bool!
          resources:ResourceRequirements restartCount:int! started:bool state:ContainerState&
          stopSignal:string(SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ)
          user:ContainerUser volumeMounts:[VolumeMountStatus]{mountPath}
        ContainerExtendedResourceRequest containerName:string! requestName:string! resourceName:string!
        PodExtendedResourceClaimStatus requestMappings:[ContainerExtendedResourceRequest]! resourceClaimName:string!
        HostIP ip:string!
        NodeAllocatableResourceClaimStatus containers:[string]{} resourceClaimName:string! resources:{quantity}!
        PodIP ip:string!
        PodResourceClaimStatus name:string! resourceClaimName:string
        PodStatus allocatedResources:{quantity} conditions:[PodCondition]{type} containerStatuses:[ContainerStatus]
          ephemeralContainerStatuses:[ContainerStatus] extendedResourceClaimStatus:PodExtendedResourceClaimStatus
          hostIP:string hostIPs:[HostIP]~ip initContainerStatuses:[ContainerStatus] message:string
          nodeAllocatableResourceClaimStatuses:[NodeAllocatableResourceClaimStatus] nominatedNodeName:string
          observedGeneration:int64 phase:string(Failed|Pending|Running|Succeeded|Unknown) podIP:string
          podIPs:[PodIP]{ip} qosClass:string(BestEffort|Burstable|Guaranteed) reason:string resize:string
          resourceClaimStatuses:[PodResourceClaimStatus]{name}^ resources:ResourceRequirements startTime:time
        Pod apiVersion:string kind:string metadata:ObjectMeta& spec:PodSpec& status:PodStatus&
        ServicePort appProtocol:string name:string nodePort:int port:int! protocol:string(SCTP|TCP|UDP)=TCP
          targetPort:intOrString
        ClientIPConfig timeoutSeconds:int
        SessionAffinityConfig clientIP:ClientIPConfig
        ServiceSpec allocateLoadBalancerNodePorts:bool clusterIP:string clusterIPs:[string] externalIPs:[string]
          externalName:string externalTrafficPolicy:string(Cluster|Local) healthCheckNodePort:int
          internalTrafficPolicy:string(Cluster|Local) ipFamilies:[string(|IPv4|IPv6)]
          ipFamilyPolicy:string(PreferDualStack|RequireDualStack|SingleStack) loadBalancerClass:string
          loadBalancerIP:string loadBalancerSourceRanges:[string] ports:[ServicePort]{port,protocol}
          publishNotReadyAddresses:bool selector:{string}@ sessionAffinity:string(ClientIP|None)
          sessionAffinityConfig:SessionAffinityConfig trafficDistribution:string
          type:string(ClusterIP|ExternalName|LoadBalancer|NodePort)
        PortStatus error:string port:int! protocol:string(SCTP|TCP|UDP)!
        LoadBalancerIngress hostname:string ip:string ipMode:string ports:[PortStatus]
        LoadBalancerStatus ingress:[LoadBalancerIngress]
        ServiceStatus conditions:[Condition]{type} loadBalancer:LoadBalancerStatus&
        Service apiVersion:string kind:string metadata:ObjectMeta& spec:ServiceSpec& status:ServiceStatus&
        ConfigMap apiVersion:string binaryData:{bytes} data:{string} immutable:bool kind:string metadata:ObjectMeta&
        Secret apiVersion:string data:{bytes} immutable:bool kind:string metadata:ObjectMeta& stringData:{string}
          type:string
        ObjectReference@ apiVersion:string fieldPath:string kind:string name:string namespace:string
          resourceVersion:string uid:string
        ServiceAccount apiVersion:string automountServiceAccountToken:bool imagePullSecrets:[LocalObjectReference]
          kind:string metadata:ObjectMeta& secrets:[ObjectReference]{name}
        PersistentVolumeClaimCondition lastProbeTime:time lastTransitionTime:time message:string reason:string
          status:string! type:string!
        ModifyVolumeStatus status:string(InProgress|Infeasible|Pending)! targetVolumeAttributesClassName:string
        PersistentVolumeClaimStatus accessModes:[string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod)]
          allocatedResourceStatuses:{string(ControllerResizeInProgress|ControllerResizeInfeasible|NodeResizeInProgress|NodeResizeInfeasible|NodeResizePending)}
          allocatedResources:{quantity} capacity:{quantity} conditions:[PersistentVolumeClaimCondition]{type}
          currentVolumeAttributesClassName:string modifyVolumeStatus:ModifyVolumeStatus
          phase:string(Bound|Lost|Pending)
        PersistentVolumeClaim apiVersion:string kind:string metadata:ObjectMeta& spec:PersistentVolumeClaimSpec&
          status:PersistentVolumeClaimStatus&
        AzureFilePersistentVolumeSource readOnly:bool secretName:string! secretNamespace:string shareName:string!
        SecretReference@ name:string namespace:string
        CephFSPersistentVolumeSource monitors:[string]! path:string readOnly:bool secretFile:string
          secretRef:SecretReference user:string
        CinderPersistentVolumeSource fsType:string readOnly:bool secretRef:SecretReference volumeID:string!
        CSIPersistentVolumeSource controllerExpandSecretRef:SecretReference controllerPublishSecretRef:SecretReference
          driver:string! fsType:string nodeExpandSecretRef:SecretReference nodePublishSecretRef:SecretReference
          nodeStageSecretRef:SecretReference readOnly:bool volumeAttributes:{string} volumeHandle:string!
        FlexPersistentVolumeSource driver:string! fsType:string options:{string} readOnly:bool
          secretRef:SecretReference
        GlusterfsPersistentVolumeSource endpoints:string! endpointsNamespace:string path:string! readOnly:bool
        ISCSIPersistentVolumeSource chapAuthDiscovery:bool chapAuthSession:bool fsType:string initiatorName:string
          iqn:string! iscsiInterface:string=default lun:int! portals:[string] readOnly:bool secretRef:SecretReference
          targetPortal:string!
        LocalVolumeSource fsType:string path:string!
        VolumeNodeAffinity required:NodeSelector
        RBDPersistentVolumeSource fsType:string image:string! keyring:string=/etc/ceph/keyring monitors:[string]!
          pool:string=rbd readOnly:bool secretRef:SecretReference user:string=admin
        ScaleIOPersistentVolumeSource fsType:string=xfs gateway:string! protectionDomain:string readOnly:bool
          secretRef:SecretReference! sslEnabled:bool storageMode:string=ThinProvisioned storagePool:string
          system:string! volumeName:string
        StorageOSPersistentVolumeSource fsType:string readOnly:bool secretRef:ObjectReference volumeName:string
          volumeNamespace:string
        PersistentVolumeSpec accessModes:[string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod)]
          awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource
          azureFile:AzureFilePersistentVolumeSource capacity:{quantity} cephfs:CephFSPersistentVolumeSource
          cinder:CinderPersistentVolumeSource claimRef:ObjectReference csi:CSIPersistentVolumeSource fc:FCVolumeSource
          flexVolume:FlexPersistentVolumeSource flocker:FlockerVolumeSource
          gcePersistentDisk:GCEPersistentDiskVolumeSource glusterfs:GlusterfsPersistentVolumeSource
          hostPath:HostPathVolumeSource iscsi:ISCSIPersistentVolumeSource local:LocalVolumeSource
          mountOptions:[string] nfs:NFSVolumeSource nodeAffinity:VolumeNodeAffinity
          persistentVolumeReclaimPolicy:string(Delete|Recycle|Retain)
          photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource
          quobyte:QuobyteVolumeSource rbd:RBDPersistentVolumeSource scaleIO:ScaleIOPersistentVolumeSource
          storageClassName:string storageos:StorageOSPersistentVolumeSource volumeAttributesClassName:string
          volumeMode:string(Block|Filesystem) vsphereVolume:VsphereVirtualDiskVolumeSource
        PersistentVolumeStatus lastPhaseTransitionTime:time message:string
          phase:string(Available|Bound|Failed|Pending|Released) reason:string
        PersistentVolume apiVersion:string kind:string metadata:ObjectMeta& spec:PersistentVolumeSpec&
          status:PersistentVolumeStatus&
        EndpointAddress@ hostname:string ip:string! nodeName:string targetRef:ObjectReference
        EndpointPort@ appProtocol:string name:string port:int! protocol:string(SCTP|TCP|UDP)
        EndpointSubset addresses:[EndpointAddress] notReadyAddresses:[EndpointAddress] ports:[EndpointPort]
        Endpoints apiVersion:string kind:string metadata:ObjectMeta& subsets:[EndpointSubset]
        EventSeries count:int lastObservedTime:microTime
        EventSource component:string host:string
        Event action:string apiVersion:string count:int eventTime:microTime firstTimestamp:time
          involvedObject:ObjectReference!& kind:string lastTimestamp:time message:string metadata:ObjectMeta!&
          reason:string related:ObjectReference reportingComponent:string reportingInstance:string series:EventSeries
          source:EventSource& type:string
        ConfigMapNodeConfigSource kubeletConfigKey:string! name:string! namespace:string! resourceVersion:string
          uid:string
        NodeConfigSource configMap:ConfigMapNodeConfigSource
        Taint effect:string(NoExecute|NoSchedule|PreferNoSchedule)! key:string! timeAdded:time value:string
        NodeSpec configSource:NodeConfigSource externalID:string podCIDR:string podCIDRs:[string]{} providerID:string
          taints:[Taint] unschedulable:bool
        NodeAddress address:string! type:string!
        NodeCondition lastHeartbeatTime:time lastTransitionTime:time message:string reason:string status:string!
          type:string!
        NodeConfigStatus active:NodeConfigSource assigned:NodeConfigSource error:string lastKnownGood:NodeConfigSource
        DaemonEndpoint Port:int!
        NodeDaemonEndpoints kubeletEndpoint:DaemonEndpoint&
        NodeFeatures supplementalGroupsPolicy:bool
        ContainerImage names:[string] sizeBytes:int64
        NodeSwapStatus capacity:int64
        NodeSystemInfo architecture:string! bootID:string! containerRuntimeVersion:string! kernelVersion:string!
          kubeProxyVersion:string! kubeletVersion:string! machineID:string! operatingSystem:string! osImage:string!
          swap:NodeSwapStatus systemUUID:string!
        NodeRuntimeHandlerFeatures recursiveReadOnlyMounts:bool userNamespaces:bool
        NodeRuntimeHandler features:NodeRuntimeHandlerFeatures name:string
        AttachedVolume devicePath:string! name:string!
        NodeStatus addresses:[NodeAddress]{type} allocatable:{quantity} capacity:{quantity}
          conditions:[NodeCondition]{type} config:NodeConfigStatus daemonEndpoints:NodeDaemonEndpoints&
          declaredFeatures:[string] features:NodeFeatures images:[ContainerImage] nodeInfo:NodeSystemInfo&
          phase:string(Pending|Running|Terminated) runtimeHandlers:[NodeRuntimeHandler]
          volumesAttached:[AttachedVolume] volumesInUse:[string]
        Node apiVersion:string kind:string metadata:ObjectMeta& spec:NodeSpec& status:NodeStatus&
        LimitRangeItem default:{quantity} defaultRequest:{quantity} max:{quantity} maxLimitRequestRatio:{quantity}
          min:{quantity} type:string!
        LimitRangeSpec limits:[LimitRangeItem]!
        LimitRange apiVersion:string kind:string metadata:ObjectMeta& spec:LimitRangeSpec&
        ScopedResourceSelectorRequirement operator:string(DoesNotExist|Exists|In|NotIn)!
          scopeName:string(BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass)!
          values:[string]
        ScopeSelector@ matchExpressions:[ScopedResourceSelectorRequirement]
        ResourceQuotaSpec hard:{quantity} scopeSelector:ScopeSelector
          scopes:[string(BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass)]
        ResourceQuotaStatus hard:{quantity} used:{quantity}
        ResourceQuota apiVersion:string kind:string metadata:ObjectMeta& spec:ResourceQuotaSpec&
          status:ResourceQuotaStatus&
        PodTemplateSpec metadata:ObjectMeta& spec:PodSpec&
        ReplicationControllerSpec minReadySeconds:int replicas:int=1 selector:{string}@ template:PodTemplateSpec
        ReplicationControllerCondition lastTransitionTime:time message:string reason:string status:string!
          type:string!
        ReplicationControllerStatus availableReplicas:int conditions:[ReplicationControllerCondition]{type}
          fullyLabeledReplicas:int observedGeneration:int64 readyReplicas:int replicas:int!
        ReplicationController apiVersion:string kind:string metadata:ObjectMeta& spec:ReplicationControllerSpec&
          status:ReplicationControllerStatus&
        PodTemplate apiVersion:string kind:string metadata:ObjectMeta& template:PodTemplateSpec&
        """
}
