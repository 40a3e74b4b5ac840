// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the core group.
    static let core = """
        NamespaceSpec finalizers#1:[string]
        NamespaceCondition lastTransitionTime#4:time message#6:string reason#5:string status#2:string! type#1:string!
        NamespaceStatus conditions#2:[NamespaceCondition]{type} phase#1:string(Active|Terminating)
        Namespace apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:NamespaceSpec& status#3:NamespaceStatus&
        NodeSelectorRequirement key#1:string! operator#2:string(DoesNotExist|Exists|Gt|In|Lt|NotIn)! values#3:[string]
        NodeSelectorTerm@ matchExpressions#1:[NodeSelectorRequirement] matchFields#2:[NodeSelectorRequirement]
        PreferredSchedulingTerm preference#2:NodeSelectorTerm!& weight#1:int!
        NodeSelector@ nodeSelectorTerms#1:[NodeSelectorTerm]!
        NodeAffinity preferredDuringSchedulingIgnoredDuringExecution#2:[PreferredSchedulingTerm]
          requiredDuringSchedulingIgnoredDuringExecution#1:NodeSelector
        PodAffinityTerm labelSelector#1:LabelSelector matchLabelKeys#5:[string] mismatchLabelKeys#6:[string]
          namespaceSelector#4:LabelSelector namespaces#2:[string] topologyKey#3:string!
        WeightedPodAffinityTerm podAffinityTerm#2:PodAffinityTerm!& weight#1:int!
        PodAffinity preferredDuringSchedulingIgnoredDuringExecution#2:[WeightedPodAffinityTerm]
          requiredDuringSchedulingIgnoredDuringExecution#1:[PodAffinityTerm]
        PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution#2:[WeightedPodAffinityTerm]
          requiredDuringSchedulingIgnoredDuringExecution#1:[PodAffinityTerm]
        Affinity nodeAffinity#1:NodeAffinity podAffinity#2:PodAffinity podAntiAffinity#3:PodAntiAffinity
        ConfigMapKeySelector@ key#2:string! name#1.1:string optional#3:bool
        ObjectFieldSelector@ apiVersion#1:string fieldPath#2:string!
        FileKeySelector@ key#3:string! optional#4:bool path#2:string! volumeName#1:string!
        ResourceFieldSelector@ containerName#1:string divisor#3:quantity resource#2:string!
        SecretKeySelector@ key#2:string! name#1.1:string optional#3:bool
        EnvVarSource configMapKeyRef#3:ConfigMapKeySelector fieldRef#1:ObjectFieldSelector
          fileKeyRef#5:FileKeySelector resourceFieldRef#2:ResourceFieldSelector secretKeyRef#4:SecretKeySelector
        EnvVar name#1:string! value#2:string valueFrom#3:EnvVarSource
        ConfigMapEnvSource name#1.1:string optional#2:bool
        SecretEnvSource name#1.1:string optional#2:bool
        EnvFromSource configMapRef#2:ConfigMapEnvSource prefix#1:string secretRef#3:SecretEnvSource
        ExecAction command#1:[string]
        HTTPHeader name#1:string! value#2:string!
        HTTPGetAction host#3:string httpHeaders#5:[HTTPHeader] path#1:string port#2:intOrString!
          scheme#4:string(HTTP|HTTPS)
        SleepAction seconds#1:int64!
        TCPSocketAction host#2:string port#1:intOrString!
        LifecycleHandler exec#1:ExecAction httpGet#2:HTTPGetAction sleep#4:SleepAction tcpSocket#3:TCPSocketAction
        Lifecycle postStart#1:LifecycleHandler preStop#2:LifecycleHandler
          stopSignal#3:string(SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ)
        GRPCAction port#1:int! service#2:string
        Probe exec#1.1:ExecAction failureThreshold#6:int grpc#1.4:GRPCAction httpGet#1.2:HTTPGetAction
          initialDelaySeconds#2:int periodSeconds#4:int successThreshold#5:int tcpSocket#1.3:TCPSocketAction
          terminationGracePeriodSeconds#7:int64 timeoutSeconds#3:int
        ContainerPort containerPort#3:int! hostIP#5:string hostPort#2:int name#1:string
          protocol#4:string(SCTP|TCP|UDP)=TCP
        ContainerResizePolicy resourceName#1:string! restartPolicy#2:string!
        ResourceClaim name#1:string! request#2:string
        ResourceRequirements claims#3:[ResourceClaim]{name} limits#1:{quantity} requests#2:{quantity}
        ContainerRestartRuleOnExitCodes operator#1:string! values#2:[int]{}
        ContainerRestartRule action#1:string! exitCodes#2:ContainerRestartRuleOnExitCodes
        AppArmorProfile^ localhostProfile#2:string type#1:string(Localhost|RuntimeDefault|Unconfined)!
        Capabilities add#1:[string] drop#2:[string]
        SELinuxOptions level#4:string role#2:string type#3:string user#1:string
        SeccompProfile^ localhostProfile#2:string type#1:string(Localhost|RuntimeDefault|Unconfined)!
        WindowsSecurityContextOptions gmsaCredentialSpec#2:string gmsaCredentialSpecName#1:string hostProcess#4:bool
          runAsUserName#3:string
        SecurityContext allowPrivilegeEscalation#7:bool appArmorProfile#12:AppArmorProfile capabilities#1:Capabilities
          privileged#2:bool procMount#9:string(Default|Unmasked) readOnlyRootFilesystem#6:bool runAsGroup#8:int64
          runAsNonRoot#5:bool runAsUser#4:int64 seLinuxOptions#3:SELinuxOptions seccompProfile#11:SeccompProfile
          windowsOptions#10:WindowsSecurityContextOptions
        VolumeDevice devicePath#2:string! name#1:string!
        VolumeMount mountPath#3:string! mountPropagation#5:string(Bidirectional|HostToContainer|None) name#1:string!
          readOnly#2:bool recursiveReadOnly#7:string subPath#4:string subPathExpr#6:string
        Container args#4:[string] command#3:[string] env#7:[EnvVar]{name} envFrom#19:[EnvFromSource] image#2:string
          imagePullPolicy#14:string(Always|IfNotPresent|Never) lifecycle#12:Lifecycle livenessProbe#10:Probe
          name#1:string! ports#6:[ContainerPort]{containerPort,protocol} readinessProbe#11:Probe
          resizePolicy#23:[ContainerResizePolicy] resources#8:ResourceRequirements& restartPolicy#24:string
          restartPolicyRules#25:[ContainerRestartRule] securityContext#15:SecurityContext startupProbe#22:Probe
          stdin#16:bool stdinOnce#17:bool terminationMessagePath#13:string
          terminationMessagePolicy#20:string(FallbackToLogsOnError|File) tty#18:bool
          volumeDevices#21:[VolumeDevice]{devicePath} volumeMounts#9:[VolumeMount]{mountPath} workingDir#5:string
        PodDNSConfigOption name#1:string value#2:string
        PodDNSConfig nameservers#1:[string] options#3:[PodDNSConfigOption] searches#2:[string]
        EphemeralContainer args#1.4:[string] command#1.3:[string] env#1.7:[EnvVar]{name} envFrom#1.19:[EnvFromSource]
          image#1.2:string imagePullPolicy#1.14:string(Always|IfNotPresent|Never) lifecycle#1.12:Lifecycle
          livenessProbe#1.10:Probe name#1.1:string! ports#1.6:[ContainerPort]{containerPort,protocol}
          readinessProbe#1.11:Probe resizePolicy#1.23:[ContainerResizePolicy] resources#1.8:ResourceRequirements&
          restartPolicy#1.24:string restartPolicyRules#1.25:[ContainerRestartRule]
          securityContext#1.15:SecurityContext startupProbe#1.22:Probe stdin#1.16:bool stdinOnce#1.17:bool
          targetContainerName#2:string terminationMessagePath#1.13:string
          terminationMessagePolicy#1.20:string(FallbackToLogsOnError|File) tty#1.18:bool
          volumeDevices#1.21:[VolumeDevice]{devicePath} volumeMounts#1.9:[VolumeMount]{mountPath}
          workingDir#1.5:string
        HostAlias hostnames#2:[string] ip#1:string!
        LocalObjectReference@ name#1:string
        PodOS name#1:string!
        PodReadinessGate conditionType#1:string!
        PodResourceClaim name#1:string! resourceClaimName#3:string resourceClaimTemplateName#4:string
        PodSchedulingGate name#1:string!
        PodSchedulingGroup^ podGroupName#1:string
        Sysctl name#1:string! value#2:string!
        PodSecurityContext appArmorProfile#11:AppArmorProfile fsGroup#5:int64
          fsGroupChangePolicy#9:string(Always|OnRootMismatch) runAsGroup#6:int64 runAsNonRoot#3:bool runAsUser#2:int64
          seLinuxChangePolicy#13:string seLinuxOptions#1:SELinuxOptions seccompProfile#10:SeccompProfile
          supplementalGroups#4:[int64] supplementalGroupsPolicy#12:string(Merge|Strict) sysctls#7:[Sysctl]
          windowsOptions#8:WindowsSecurityContextOptions
        Toleration effect#4:string(NoExecute|NoSchedule|PreferNoSchedule) key#1:string
          operator#2:string(Equal|Exists|Gt|Lt) tolerationSeconds#5:int64 value#3:string
        TopologySpreadConstraint labelSelector#4:LabelSelector matchLabelKeys#8:[string] maxSkew#1:int!
          minDomains#5:int nodeAffinityPolicy#6:string(Honor|Ignore) nodeTaintsPolicy#7:string(Honor|Ignore)
          topologyKey#2:string! whenUnsatisfiable#3:string(DoNotSchedule|ScheduleAnyway)!
        AWSElasticBlockStoreVolumeSource fsType#2:string partition#3:int readOnly#4:bool volumeID#1:string!
        AzureDiskVolumeSource cachingMode#3:string(None|ReadOnly|ReadWrite)=ReadWrite diskName#1:string!
          diskURI#2:string! fsType#4:string=ext4 kind#6:string(Dedicated|Managed|Shared)=Shared readOnly#5:bool
        AzureFileVolumeSource readOnly#3:bool secretName#1:string! shareName#2:string!
        CephFSVolumeSource monitors#1:[string]! path#2:string readOnly#6:bool secretFile#4:string
          secretRef#5:LocalObjectReference user#3:string
        CinderVolumeSource fsType#2:string readOnly#3:bool secretRef#4:LocalObjectReference volumeID#1:string!
        KeyToPath key#1:string! mode#3:int path#2:string!
        ConfigMapVolumeSource defaultMode#3:int items#2:[KeyToPath] name#1.1:string optional#4:bool
        CSIVolumeSource driver#1:string! fsType#3:string nodePublishSecretRef#5:LocalObjectReference readOnly#2:bool
          volumeAttributes#4:{string}
        DownwardAPIVolumeFile fieldRef#2:ObjectFieldSelector mode#4:int path#1:string!
          resourceFieldRef#3:ResourceFieldSelector
        DownwardAPIVolumeSource defaultMode#2:int items#1:[DownwardAPIVolumeFile]
        EmptyDirVolumeSource medium#1:string sizeLimit#2:quantity
        TypedLocalObjectReference@ apiGroup#1:string kind#2:string! name#3:string!
        TypedObjectReference apiGroup#1:string kind#2:string! name#3:string! namespace#4:string
        VolumeResourceRequirements limits#1:{quantity} requests#2:{quantity}
        PersistentVolumeClaimSpec accessModes#1:[string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod)]
          dataSource#7:TypedLocalObjectReference dataSourceRef#8:TypedObjectReference
          resources#2:VolumeResourceRequirements& selector#4:LabelSelector storageClassName#5:string
          volumeAttributesClassName#9:string volumeMode#6:string(Block|Filesystem) volumeName#3:string
        PersistentVolumeClaimTemplate metadata#1:ObjectMeta& spec#2:PersistentVolumeClaimSpec!&
        EphemeralVolumeSource volumeClaimTemplate#1:PersistentVolumeClaimTemplate
        FCVolumeSource fsType#3:string lun#2:int readOnly#4:bool targetWWNs#1:[string] wwids#5:[string]
        FlexVolumeSource driver#1:string! fsType#2:string options#5:{string} readOnly#4:bool
          secretRef#3:LocalObjectReference
        FlockerVolumeSource datasetName#1:string datasetUUID#2:string
        GCEPersistentDiskVolumeSource fsType#2:string partition#3:int pdName#1:string! readOnly#4:bool
        GitRepoVolumeSource directory#3:string repository#1:string! revision#2:string
        GlusterfsVolumeSource endpoints#1:string! path#2:string! readOnly#3:bool
        HostPathVolumeSource path#1:string!
          type#2:string(|BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket)
        ImageVolumeSource pullPolicy#2:string(Always|IfNotPresent|Never) reference#1:string
        ISCSIVolumeSource chapAuthDiscovery#8:bool chapAuthSession#11:bool fsType#5:string initiatorName#12:string
          iqn#2:string! iscsiInterface#4:string=default lun#3:int! portals#7:[string] readOnly#6:bool
          secretRef#10:LocalObjectReference targetPortal#1:string!
        NFSVolumeSource path#2:string! readOnly#3:bool server#1:string!
        PersistentVolumeClaimVolumeSource claimName#1:string! readOnly#2:bool
        PhotonPersistentDiskVolumeSource fsType#2:string pdID#1:string!
        PortworxVolumeSource fsType#2:string readOnly#3:bool volumeID#1:string!
        ClusterTrustBundleProjection labelSelector#3:LabelSelector name#1:string optional#5:bool path#4:string!
          signerName#2:string
        ConfigMapProjection items#2:[KeyToPath] name#1.1:string optional#4:bool
        DownwardAPIProjection items#1:[DownwardAPIVolumeFile]
        PodCertificateProjection certificateChainPath#6:string credentialBundlePath#4:string keyPath#5:string
          keyType#2:string! maxExpirationSeconds#3:int signerName#1:string! userAnnotations#7:{string}
        SecretProjection items#2:[KeyToPath] name#1.1:string optional#4:bool
        ServiceAccountTokenProjection audience#1:string expirationSeconds#2:int64 path#3:string!
        VolumeProjection clusterTrustBundle#5:ClusterTrustBundleProjection configMap#3:ConfigMapProjection
          downwardAPI#2:DownwardAPIProjection podCertificate#6:PodCertificateProjection secret#1:SecretProjection
          serviceAccountToken#4:ServiceAccountTokenProjection
        ProjectedVolumeSource defaultMode#2:int sources#1:[VolumeProjection]
        QuobyteVolumeSource group#5:string readOnly#3:bool registry#1:string! tenant#6:string user#4:string
          volume#2:string!
        RBDVolumeSource fsType#3:string image#2:string! keyring#6:string=/etc/ceph/keyring monitors#1:[string]!
          pool#4:string=rbd readOnly#8:bool secretRef#7:LocalObjectReference user#5:string=admin
        ScaleIOVolumeSource fsType#9:string=xfs gateway#1:string! protectionDomain#5:string readOnly#10:bool
          secretRef#3:LocalObjectReference! sslEnabled#4:bool storageMode#7:string=ThinProvisioned
          storagePool#6:string system#2:string! volumeName#8:string
        SecretVolumeSource defaultMode#3:int items#2:[KeyToPath] optional#4:bool secretName#1:string
        StorageOSVolumeSource fsType#3:string readOnly#4:bool secretRef#5:LocalObjectReference volumeName#1:string
          volumeNamespace#2:string
        VsphereVirtualDiskVolumeSource fsType#2:string storagePolicyID#4:string storagePolicyName#3:string
          volumePath#1:string!
        Volume awsElasticBlockStore#2.4:AWSElasticBlockStoreVolumeSource azureDisk#2.22:AzureDiskVolumeSource
          azureFile#2.18:AzureFileVolumeSource cephfs#2.14:CephFSVolumeSource cinder#2.13:CinderVolumeSource
          configMap#2.19:ConfigMapVolumeSource csi#2.28:CSIVolumeSource downwardAPI#2.16:DownwardAPIVolumeSource
          emptyDir#2.2:EmptyDirVolumeSource ephemeral#2.29:EphemeralVolumeSource fc#2.17:FCVolumeSource
          flexVolume#2.12:FlexVolumeSource flocker#2.15:FlockerVolumeSource
          gcePersistentDisk#2.3:GCEPersistentDiskVolumeSource gitRepo#2.5:GitRepoVolumeSource
          glusterfs#2.9:GlusterfsVolumeSource hostPath#2.1:HostPathVolumeSource image#2.30:ImageVolumeSource
          iscsi#2.8:ISCSIVolumeSource name#1:string! nfs#2.7:NFSVolumeSource
          persistentVolumeClaim#2.10:PersistentVolumeClaimVolumeSource
          photonPersistentDisk#2.23:PhotonPersistentDiskVolumeSource portworxVolume#2.24:PortworxVolumeSource
          projected#2.26:ProjectedVolumeSource quobyte#2.21:QuobyteVolumeSource rbd#2.11:RBDVolumeSource
          scaleIO#2.25:ScaleIOVolumeSource secret#2.6:SecretVolumeSource storageos#2.27:StorageOSVolumeSource
          vsphereVolume#2.20:VsphereVirtualDiskVolumeSource
        PodSpec activeDeadlineSeconds#5:int64 affinity#18:Affinity automountServiceAccountToken#21:bool
          containers#2:[Container]{name}! dnsConfig#26:PodDNSConfig
          dnsPolicy#6:string(ClusterFirst|ClusterFirstWithHostNet|Default|None) enableServiceLinks#30:bool
          ephemeralContainers#34:[EphemeralContainer]{name} hostAliases#23:[HostAlias]{ip} hostIPC#13:bool
          hostNetwork#11:bool hostPID#12:bool hostUsers#37:bool hostname#16:string hostnameOverride#41:string
          imagePullSecrets#15:[LocalObjectReference]{name} initContainers#20:[Container]{name} nodeName#10:string
          nodeSelector#7:{string}@ os#36:PodOS overhead#32:{quantity}
          preemptionPolicy#31:string(Never|PreemptLowerPriority) priority#25:int priorityClassName#24:string
          readinessGates#28:[PodReadinessGate] resourceClaims#39:[PodResourceClaim]{name}^
          resources#40:ResourceRequirements restartPolicy#3:string(Always|Never|OnFailure) runtimeClassName#29:string
          schedulerName#19:string schedulingGates#38:[PodSchedulingGate]{name} schedulingGroup#43:PodSchedulingGroup
          securityContext#14:PodSecurityContext serviceAccount#9:string serviceAccountName#8:string
          setHostnameAsFQDN#35:bool shareProcessNamespace#27:bool subdomain#17:string
          terminationGracePeriodSeconds#4:int64 tolerations#22:[Toleration]
          topologySpreadConstraints#33:[TopologySpreadConstraint]{topologyKey,whenUnsatisfiable}
          volumes#1:[Volume]{name}^
        PodCondition lastProbeTime#3:time lastTransitionTime#4:time message#6:string observedGeneration#7:int64
          reason#5:string status#2:string! type#1:string!
        ResourceHealth health#2:string message#6:string resourceID#1:string!
        ResourceStatus name#1:string! resources#2:[ResourceHealth]{resourceID}
        ContainerStateRunning startedAt#1:time
        ContainerStateTerminated containerID#7:string exitCode#1:int! finishedAt#6:time message#4:string
          reason#3:string signal#2:int startedAt#5:time
        ContainerStateWaiting message#2:string reason#1:string
        ContainerState running#2:ContainerStateRunning terminated#3:ContainerStateTerminated
          waiting#1:ContainerStateWaiting
        LinuxContainerUser gid#2:int64! supplementalGroups#3:[int64] uid#1:int64!
        ContainerUser linux#1:LinuxContainerUser
        ImageVolumeStatus imageRef#1:string!
        VolumeStatus image#1:ImageVolumeStatus
        VolumeMountStatus mountPath#2:string! name#1:string! readOnly#3:bool recursiveReadOnly#4:string
          volumeStatus#5:VolumeStatus
        ContainerStatus allocatedResources#10:{quantity} allocatedResourcesStatus#14:[ResourceStatus]{name}
          containerID#8:string image#6:string! imageID#7:string! lastState#3:ContainerState& name#1:string!
          ready#4:bool! resources#11:ResourceRequirements restartCount#5:int! started#9:bool state#2:ContainerState&
          stopSignal#15:string(SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ)
          user#13:ContainerUser volumeMounts#12:[VolumeMountStatus]{mountPath}
        ContainerExtendedResourceRequest containerName#1:string! requestName#3:string! resourceName#2:string!
        PodExtendedResourceClaimStatus requestMappings#1:[ContainerExtendedResourceRequest]!
          resourceClaimName#2:string!
        HostIP ip#1:string!
        NodeAllocatableResourceClaimStatus containers#2:[string]{} resourceClaimName#1:string! resources:{quantity}!
        PodIP ip#1:string!
        PodResourceClaimStatus name#1:string! resourceClaimName#2:string
        PodStatus allocatedResources#19:{quantity} conditions#2:[PodCondition]{type}
          containerStatuses#8:[ContainerStatus] ephemeralContainerStatuses#13:[ContainerStatus]
          extendedResourceClaimStatus#18:PodExtendedResourceClaimStatus hostIP#5:string hostIPs#16:[HostIP]~ip
          initContainerStatuses#10:[ContainerStatus] message#3:string
          nodeAllocatableResourceClaimStatuses#21:[NodeAllocatableResourceClaimStatus] nominatedNodeName#11:string
          observedGeneration#17:int64 phase#1:string(Failed|Pending|Running|Succeeded|Unknown) podIP#6:string
          podIPs#12:[PodIP]{ip} qosClass#9:string(BestEffort|Burstable|Guaranteed) reason#4:string resize#14:string
          resourceClaimStatuses#15:[PodResourceClaimStatus]{name}^ resources#20:ResourceRequirements startTime#7:time
        Pod apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:PodSpec& status#3:PodStatus&
        ServicePort appProtocol#6:string name#1:string nodePort#5:int port#3:int! protocol#2:string(SCTP|TCP|UDP)=TCP
          targetPort#4:intOrString
        ClientIPConfig timeoutSeconds#1:int
        SessionAffinityConfig clientIP#1:ClientIPConfig
        ServiceSpec allocateLoadBalancerNodePorts#20:bool clusterIP#3:string clusterIPs#18:[string]
          externalIPs#5:[string] externalName#10:string externalTrafficPolicy#11:string(Cluster|Local)
          healthCheckNodePort#12:int internalTrafficPolicy#22:string(Cluster|Local) ipFamilies#19:[string(|IPv4|IPv6)]
          ipFamilyPolicy#17:string(PreferDualStack|RequireDualStack|SingleStack) loadBalancerClass#21:string
          loadBalancerIP#8:string loadBalancerSourceRanges#9:[string] ports#1:[ServicePort]{port,protocol}
          publishNotReadyAddresses#13:bool selector#2:{string}@ sessionAffinity#7:string(ClientIP|None)
          sessionAffinityConfig#14:SessionAffinityConfig trafficDistribution#23:string
          type#4:string(ClusterIP|ExternalName|LoadBalancer|NodePort)
        PortStatus error#3:string port#1:int! protocol#2:string(SCTP|TCP|UDP)!
        LoadBalancerIngress hostname#2:string ip#1:string ipMode#3:string ports#4:[PortStatus]
        LoadBalancerStatus ingress#1:[LoadBalancerIngress]
        ServiceStatus conditions#2:[Condition]{type} loadBalancer#1:LoadBalancerStatus&
        Service apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:ServiceSpec& status#3:ServiceStatus&
        ConfigMap apiVersion:string binaryData#3:{bytes} data#2:{string} immutable#4:bool kind:string
          metadata#1:ObjectMeta&
        Secret apiVersion:string data#2:{bytes} immutable#5:bool kind:string metadata#1:ObjectMeta&
          stringData#4:{string} type#3:string
        ObjectReference@ apiVersion#5:string fieldPath#7:string kind#1:string name#3:string namespace#2:string
          resourceVersion#6:string uid#4:string
        ServiceAccount apiVersion:string automountServiceAccountToken#4:bool imagePullSecrets#3:[LocalObjectReference]
          kind:string metadata#1:ObjectMeta& secrets#2:[ObjectReference]{name}
        PersistentVolumeClaimCondition lastProbeTime#3:time lastTransitionTime#4:time message#6:string reason#5:string
          status#2:string! type#1:string!
        ModifyVolumeStatus status#2:string(InProgress|Infeasible|Pending)! targetVolumeAttributesClassName#1:string
        PersistentVolumeClaimStatus accessModes#2:[string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod)]
          allocatedResourceStatuses#7:{string(ControllerResizeInProgress|ControllerResizeInfeasible|NodeResizeInProgress|NodeResizeInfeasible|NodeResizePending)}
          allocatedResources#5:{quantity} capacity#3:{quantity} conditions#4:[PersistentVolumeClaimCondition]{type}
          currentVolumeAttributesClassName#8:string modifyVolumeStatus#9:ModifyVolumeStatus
          phase#1:string(Bound|Lost|Pending)
        PersistentVolumeClaim apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:PersistentVolumeClaimSpec&
          status#3:PersistentVolumeClaimStatus&
        AzureFilePersistentVolumeSource readOnly#3:bool secretName#1:string! secretNamespace#4:string
          shareName#2:string!
        SecretReference@ name#1:string namespace#2:string
        CephFSPersistentVolumeSource monitors#1:[string]! path#2:string readOnly#6:bool secretFile#4:string
          secretRef#5:SecretReference user#3:string
        CinderPersistentVolumeSource fsType#2:string readOnly#3:bool secretRef#4:SecretReference volumeID#1:string!
        CSIPersistentVolumeSource controllerExpandSecretRef#9:SecretReference
          controllerPublishSecretRef#6:SecretReference driver#1:string! fsType#4:string
          nodeExpandSecretRef#10:SecretReference nodePublishSecretRef#8:SecretReference
          nodeStageSecretRef#7:SecretReference readOnly#3:bool volumeAttributes#5:{string} volumeHandle#2:string!
        FlexPersistentVolumeSource driver#1:string! fsType#2:string options#5:{string} readOnly#4:bool
          secretRef#3:SecretReference
        GlusterfsPersistentVolumeSource endpoints#1:string! endpointsNamespace#4:string path#2:string! readOnly#3:bool
        ISCSIPersistentVolumeSource chapAuthDiscovery#8:bool chapAuthSession#11:bool fsType#5:string
          initiatorName#12:string iqn#2:string! iscsiInterface#4:string=default lun#3:int! portals#7:[string]
          readOnly#6:bool secretRef#10:SecretReference targetPortal#1:string!
        LocalVolumeSource fsType#2:string path#1:string!
        VolumeNodeAffinity required#1:NodeSelector
        RBDPersistentVolumeSource fsType#3:string image#2:string! keyring#6:string=/etc/ceph/keyring
          monitors#1:[string]! pool#4:string=rbd readOnly#8:bool secretRef#7:SecretReference user#5:string=admin
        ScaleIOPersistentVolumeSource fsType#9:string=xfs gateway#1:string! protectionDomain#5:string readOnly#10:bool
          secretRef#3:SecretReference! sslEnabled#4:bool storageMode#7:string=ThinProvisioned storagePool#6:string
          system#2:string! volumeName#8:string
        StorageOSPersistentVolumeSource fsType#3:string readOnly#4:bool secretRef#5:ObjectReference
          volumeName#1:string volumeNamespace#2:string
        PersistentVolumeSpec accessModes#3:[string(ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod)]
          awsElasticBlockStore#2.2:AWSElasticBlockStoreVolumeSource azureDisk#2.16:AzureDiskVolumeSource
          azureFile#2.13:AzureFilePersistentVolumeSource capacity#1:{quantity} cephfs#2.9:CephFSPersistentVolumeSource
          cinder#2.8:CinderPersistentVolumeSource claimRef#4:ObjectReference csi#2.22:CSIPersistentVolumeSource
          fc#2.10:FCVolumeSource flexVolume#2.12:FlexPersistentVolumeSource flocker#2.11:FlockerVolumeSource
          gcePersistentDisk#2.1:GCEPersistentDiskVolumeSource glusterfs#2.4:GlusterfsPersistentVolumeSource
          hostPath#2.3:HostPathVolumeSource iscsi#2.7:ISCSIPersistentVolumeSource local#2.20:LocalVolumeSource
          mountOptions#7:[string] nfs#2.5:NFSVolumeSource nodeAffinity#9:VolumeNodeAffinity
          persistentVolumeReclaimPolicy#5:string(Delete|Recycle|Retain)
          photonPersistentDisk#2.17:PhotonPersistentDiskVolumeSource portworxVolume#2.18:PortworxVolumeSource
          quobyte#2.15:QuobyteVolumeSource rbd#2.6:RBDPersistentVolumeSource
          scaleIO#2.19:ScaleIOPersistentVolumeSource storageClassName#6:string
          storageos#2.21:StorageOSPersistentVolumeSource volumeAttributesClassName#10:string
          volumeMode#8:string(Block|Filesystem) vsphereVolume#2.14:VsphereVirtualDiskVolumeSource
        PersistentVolumeStatus lastPhaseTransitionTime#4:time message#2:string
          phase#1:string(Available|Bound|Failed|Pending|Released) reason#3:string
        PersistentVolume apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:PersistentVolumeSpec&
          status#3:PersistentVolumeStatus&
        EndpointAddress@ hostname#3:string ip#1:string! nodeName#4:string targetRef#2:ObjectReference
        EndpointPort@ appProtocol#4:string name#1:string port#2:int! protocol#3:string(SCTP|TCP|UDP)
        EndpointSubset addresses#1:[EndpointAddress] notReadyAddresses#2:[EndpointAddress] ports#3:[EndpointPort]
        Endpoints apiVersion:string kind:string metadata#1:ObjectMeta& subsets#2:[EndpointSubset]
        EventSeries count#1:int lastObservedTime#2:microTime
        EventSource component#1:string host#2:string
        Event action#12:string apiVersion:string count#8:int eventTime#10:microTime firstTimestamp#6:time
          involvedObject#2:ObjectReference!& kind:string lastTimestamp#7:time message#4:string metadata#1:ObjectMeta!&
          reason#3:string related#13:ObjectReference reportingComponent#14:string reportingInstance#15:string
          series#11:EventSeries source#5:EventSource& type#9:string
        ConfigMapNodeConfigSource kubeletConfigKey#5:string! name#2:string! namespace#1:string!
          resourceVersion#4:string uid#3:string
        NodeConfigSource configMap#2:ConfigMapNodeConfigSource
        Taint effect#3:string(NoExecute|NoSchedule|PreferNoSchedule)! key#1:string! timeAdded#4:time value#2:string
        NodeSpec configSource#6:NodeConfigSource externalID#2:string podCIDR#1:string podCIDRs#7:[string]{}
          providerID#3:string taints#5:[Taint] unschedulable#4:bool
        NodeAddress address#2:string! type#1:string!
        NodeCondition lastHeartbeatTime#3:time lastTransitionTime#4:time message#6:string reason#5:string
          status#2:string! type#1:string!
        NodeConfigStatus active#2:NodeConfigSource assigned#1:NodeConfigSource error#4:string
          lastKnownGood#3:NodeConfigSource
        DaemonEndpoint Port#1:int!
        NodeDaemonEndpoints kubeletEndpoint#1:DaemonEndpoint&
        NodeFeatures supplementalGroupsPolicy#1:bool
        ContainerImage names#1:[string] sizeBytes#2:int64
        NodeSwapStatus capacity#1:int64
        NodeSystemInfo architecture#10:string! bootID#3:string! containerRuntimeVersion#6:string!
          kernelVersion#4:string! kubeProxyVersion#8:string! kubeletVersion#7:string! machineID#1:string!
          operatingSystem#9:string! osImage#5:string! swap#11:NodeSwapStatus systemUUID#2:string!
        NodeRuntimeHandlerFeatures recursiveReadOnlyMounts#1:bool userNamespaces#2:bool
        NodeRuntimeHandler features#2:NodeRuntimeHandlerFeatures name#1:string
        AttachedVolume devicePath#2:string! name#1:string!
        NodeStatus addresses#5:[NodeAddress]{type} allocatable#2:{quantity} capacity#1:{quantity}
          conditions#4:[NodeCondition]{type} config#11:NodeConfigStatus daemonEndpoints#6:NodeDaemonEndpoints&
          declaredFeatures#14:[string] features#13:NodeFeatures images#8:[ContainerImage] nodeInfo#7:NodeSystemInfo&
          phase#3:string(Pending|Running|Terminated) runtimeHandlers#12:[NodeRuntimeHandler]
          volumesAttached#10:[AttachedVolume] volumesInUse#9:[string]
        Node apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:NodeSpec& status#3:NodeStatus&
        LimitRangeItem default#4:{quantity} defaultRequest#5:{quantity} max#2:{quantity}
          maxLimitRequestRatio#6:{quantity} min#3:{quantity} type#1:string!
        LimitRangeSpec limits#1:[LimitRangeItem]!
        LimitRange apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:LimitRangeSpec&
        ScopedResourceSelectorRequirement operator#2:string(DoesNotExist|Exists|In|NotIn)!
          scopeName#1:string(BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass)!
          values#3:[string]
        ScopeSelector@ matchExpressions#1:[ScopedResourceSelectorRequirement]
        ResourceQuotaSpec hard#1:{quantity} scopeSelector#3:ScopeSelector
          scopes#2:[string(BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass)]
        ResourceQuotaStatus hard#1:{quantity} used#2:{quantity}
        ResourceQuota apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:ResourceQuotaSpec&
          status#3:ResourceQuotaStatus&
        PodTemplateSpec metadata#1:ObjectMeta& spec#2:PodSpec&
        ReplicationControllerSpec minReadySeconds#4:int replicas#1:int=1 selector#2:{string}@
          template#3:PodTemplateSpec
        ReplicationControllerCondition lastTransitionTime#3:time message#5:string reason#4:string status#2:string!
          type#1:string!
        ReplicationControllerStatus availableReplicas#5:int conditions#6:[ReplicationControllerCondition]{type}
          fullyLabeledReplicas#2:int observedGeneration#3:int64 readyReplicas#4:int replicas#1:int!
        ReplicationController apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:ReplicationControllerSpec&
          status#3:ReplicationControllerStatus&
        PodTemplate apiVersion:string kind:string metadata#1:ObjectMeta& template#2:PodTemplateSpec&
        """
}
