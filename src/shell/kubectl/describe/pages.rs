//! table: the pages of kinds that are described by their fields alone, and of what stands in volumes.
//!
//! Models `k8s.io/kubectl/pkg/describe/describe.go` of v1.36; `page.rs` tells how a page is written.

/// The page of a kind, if it has one.
pub(super) fn of(kind: &str) -> Option<&'static str> {
    find(KINDS, kind)
}

/// The page of a volume's source in a Pod.
pub(super) fn volume(source: &str) -> Option<&'static str> {
    find(VOLUMES, source)
}

/// The page of a `PersistentVolume`'s source.
pub(super) fn persistent(source: &str) -> Option<&'static str> {
    find(PERSISTENT, source).or_else(|| volume(source))
}

fn find(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let row = table.iter().find(|(row, _)| *row == name);
    row.map(|(_, page)| *page)
}

/// Kinds that have no events in their description.
pub(super) const QUIET: &[&str] = &[
    "Secret",
    "NetworkPolicy",
    "LimitRange",
    "ResourceQuota",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
];

const BINDING: &str = "Name:\t{metadata.name}
@labels
@annotations
Role:
  Kind:\t{roleRef.kind}
  Name:\t{roleRef.name}
Subjects:
  Kind\tName\tNamespace
  ----\t----\t---------
*subjects   {kind}\t{name}\t{namespace}";

