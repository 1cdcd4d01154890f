/**
 * The protobuf messages of the kinds that clients send in protobuf, as Kubernetes numbers their fields: `number name type`.
 * `*`: the field may be absent, and zero then means zero; `[]` a list, `{}` a map; the name `-`: its fields belong to the message
 * itself in JSON. Facts of Kubernetes' API (v1 kinds only grow, numbers never change); generated, so not to be edited by hand.
 */

export const messages: Record<string, string> = {
  'authentication.BoundObjectReference': '1 kind string, 2 apiVersion string, 3 name string, 4 uid string',
  'authentication.SelfSubjectReview': '1 metadata meta.ObjectMeta, 2 status authentication.SelfSubjectReviewStatus',
  'authentication.SelfSubjectReviewStatus': '1 userInfo authentication.UserInfo',
  'authentication.TokenRequest':
    '1 metadata meta.ObjectMeta, 2 spec authentication.TokenRequestSpec, 3 status authentication.TokenRequestStatus',
  'authentication.TokenRequestSpec':
    '1 audiences []string, 4 expirationSeconds *int, 3 boundObjectRef *authentication.BoundObjectReference, 5 attestations {}list',
  'authentication.TokenRequestStatus': '1 token string, 2 expirationTimestamp time',
  'authentication.TokenReview':
    '1 metadata meta.ObjectMeta, 2 spec authentication.TokenReviewSpec, 3 status authentication.TokenReviewStatus',
  'authentication.TokenReviewSpec': '1 token string, 2 audiences []string',
  'authentication.TokenReviewStatus':
    '1 authenticated bool, 2 user authentication.UserInfo, 4 audiences []string, 3 error string',
  'authentication.UserInfo': '1 username string, 2 uid string, 3 groups []string, 4 extra {}list',
  'authorization.FieldSelectorAttributes': '1 rawSelector string, 2 requirements []meta.FieldSelectorRequirement',
  'authorization.LabelSelectorAttributes': '1 rawSelector string, 2 requirements []meta.LabelSelectorRequirement',
  'authorization.LocalSubjectAccessReview':
    '1 metadata meta.ObjectMeta, 2 spec authorization.SubjectAccessReviewSpec, 3 status authorization.SubjectAccessReviewStatus',
  'authorization.NonResourceAttributes': '1 path string, 2 verb string',
  'authorization.NonResourceRule': '1 verbs []string, 2 nonResourceURLs []string',
  'authorization.ResourceAttributes':
    '1 namespace string, 2 verb string, 3 group string, 4 version string, 5 resource string, 6 subresource string, 7 name string, 8 fieldSelector *authorization.FieldSelectorAttributes, 9 labelSelector *authorization.LabelSelectorAttributes',
  'authorization.ResourceRule':
    '1 verbs []string, 2 apiGroups []string, 3 resources []string, 4 resourceNames []string',
  'authorization.SelfSubjectAccessReview':
    '1 metadata meta.ObjectMeta, 2 spec authorization.SelfSubjectAccessReviewSpec, 3 status authorization.SubjectAccessReviewStatus',
  'authorization.SelfSubjectAccessReviewSpec':
    '1 resourceAttributes *authorization.ResourceAttributes, 2 nonResourceAttributes *authorization.NonResourceAttributes',
  'authorization.SelfSubjectRulesReview':
    '1 metadata meta.ObjectMeta, 2 spec authorization.SelfSubjectRulesReviewSpec, 3 status authorization.SubjectRulesReviewStatus',
  'authorization.SelfSubjectRulesReviewSpec': '1 namespace string',
  'authorization.SubjectAccessReview':
    '1 metadata meta.ObjectMeta, 2 spec authorization.SubjectAccessReviewSpec, 3 status authorization.SubjectAccessReviewStatus',
  'authorization.SubjectAccessReviewSpec':
    '1 resourceAttributes *authorization.ResourceAttributes, 2 nonResourceAttributes *authorization.NonResourceAttributes, 3 user string, 4 groups []string, 5 extra {}list, 6 uid string',
  'authorization.SubjectAccessReviewStatus': '1 allowed bool, 4 denied bool, 2 reason string, 3 evaluationError string',
  'authorization.SubjectRulesReviewStatus':
    '1 resourceRules []authorization.ResourceRule, 2 nonResourceRules []authorization.NonResourceRule, 3 incomplete bool, 4 evaluationError string',
  'batch.CronJob': '1 metadata meta.ObjectMeta, 2 spec batch.CronJobSpec, 3 status batch.CronJobStatus',
  'batch.CronJobSpec':
    '1 schedule string, 8 timeZone *string, 2 startingDeadlineSeconds *int, 3 concurrencyPolicy string, 4 suspend *bool, 5 jobTemplate batch.JobTemplateSpec, 6 successfulJobsHistoryLimit *int, 7 failedJobsHistoryLimit *int',
  'batch.CronJobStatus': '1 active []core.ObjectReference, 4 lastScheduleTime *time, 5 lastSuccessfulTime *time',
  'batch.Job': '1 metadata meta.ObjectMeta, 2 spec batch.JobSpec, 3 status batch.JobStatus',
  'batch.JobCondition':
    '1 type string, 2 status string, 3 lastProbeTime time, 4 lastTransitionTime time, 5 reason string, 6 message string',
  'batch.JobSchedulingConfiguration': '',
  'batch.JobSpec':
    '1 parallelism *int, 2 completions *int, 3 activeDeadlineSeconds *int, 11 podFailurePolicy *batch.PodFailurePolicy, 16 successPolicy *batch.SuccessPolicy, 7 backoffLimit *int, 12 backoffLimitPerIndex *int, 13 maxFailedIndexes *int, 4 selector *meta.LabelSelector, 5 manualSelector *bool, 6 template core.PodTemplateSpec, 8 ttlSecondsAfterFinished *int, 9 completionMode *string, 10 suspend *bool, 14 podReplacementPolicy *string, 15 managedBy *string, 17 scheduling *batch.JobSchedulingConfiguration',
  'batch.JobStatus':
    '1 conditions []batch.JobCondition, 2 startTime *time, 3 completionTime *time, 4 active int, 5 succeeded int, 6 failed int, 11 terminating *int, 7 completedIndexes string, 10 failedIndexes *string, 8 uncountedTerminatedPods *batch.UncountedTerminatedPods, 9 ready *int',
  'batch.JobTemplateSpec': '1 metadata meta.ObjectMeta, 2 spec batch.JobSpec',
  'batch.PodFailurePolicy': '1 rules []batch.PodFailurePolicyRule',
  'batch.PodFailurePolicyOnExitCodesRequirement': '1 containerName *string, 2 operator string, 3 values []int',
  'batch.PodFailurePolicyOnPodConditionsPattern': '1 type string, 2 status string',
  'batch.PodFailurePolicyRule':
    '1 action string, 2 onExitCodes *batch.PodFailurePolicyOnExitCodesRequirement, 3 onPodConditions []batch.PodFailurePolicyOnPodConditionsPattern',
  'batch.SuccessPolicy': '1 rules []batch.SuccessPolicyRule',
  'batch.SuccessPolicyRule': '1 succeededIndexes *string, 2 succeededCount *int',
  'batch.UncountedTerminatedPods': '1 succeeded []string, 2 failed []string',
  'coordination.Lease': '1 metadata meta.ObjectMeta, 2 spec coordination.LeaseSpec',
  'coordination.LeaseSpec':
    '1 holderIdentity *string, 2 leaseDurationSeconds *int, 3 acquireTime *microTime, 4 renewTime *microTime, 5 leaseTransitions *int, 6 strategy *string, 7 preferredHolder *string',
  'core.AWSElasticBlockStoreVolumeSource': '1 volumeID string, 2 fsType string, 3 partition int, 4 readOnly bool',
  'core.Affinity':
    '1 nodeAffinity *core.NodeAffinity, 2 podAffinity *core.PodAffinity, 3 podAntiAffinity *core.PodAntiAffinity',
  'core.AppArmorProfile': '1 type string, 2 localhostProfile *string',
  'core.AzureDiskVolumeSource':
    '1 diskName string, 2 diskURI string, 3 cachingMode *string, 4 fsType *string, 5 readOnly *bool, 6 kind *string',
  'core.AzureFileVolumeSource': '1 secretName string, 2 shareName string, 3 readOnly bool',
  'core.CSIVolumeSource':
    '1 driver string, 2 readOnly *bool, 3 fsType *string, 4 volumeAttributes {}string, 5 nodePublishSecretRef *core.LocalObjectReference',
  'core.Capabilities': '1 add []string, 2 drop []string',
  'core.CephFSVolumeSource':
    '1 monitors []string, 2 path string, 3 user string, 4 secretFile string, 5 secretRef *core.LocalObjectReference, 6 readOnly bool',
  'core.CinderVolumeSource':
    '1 volumeID string, 2 fsType string, 3 readOnly bool, 4 secretRef *core.LocalObjectReference',
  'core.ClusterTrustBundleProjection':
    '1 name *string, 2 signerName *string, 3 labelSelector *meta.LabelSelector, 5 optional *bool, 4 path string, 6 user *int',
  'core.ConfigMap': '1 metadata meta.ObjectMeta, 4 immutable *bool, 2 data {}string, 3 binaryData {}bytes',
  'core.ConfigMapEnvSource': '1 - core.LocalObjectReference, 2 optional *bool',
  'core.ConfigMapKeySelector': '1 - core.LocalObjectReference, 2 key string, 3 optional *bool',
  'core.ConfigMapProjection': '1 - core.LocalObjectReference, 2 items []core.KeyToPath, 4 optional *bool',
  'core.ConfigMapVolumeSource':
    '1 - core.LocalObjectReference, 2 items []core.KeyToPath, 3 defaultMode *int, 4 optional *bool, 5 defaultUser *int',
  'core.Container':
    '1 name string, 2 image string, 3 command []string, 4 args []string, 5 workingDir string, 6 ports []core.ContainerPort, 19 envFrom []core.EnvFromSource, 7 env []core.EnvVar, 8 resources core.ResourceRequirements, 23 resizePolicy []core.ContainerResizePolicy, 24 restartPolicy *string, 25 restartPolicyRules []core.ContainerRestartRule, 9 volumeMounts []core.VolumeMount, 21 volumeDevices []core.VolumeDevice, 10 livenessProbe *core.Probe, 11 readinessProbe *core.Probe, 22 startupProbe *core.Probe, 12 lifecycle *core.Lifecycle, 13 terminationMessagePath string, 20 terminationMessagePolicy string, 14 imagePullPolicy string, 15 securityContext *core.SecurityContext, 16 stdin bool, 17 stdinOnce bool, 18 tty bool',
  'core.ContainerExtendedResourceRequest': '1 containerName string, 2 resourceName string, 3 requestName string',
  'core.ContainerPort': '1 name string, 2 hostPort int, 3 containerPort int, 4 protocol string, 5 hostIP string',
  'core.ContainerResizePolicy': '1 resourceName string, 2 restartPolicy string',
  'core.ContainerRestartRule': '1 action string, 2 exitCodes *core.ContainerRestartRuleOnExitCodes',
  'core.ContainerRestartRuleOnExitCodes': '1 operator string, 2 values []int',
  'core.ContainerState':
    '1 waiting *core.ContainerStateWaiting, 2 running *core.ContainerStateRunning, 3 terminated *core.ContainerStateTerminated',
  'core.ContainerStateRunning': '1 startedAt time',
  'core.ContainerStateTerminated':
    '1 exitCode int, 2 signal int, 3 reason string, 4 message string, 5 startedAt time, 6 finishedAt time, 7 containerID string',
  'core.ContainerStateWaiting': '1 reason string, 2 message string',
  'core.ContainerStatus':
    '1 name string, 2 state core.ContainerState, 3 lastState core.ContainerState, 4 ready bool, 5 restartCount int, 6 image string, 7 imageID string, 8 containerID string, 9 started *bool, 10 allocatedResources {}quantity, 11 resources *core.ResourceRequirements, 12 volumeMounts []core.VolumeMountStatus, 13 user *core.ContainerUser, 14 allocatedResourcesStatus []core.ResourceStatus, 15 stopSignal *string',
  'core.ContainerUser': '1 linux *core.LinuxContainerUser',
  'core.DownwardAPIProjection': '1 items []core.DownwardAPIVolumeFile',
  'core.DownwardAPIVolumeFile':
    '1 path string, 2 fieldRef *core.ObjectFieldSelector, 3 resourceFieldRef *core.ResourceFieldSelector, 4 mode *int, 5 user *int',
  'core.DownwardAPIVolumeSource': '1 items []core.DownwardAPIVolumeFile, 2 defaultMode *int, 3 defaultUser *int',
  'core.EmptyDirVolumeSource': '1 medium string, 2 sizeLimit *quantity, 3 mode *int',
  'core.EnvFromSource': '1 prefix string, 2 configMapRef *core.ConfigMapEnvSource, 3 secretRef *core.SecretEnvSource',
  'core.EnvVar': '1 name string, 2 value string, 3 valueFrom *core.EnvVarSource',
  'core.EnvVarSource':
    '1 fieldRef *core.ObjectFieldSelector, 2 resourceFieldRef *core.ResourceFieldSelector, 3 configMapKeyRef *core.ConfigMapKeySelector, 4 secretKeyRef *core.SecretKeySelector, 5 fileKeyRef *core.FileKeySelector',
  'core.EphemeralContainer': '1 - core.EphemeralContainerCommon, 2 targetContainerName string',
  'core.EphemeralContainerCommon':
    '1 name string, 2 image string, 3 command []string, 4 args []string, 5 workingDir string, 6 ports []core.ContainerPort, 19 envFrom []core.EnvFromSource, 7 env []core.EnvVar, 8 resources core.ResourceRequirements, 23 resizePolicy []core.ContainerResizePolicy, 24 restartPolicy *string, 25 restartPolicyRules []core.ContainerRestartRule, 9 volumeMounts []core.VolumeMount, 21 volumeDevices []core.VolumeDevice, 10 livenessProbe *core.Probe, 11 readinessProbe *core.Probe, 22 startupProbe *core.Probe, 12 lifecycle *core.Lifecycle, 13 terminationMessagePath string, 20 terminationMessagePolicy string, 14 imagePullPolicy string, 15 securityContext *core.SecurityContext, 16 stdin bool, 17 stdinOnce bool, 18 tty bool',
  'core.EphemeralVolumeSource': '1 volumeClaimTemplate *core.PersistentVolumeClaimTemplate',
  'core.Event':
    '1 metadata meta.ObjectMeta, 2 involvedObject core.ObjectReference, 3 reason string, 4 message string, 5 source core.EventSource, 6 firstTimestamp time, 7 lastTimestamp time, 8 count int, 9 type string, 10 eventTime microTime, 11 series *core.EventSeries, 12 action string, 13 related *core.ObjectReference, 14 reportingComponent string, 15 reportingInstance string',
  'core.EventSeries': '1 count int, 2 lastObservedTime microTime',
  'core.EventSource': '1 component string, 2 host string',
  'core.EvictionResponder': '1 name string, 2 priority *int',
  'core.ExecAction': '1 command []string',
  'core.FCVolumeSource': '1 targetWWNs []string, 2 lun *int, 3 fsType string, 4 readOnly bool, 5 wwids []string',
  'core.FileKeySelector': '1 volumeName string, 2 path string, 3 key string, 4 optional *bool',
  'core.FlexVolumeSource':
    '1 driver string, 2 fsType string, 3 secretRef *core.LocalObjectReference, 4 readOnly bool, 5 options {}string',
  'core.FlockerVolumeSource': '1 datasetName string, 2 datasetUUID string',
  'core.GCEPersistentDiskVolumeSource': '1 pdName string, 2 fsType string, 3 partition int, 4 readOnly bool',
  'core.GRPCAction': '1 port int, 2 service *string, 3 mode *string',
  'core.GitRepoVolumeSource': '1 repository string, 2 revision string, 3 directory string',
  'core.GlusterfsVolumeSource': '1 endpoints string, 2 path string, 3 readOnly bool',
  'core.HTTPGetAction':
    '1 path string, 2 port intOrString, 3 host string, 4 scheme string, 5 httpHeaders []core.HTTPHeader, 6 protocol *string',
  'core.HTTPHeader': '1 name string, 2 value string',
  'core.HostAlias': '1 ip string, 2 hostnames []string',
  'core.HostIP': '1 ip string',
  'core.HostPathVolumeSource': '1 path string, 2 type *string',
  'core.ISCSIVolumeSource':
    '1 targetPortal string, 2 iqn string, 3 lun int, 4 iscsiInterface string, 5 fsType string, 6 readOnly bool, 7 portals []string, 8 chapAuthDiscovery bool, 11 chapAuthSession bool, 10 secretRef *core.LocalObjectReference, 12 initiatorName *string',
  'core.ImageVolumeSource': '1 reference string, 2 pullPolicy string',
  'core.ImageVolumeStatus': '1 imageRef string',
  'core.KeyToPath': '1 key string, 2 path string, 3 mode *int, 4 user *int',
  'core.Lifecycle': '1 postStart *core.LifecycleHandler, 2 preStop *core.LifecycleHandler, 3 stopSignal *string',
  'core.LifecycleHandler':
    '1 exec *core.ExecAction, 2 httpGet *core.HTTPGetAction, 3 tcpSocket *core.TCPSocketAction, 4 sleep *core.SleepAction',
  'core.LinuxContainerUser': '1 uid int, 2 gid int, 3 supplementalGroups []int',
  'core.LocalObjectReference': '1 name string',
  'core.NFSVolumeSource': '1 server string, 2 path string, 3 readOnly bool',
  'core.Namespace': '1 metadata meta.ObjectMeta, 2 spec core.NamespaceSpec, 3 status core.NamespaceStatus',
  'core.NamespaceCondition':
    '1 type string, 2 status string, 4 lastTransitionTime time, 5 reason string, 6 message string',
  'core.NamespaceSpec': '1 finalizers []string',
  'core.NamespaceStatus': '1 phase string, 2 conditions []core.NamespaceCondition',
  'core.NodeAffinity':
    '1 requiredDuringSchedulingIgnoredDuringExecution *core.NodeSelector, 2 preferredDuringSchedulingIgnoredDuringExecution []core.PreferredSchedulingTerm',
  'core.NodeAllocatableMappedResources': '1 name string, 2 quantity *quantity',
  'core.NodeAllocatableOverheadResources': '1 name string, 2 perPod *quantity, 3 perContainer *quantity',
  'core.NodeAllocatableResourceClaimStatus':
    '1 resourceClaimName string, 2 containers []string, 4 mapping []core.NodeAllocatableMappedResources, 5 overhead []core.NodeAllocatableOverheadResources',
  'core.NodeSelector': '1 nodeSelectorTerms []core.NodeSelectorTerm',
  'core.NodeSelectorRequirement': '1 key string, 2 operator string, 3 values []string',
  'core.NodeSelectorTerm':
    '1 matchExpressions []core.NodeSelectorRequirement, 2 matchFields []core.NodeSelectorRequirement',
  'core.ObjectFieldSelector': '1 apiVersion string, 2 fieldPath string',
  'core.ObjectReference':
    '1 kind string, 2 namespace string, 3 name string, 4 uid string, 5 apiVersion string, 6 resourceVersion string, 7 fieldPath string',
  'core.PersistentVolumeClaimSpec':
    '1 accessModes []string, 4 selector *meta.LabelSelector, 2 resources core.VolumeResourceRequirements, 3 volumeName string, 5 storageClassName *string, 6 volumeMode *string, 7 dataSource *core.TypedLocalObjectReference, 8 dataSourceRef *core.TypedObjectReference, 9 volumeAttributesClassName *string',
  'core.PersistentVolumeClaimTemplate': '1 metadata meta.ObjectMeta, 2 spec core.PersistentVolumeClaimSpec',
  'core.PersistentVolumeClaimVolumeSource': '1 claimName string, 2 readOnly bool',
  'core.PhotonPersistentDiskVolumeSource': '1 pdID string, 2 fsType string',
  'core.Pod': '1 metadata meta.ObjectMeta, 2 spec core.PodSpec, 3 status core.PodStatus',
  'core.PodAffinity':
    '1 requiredDuringSchedulingIgnoredDuringExecution []core.PodAffinityTerm, 2 preferredDuringSchedulingIgnoredDuringExecution []core.WeightedPodAffinityTerm',
  'core.PodAffinityTerm':
    '1 labelSelector *meta.LabelSelector, 2 namespaces []string, 3 topologyKey string, 4 namespaceSelector *meta.LabelSelector, 5 matchLabelKeys []string, 6 mismatchLabelKeys []string',
  'core.PodAntiAffinity':
    '1 requiredDuringSchedulingIgnoredDuringExecution []core.PodAffinityTerm, 2 preferredDuringSchedulingIgnoredDuringExecution []core.WeightedPodAffinityTerm',
  'core.PodCertificateProjection':
    '1 signerName string, 2 keyType string, 3 maxExpirationSeconds *int, 4 credentialBundlePath string, 5 keyPath string, 6 certificateChainPath string, 7 userAnnotations {}string, 8 user *int',
  'core.PodCondition':
    '1 type string, 7 observedGeneration int, 2 status string, 3 lastProbeTime time, 4 lastTransitionTime time, 5 reason string, 6 message string',
  'core.PodDNSConfig': '1 nameservers []string, 2 searches []string, 3 options []core.PodDNSConfigOption',
  'core.PodDNSConfigOption': '1 name string, 2 value *string',
  'core.PodExtendedResourceClaimStatus':
    '1 requestMappings []core.ContainerExtendedResourceRequest, 2 resourceClaimName string',
  'core.PodIP': '1 ip string',
  'core.PodOS': '1 name string',
  'core.PodReadinessGate': '1 conditionType string',
  'core.PodResourceClaim': '1 name string, 3 resourceClaimName *string, 4 resourceClaimTemplateName *string',
  'core.PodResourceClaimStatus': '1 name string, 2 resourceClaimName *string',
  'core.PodSchedulingGate': '1 name string',
  'core.PodSchedulingGroup': '1 podGroupName *string',
  'core.PodSecurityContext':
    '1 seLinuxOptions *core.SELinuxOptions, 8 windowsOptions *core.WindowsSecurityContextOptions, 2 runAsUser *int, 6 runAsGroup *int, 3 runAsNonRoot *bool, 4 supplementalGroups []int, 12 supplementalGroupsPolicy *string, 5 fsGroup *int, 7 sysctls []core.Sysctl, 9 fsGroupChangePolicy *string, 10 seccompProfile *core.SeccompProfile, 11 appArmorProfile *core.AppArmorProfile, 13 seLinuxChangePolicy *string',
  'core.PodSpec':
    '1 volumes []core.Volume, 20 initContainers []core.Container, 2 containers []core.Container, 34 ephemeralContainers []core.EphemeralContainer, 3 restartPolicy string, 4 terminationGracePeriodSeconds *int, 5 activeDeadlineSeconds *int, 6 dnsPolicy string, 7 nodeSelector {}string, 8 serviceAccountName string, 9 serviceAccount string, 21 automountServiceAccountToken *bool, 10 nodeName string, 11 hostNetwork bool, 12 hostPID bool, 13 hostIPC bool, 27 shareProcessNamespace *bool, 14 securityContext *core.PodSecurityContext, 15 imagePullSecrets []core.LocalObjectReference, 16 hostname string, 17 subdomain string, 18 affinity *core.Affinity, 19 schedulerName string, 22 tolerations []core.Toleration, 23 hostAliases []core.HostAlias, 24 priorityClassName string, 25 priority *int, 26 dnsConfig *core.PodDNSConfig, 28 readinessGates []core.PodReadinessGate, 29 runtimeClassName *string, 30 enableServiceLinks *bool, 31 preemptionPolicy *string, 32 overhead {}quantity, 33 topologySpreadConstraints []core.TopologySpreadConstraint, 35 setHostnameAsFQDN *bool, 36 os *core.PodOS, 37 hostUsers *bool, 38 schedulingGates []core.PodSchedulingGate, 39 resourceClaims []core.PodResourceClaim, 40 resources *core.ResourceRequirements, 41 hostnameOverride *string, 43 schedulingGroup *core.PodSchedulingGroup, 44 evictionResponders []core.EvictionResponder',
  'core.PodStatus':
    '17 observedGeneration int, 1 phase string, 2 conditions []core.PodCondition, 3 message string, 4 reason string, 11 nominatedNodeName string, 5 hostIP string, 16 hostIPs []core.HostIP, 6 podIP string, 12 podIPs []core.PodIP, 7 startTime *time, 10 initContainerStatuses []core.ContainerStatus, 8 containerStatuses []core.ContainerStatus, 9 qosClass string, 13 ephemeralContainerStatuses []core.ContainerStatus, 14 resize string, 15 resourceClaimStatuses []core.PodResourceClaimStatus, 18 extendedResourceClaimStatus *core.PodExtendedResourceClaimStatus, 19 allocatedResources {}quantity, 20 resources *core.ResourceRequirements, 21 nodeAllocatableResourceClaimStatuses []core.NodeAllocatableResourceClaimStatus, 22 volumeHealth []core.PodVolumeHealth',
  'core.PodTemplateSpec': '1 metadata meta.ObjectMeta, 2 spec core.PodSpec',
  'core.PodVolumeHealth': '1 name string, 2 healthConditions []core.VolumeHealthCondition, 3 lastTransitionTime time',
  'core.PortworxVolumeSource': '1 volumeID string, 2 fsType string, 3 readOnly bool',
  'core.PreferredSchedulingTerm': '1 weight int, 2 preference core.NodeSelectorTerm',
  'core.Probe':
    '1 - core.ProbeHandler, 2 initialDelaySeconds int, 3 timeoutSeconds int, 4 periodSeconds int, 5 successThreshold int, 6 failureThreshold int, 7 terminationGracePeriodSeconds *int',
  'core.ProbeHandler':
    '1 exec *core.ExecAction, 2 httpGet *core.HTTPGetAction, 3 tcpSocket *core.TCPSocketAction, 4 grpc *core.GRPCAction',
  'core.ProjectedVolumeSource': '1 sources []core.VolumeProjection, 2 defaultMode *int, 3 defaultUser *int',
  'core.QuobyteVolumeSource':
    '1 registry string, 2 volume string, 3 readOnly bool, 4 user string, 5 group string, 6 tenant string',
  'core.RBDVolumeSource':
    '1 monitors []string, 2 image string, 3 fsType string, 4 pool string, 5 user string, 6 keyring string, 7 secretRef *core.LocalObjectReference, 8 readOnly bool',
  'core.ResourceClaim': '1 name string, 2 request string',
  'core.ResourceFieldSelector': '1 containerName string, 2 resource string, 3 divisor quantity',
  'core.ResourceHealth': '1 resourceID string, 2 health string, 6 message *string',
  'core.ResourceRequirements': '1 limits {}quantity, 2 requests {}quantity, 3 claims []core.ResourceClaim',
  'core.ResourceStatus': '1 name string, 2 resources []core.ResourceHealth',
  'core.SELinuxOptions': '1 user string, 2 role string, 3 type string, 4 level string',
  'core.ScaleIOVolumeSource':
    '1 gateway string, 2 system string, 3 secretRef *core.LocalObjectReference, 4 sslEnabled bool, 5 protectionDomain string, 6 storagePool string, 7 storageMode string, 8 volumeName string, 9 fsType string, 10 readOnly bool',
  'core.SeccompProfile': '1 type string, 2 localhostProfile *string',
  'core.Secret': '1 metadata meta.ObjectMeta, 5 immutable *bool, 2 data {}bytes, 4 stringData {}string, 3 type string',
  'core.SecretEnvSource': '1 - core.LocalObjectReference, 2 optional *bool',
  'core.SecretKeySelector': '1 - core.LocalObjectReference, 2 key string, 3 optional *bool',
  'core.SecretProjection': '1 - core.LocalObjectReference, 2 items []core.KeyToPath, 4 optional *bool',
  'core.SecretVolumeSource':
    '1 secretName string, 2 items []core.KeyToPath, 3 defaultMode *int, 4 optional *bool, 5 defaultUser *int',
  'core.SecurityContext':
    '1 capabilities *core.Capabilities, 2 privileged *bool, 3 seLinuxOptions *core.SELinuxOptions, 10 windowsOptions *core.WindowsSecurityContextOptions, 4 runAsUser *int, 8 runAsGroup *int, 5 runAsNonRoot *bool, 6 readOnlyRootFilesystem *bool, 7 allowPrivilegeEscalation *bool, 9 procMount *string, 11 seccompProfile *core.SeccompProfile, 12 appArmorProfile *core.AppArmorProfile',
  'core.ServiceAccount':
    '1 metadata meta.ObjectMeta, 2 secrets []core.ObjectReference, 3 imagePullSecrets []core.LocalObjectReference, 4 automountServiceAccountToken *bool',
  'core.ServiceAccountTokenProjection': '1 audience string, 2 expirationSeconds *int, 3 path string, 4 user *int',
  'core.SleepAction': '1 seconds int',
  'core.StorageOSVolumeSource':
    '1 volumeName string, 2 volumeNamespace string, 3 fsType string, 4 readOnly bool, 5 secretRef *core.LocalObjectReference',
  'core.Sysctl': '1 name string, 2 value string',
  'core.TCPSocketAction': '1 port intOrString, 2 host string',
  'core.Toleration': '1 key string, 2 operator string, 3 value string, 4 effect string, 5 tolerationSeconds *int',
  'core.TopologySpreadConstraint':
    '1 maxSkew int, 2 topologyKey string, 3 whenUnsatisfiable string, 4 labelSelector *meta.LabelSelector, 5 minDomains *int, 6 nodeAffinityPolicy *string, 7 nodeTaintsPolicy *string, 8 matchLabelKeys []string',
  'core.TypedLocalObjectReference': '1 apiGroup *string, 2 kind string, 3 name string',
  'core.TypedObjectReference': '1 apiGroup *string, 2 kind string, 3 name string, 4 namespace *string',
  'core.Volume': '1 name string, 2 - core.VolumeSource',
  'core.VolumeDevice': '1 name string, 2 devicePath string',
  'core.VolumeHealthCondition': '1 status string, 2 reason string, 3 message string',
  'core.VolumeMount':
    '1 name string, 2 readOnly bool, 7 recursiveReadOnly *string, 3 mountPath string, 4 subPath string, 5 mountPropagation *string, 6 subPathExpr string, 8 bindMountOptions []string',
  'core.VolumeMountStatus':
    '1 name string, 2 mountPath string, 3 readOnly bool, 4 recursiveReadOnly *string, 5 volumeStatus *core.VolumeStatus',
  'core.VolumeProjection':
    '1 secret *core.SecretProjection, 2 downwardAPI *core.DownwardAPIProjection, 3 configMap *core.ConfigMapProjection, 4 serviceAccountToken *core.ServiceAccountTokenProjection, 5 clusterTrustBundle *core.ClusterTrustBundleProjection, 6 podCertificate *core.PodCertificateProjection',
  'core.VolumeResourceRequirements': '1 limits {}quantity, 2 requests {}quantity',
  'core.VolumeSource':
    '1 hostPath *core.HostPathVolumeSource, 2 emptyDir *core.EmptyDirVolumeSource, 3 gcePersistentDisk *core.GCEPersistentDiskVolumeSource, 4 awsElasticBlockStore *core.AWSElasticBlockStoreVolumeSource, 5 gitRepo *core.GitRepoVolumeSource, 6 secret *core.SecretVolumeSource, 7 nfs *core.NFSVolumeSource, 8 iscsi *core.ISCSIVolumeSource, 9 glusterfs *core.GlusterfsVolumeSource, 10 persistentVolumeClaim *core.PersistentVolumeClaimVolumeSource, 11 rbd *core.RBDVolumeSource, 12 flexVolume *core.FlexVolumeSource, 13 cinder *core.CinderVolumeSource, 14 cephfs *core.CephFSVolumeSource, 15 flocker *core.FlockerVolumeSource, 16 downwardAPI *core.DownwardAPIVolumeSource, 17 fc *core.FCVolumeSource, 18 azureFile *core.AzureFileVolumeSource, 19 configMap *core.ConfigMapVolumeSource, 20 vsphereVolume *core.VsphereVirtualDiskVolumeSource, 21 quobyte *core.QuobyteVolumeSource, 22 azureDisk *core.AzureDiskVolumeSource, 23 photonPersistentDisk *core.PhotonPersistentDiskVolumeSource, 26 projected *core.ProjectedVolumeSource, 24 portworxVolume *core.PortworxVolumeSource, 25 scaleIO *core.ScaleIOVolumeSource, 27 storageos *core.StorageOSVolumeSource, 28 csi *core.CSIVolumeSource, 29 ephemeral *core.EphemeralVolumeSource, 30 image *core.ImageVolumeSource',
  'core.VolumeStatus': '1 image *core.ImageVolumeStatus',
  'core.VsphereVirtualDiskVolumeSource':
    '1 volumePath string, 2 fsType string, 3 storagePolicyName string, 4 storagePolicyID string',
  'core.WeightedPodAffinityTerm': '1 weight int, 2 podAffinityTerm core.PodAffinityTerm',
  'core.WindowsSecurityContextOptions':
    '1 gmsaCredentialSpecName *string, 2 gmsaCredentialSpec *string, 3 runAsUserName *string, 4 hostProcess *bool',
  'events.Event':
    '1 metadata meta.ObjectMeta, 2 eventTime microTime, 3 series *events.EventSeries, 4 reportingController string, 5 reportingInstance string, 6 action string, 7 reason string, 8 regarding core.ObjectReference, 9 related *core.ObjectReference, 10 note string, 11 type string, 12 deprecatedSource core.EventSource, 13 deprecatedFirstTimestamp time, 14 deprecatedLastTimestamp time, 15 deprecatedCount int',
  'events.EventSeries': '1 count int, 2 lastObservedTime microTime',
  'meta.DeleteOptions':
    '1 gracePeriodSeconds *int, 2 preconditions *meta.Preconditions, 3 orphanDependents *bool, 4 propagationPolicy *string, 5 dryRun []string, 6 ignoreStoreReadErrorWithClusterBreakingPotential *bool',
  'meta.FieldSelectorRequirement': '1 key string, 2 operator string, 3 values []string',
  'meta.LabelSelector': '1 matchLabels {}string, 2 matchExpressions []meta.LabelSelectorRequirement',
  'meta.LabelSelectorRequirement': '1 key string, 2 operator string, 3 values []string',
  'meta.ManagedFieldsEntry':
    '1 manager string, 2 operation string, 3 apiVersion string, 4 time *time, 6 fieldsType string, 7 fieldsV1 *fields, 8 subresource string',
  'meta.ObjectMeta':
    '1 name string, 2 generateName string, 3 namespace string, 4 selfLink string, 5 uid string, 6 resourceVersion string, 7 generation int, 8 creationTimestamp time, 9 deletionTimestamp *time, 10 deletionGracePeriodSeconds *int, 11 labels {}string, 12 annotations {}string, 13 ownerReferences []meta.OwnerReference, 14 finalizers []string, 17 managedFields []meta.ManagedFieldsEntry',
  'meta.OwnerReference':
    '5 apiVersion string, 1 kind string, 3 name string, 4 uid string, 6 controller *bool, 7 blockOwnerDeletion *bool',
  'meta.Preconditions': '1 uid *string, 2 resourceVersion *string',
};