/// Lines that begin with `@` are parts that `mod.rs` knows.
const KINDS: &[(&str, &str)] = &[
    ("RoleBinding", BINDING),
    ("ClusterRoleBinding", BINDING),
    (
        "ServiceAccount",
        "@head\nImage pull secrets:\t{imagePullSecrets|names}",
    ),
    (
        "IngressClass",
        "@head
Controller:\t{spec.controller}
?spec.parameters Parameters:
?spec.parameters.apiGroup   APIGroup:\t{spec.parameters.apiGroup}
?spec.parameters   Kind:\t{spec.parameters.kind}~  Name:\t{spec.parameters.name}",
    ),
    (
        "IPAddress",
        "@head
?spec.parentRef Parent Reference:~  Group:\t{spec.parentRef.group}~  Resource:\t{spec.parentRef.resource}~  Namespace:\t{spec.parentRef.namespace}~  Name:\t{spec.parentRef.name}",
    ),
    (
        "ServiceCIDR",
        "@head
CIDRs:\t{spec.cidrs|list}
?status.conditions Status:~Conditions:~  Type\tStatus\tLastTransitionTime\tReason\tMessage~  ----\t------\t------------------\t------\t-------
*status.conditions   {type}\t{status}\t{lastTransitionTime|time}\t{reason}\t{message}",
    ),
    (
        "PersistentVolumeClaim",
        "Name:\t{metadata.name}
Namespace:\t{metadata.namespace}
StorageClass:\t@class
?metadata.deletionTimestamp Status:\tTerminating (lasts {metadata.deletionTimestamp|since})
!metadata.deletionTimestamp Status:\t{status.phase}
Volume:\t{spec.volumeName}
@labels
@annotations
Finalizers:\t{metadata.finalizers|go}
?spec.volumeName Capacity:\t{status.capacity.storage|0}~Access Modes:\t{status.accessModes|modes}
!spec.volumeName Capacity:\t~Access Modes:\t
?spec.volumeMode VolumeMode:\t{spec.volumeMode}
?spec.dataSource DataSource:
?spec.dataSource.apiGroup   APIGroup:\t{spec.dataSource.apiGroup}
?spec.dataSource   Kind:\t{spec.dataSource.kind}~  Name:\t{spec.dataSource.name}
@used
?status.conditions Conditions:~  Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage~  ----\t------\t-----------------\t------------------\t------\t-------
*status.conditions   {type} \t{status} \t{lastProbeTime|time} \t{lastTransitionTime|time} \t{reason} \t{message}",
    ),
    (
        "PersistentVolume",
        "Name:\t{metadata.name}
@labels
@annotations
Finalizers:\t{metadata.finalizers|go}
StorageClass:\t@class
?metadata.deletionTimestamp Status:\tTerminating (lasts {metadata.deletionTimestamp|since})
!metadata.deletionTimestamp Status:\t{status.phase}
?spec.claimRef Claim:\t{spec.claimRef.namespace}/{spec.claimRef.name}
!spec.claimRef Claim:\t
Reclaim Policy:\t{spec.persistentVolumeReclaimPolicy}
Access Modes:\t{spec.accessModes|modes}
?spec.volumeMode VolumeMode:\t{spec.volumeMode}
Capacity:\t{spec.capacity.storage|0}
@affinity
Message:\t{status.message}
Source:
@source",
    ),
    (
        "StorageClass",
        "Name:\t{metadata.name}
IsDefaultClass:\t@default
Annotations:\t{metadata.annotations|labels}
Provisioner:\t{provisioner}
Parameters:\t{parameters|labels}
AllowVolumeExpansion:\t{allowVolumeExpansion|bool}
!mountOptions MountOptions:\t<none>
?mountOptions MountOptions:
*mountOptions   {.}
?reclaimPolicy ReclaimPolicy:\t{reclaimPolicy}
?volumeBindingMode VolumeBindingMode:\t{volumeBindingMode}
@topologies",
    ),
    (
        "PodDisruptionBudget",
        "Name:\t{metadata.name}
Namespace:\t{metadata.namespace}
?spec.minAvailable Min available:\t{spec.minAvailable}
?spec.maxUnavailable Max unavailable:\t{spec.maxUnavailable}
?spec.selector Selector:\t{spec.selector|selector}
!spec.selector Selector:\t<unset>
Status:
    Allowed disruptions:\t{status.disruptionsAllowed|0}
    Current:\t{status.currentHealthy|0}
    Desired:\t{status.desiredHealthy|0}
    Total:\t{status.expectedPods|0}",
    ),
    (
        "PriorityClass",
        "Name:\t{metadata.name}
Value:\t{value|0}
GlobalDefault:\t{globalDefault|no}
PreemptionPolicy:\t{preemptionPolicy}
Description:\t{description}
Annotations:\t{metadata.annotations|labels}",
    ),
    (
        "ReplicationController",
        "Name:\t{metadata.name}
Namespace:\t{metadata.namespace}
Selector:\t{spec.selector|labels}
@labels
@annotations
Replicas:\t{status.replicas|0} current / {spec.replicas|0} desired
@phases
@template spec.template
?status.conditions Conditions:~  Type\tStatus\tReason~  ----\t------\t------
*status.conditions   {type} \t{status}\t{reason}",
    ),
    (
        "Job",
        "Name:\t{metadata.name}
Namespace:\t{metadata.namespace}
Selector:\t{spec.selector|any selector}
@labels
@annotations
@controller
?spec.parallelism Parallelism:\t{spec.parallelism}
Completions:\t{spec.completions|unset}
?spec.completionMode Completion Mode:\t{spec.completionMode}
?spec.suspend Suspend:\t{spec.suspend}
?spec.backoffLimit Backoff Limit:\t{spec.backoffLimit}
?spec.ttlSecondsAfterFinished TTL Seconds After Finished:\t{spec.ttlSecondsAfterFinished}
?status.startTime Start Time:\t{status.startTime|time}
?status.completionTime Completed At:\t{status.completionTime|time}~Duration:\t{status|duration}
?spec.activeDeadlineSeconds Active Deadline Seconds:\t{spec.activeDeadlineSeconds}s
!status.ready Pods Statuses:\t{status.active|0} Active / {status.succeeded|0} Succeeded / {status.failed|0} Failed
?status.ready Pods Statuses:\t{status.active|0} Active ({status.ready} Ready) / {status.succeeded|0} Succeeded / {status.failed|0} Failed
@indexes
@template spec.template",
    ),
    (
        "CronJob",
        "@head
Schedule:\t{spec.schedule}
Concurrency Policy:\t{spec.concurrencyPolicy}
Suspend:\t{spec.suspend|bool}
Time Zone:\t{spec.timeZone|unset}
Successful Job History Limit:\t{spec.successfulJobsHistoryLimit|unset}
Failed Job History Limit:\t{spec.failedJobsHistoryLimit|unset}
Starting Deadline Seconds:\t{spec.startingDeadlineSeconds|seconds}
?spec.jobTemplate.spec.selector Selector:\t{spec.jobTemplate.spec.selector|any selector}
!spec.jobTemplate.spec.selector Selector:\t<unset>
Parallelism:\t{spec.jobTemplate.spec.parallelism|unset}
Completions:\t{spec.jobTemplate.spec.completions|unset}
?spec.jobTemplate.spec.activeDeadlineSeconds Active Deadline Seconds:\t{spec.jobTemplate.spec.activeDeadlineSeconds}s
@template spec.jobTemplate.spec.template
Last Schedule Time:\t{status.lastScheduleTime|time or unset}
@active",
    ),
];

const VOLUMES: &[(&str, &str)] = &[
    (
        "hostPath",
        "HostPath (bare host directory volume)\nPath:\t{path}\nHostPathType:\t{type|none}",
    ),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)\nMedium:\t{medium}\nSizeLimit:\t{sizeLimit|unset}",
    ),
    (
        "gcePersistentDisk",
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)\nPDName:\t{pdName}\nFSType:\t{fsType}\nPartition:\t{partition|0}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "awsElasticBlockStore",
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)\nVolumeID:\t{volumeID}\nFSType:\t{fsType}\nPartition:\t{partition|0}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "gitRepo",
        "GitRepo (a volume that is pulled from git when the pod is created)\nRepository:\t{repository}\nRevision:\t{revision}",
    ),
    (
        "secret",
        "Secret (a volume populated by a Secret)\nSecretName:\t{secretName}\nOptional:\t{optional|no}",
    ),
    (
        "configMap",
        "ConfigMap (a volume populated by a ConfigMap)\nName:\t{name}\nOptional:\t{optional|no}",
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)\nServer:\t{server}\nPath:\t{path}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "iscsi",
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)\nTargetPortal:\t{targetPortal}\nIQN:\t{iqn}\nLun:\t{lun|0}\nISCSIInterface\t{iscsiInterface}\nFSType:\t{fsType}\nReadOnly:\t{readOnly|no}\nPortals:\t{portals|go}\nDiscoveryCHAPAuth:\t{chapAuthDiscovery|no}\nSessionCHAPAuth:\t{chapAuthSession|no}\nSecretRef:\t{secretRef|ref}\nInitiatorName:\t{initiatorName|none}",
    ),
    (
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)\nEndpointsName:\t{endpoints}\nPath:\t{path}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)\nClaimName:\t{claimName}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "ephemeral",
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)
?volumeClaimTemplate StorageClass:\t{volumeClaimTemplate.spec.storageClassName}
?volumeClaimTemplate Volume:\t{volumeClaimTemplate.spec.volumeName}
?volumeClaimTemplate Labels:\t{volumeClaimTemplate.metadata.labels|nested}
?volumeClaimTemplate Annotations:\t{volumeClaimTemplate.metadata.annotations|nested}
?volumeClaimTemplate Capacity:\t
?volumeClaimTemplate Access Modes:\t
?volumeClaimTemplate.spec.volumeMode VolumeMode:\t{volumeClaimTemplate.spec.volumeMode}",
    ),
    (
        "rbd",
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)\nCephMonitors:\t{monitors|go}\nRBDImage:\t{image}\nFSType:\t{fsType}\nRBDPool:\t{pool}\nRadosUser:\t{user}\nKeyring:\t{keyring}\nSecretRef:\t{secretRef|ref}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "quobyte",
        "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)\nRegistry:\t{registry}\nVolume:\t{volume}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "downwardAPI",
        "DownwardAPI (a volume populated by information about the pod)\nItems:\n@items",
    ),
    (
        "azureDisk",
        "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)\nDiskName:\t{diskName}\nDiskURI:\t{diskURI}\nKind: \t{kind}\nFSType:\t{fsType}\nCachingMode:\t{cachingMode}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "vsphereVolume",
        "vSphereVolume (a Persistent Disk resource in vSphere)\nVolumePath:\t{volumePath}\nFSType:\t{fsType}\nStoragePolicyName:\t{storagePolicyName}",
    ),
    (
        "cinder",
        "Cinder (a Persistent Disk resource in OpenStack)\nVolumeID:\t{volumeID}\nFSType:\t{fsType}\nReadOnly:\t{readOnly|no}\nSecretRef:\t{secretRef|ref}",
    ),
    (
        "photonPersistentDisk",
        "PhotonPersistentDisk (a Persistent Disk resource in photon platform)\nPdID:\t{pdID}\nFSType:\t{fsType}",
    ),
    (
        "portworxVolume",
        "PortworxVolume (a Portworx Volume resource)\nVolumeID:\t{volumeID}",
    ),
    (
        "scaleIO",
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)\nGateway:\t{gateway}\nSystem:\t{system}\nProtection Domain:\t{protectionDomain}\nStorage Pool:\t{storagePool}\nStorage Mode:\t{storageMode}\nVolumeName:\t{volumeName}\nFSType:\t{fsType}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "cephfs",
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)\nMonitors:\t{monitors|go}\nPath:\t{path}\nUser:\t{user}\nSecretFile:\t{secretFile}\nSecretRef:\t{secretRef|ref}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "storageos",
        "StorageOS (a StorageOS Persistent Disk resource)\nVolumeName:\t{volumeName}\nVolumeNamespace:\t{volumeNamespace}\nFSType:\t{fsType}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "fc",
        "FC (a Fibre Channel disk)\nTargetWWNs:\t{targetWWNs|list}\nLUN:\t{lun|none}\nFSType:\t{fsType}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)\nSecretName:\t{secretName}\nShareName:\t{shareName}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "flexVolume",
        "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)\nDriver:\t{driver}\nFSType:\t{fsType}\nSecretRef:\t{secretRef|ref}\nReadOnly:\t{readOnly|no}\nOptions:\t{options|map}",
    ),
    (
        "flocker",
        "Flocker (a Flocker volume mounted by the Flocker agent)\nDatasetName:\t{datasetName}\nDatasetUUID:\t{datasetUUID}",
    ),
    (
        "projected",
        "Projected (a volume that contains injected data from multiple sources)\n@sources",
    ),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)\nDriver:\t{driver}\nFSType:\t{fsType}\nReadOnly:\t{readOnly|no}\nVolumeAttributes:\t{volumeAttributes|nested}",
    ),
    (
        "image",
        "Image (a container image or OCI artifact)\nReference:\t{reference}\nPullPolicy:\t{pullPolicy}",
    ),
    (
        "local",
        "LocalVolume (a persistent volume backed by local storage on a node)\nPath:\t{path}",
    ),
];

/// What a `PersistentVolume` says otherwise.
const PERSISTENT: &[(&str, &str)] = &[
    (
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)\nEndpointsName:\t{endpoints}\nEndpointsNamespace:\t{endpointsNamespace|unset}\nPath:\t{path}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "scaleIO",
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)\nGateway:\t{gateway}\nSystem:\t{system}\nProtection Domain:\t{protectionDomain}\nStorage Pool:\t{storagePool}\nStorage Mode:\t{storageMode}\nVolumeName:\t{volumeName}\nSecretName:\t{secretRef.name}\nSecretNamespace:\t{secretRef.namespace}\nFSType:\t{fsType}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)\nSecretName:\t{secretName}\nSecretNamespace:\t{secretNamespace}\nShareName:\t{shareName}\nReadOnly:\t{readOnly|no}",
    ),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)\nDriver:\t{driver}\nFSType:\t{fsType}\nVolumeHandle:\t{volumeHandle}\nReadOnly:\t{readOnly|no}\nVolumeAttributes:\t{volumeAttributes|nested}",
    ),
];
