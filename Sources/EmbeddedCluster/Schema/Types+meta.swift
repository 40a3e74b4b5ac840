// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Metadata shared by every kind.
    static let meta = """
        ManagedFieldsEntry apiVersion:string fieldsType:string fieldsV1:any manager:string operation:string
          subresource:string time:time
        OwnerReference@ apiVersion:string! blockOwnerDeletion:bool controller:bool kind:string! name:string!
          uid:string!
        ObjectMeta annotations:{string} creationTimestamp:time deletionGracePeriodSeconds:int64 deletionTimestamp:time
          finalizers:[string]{} generateName:string generation:int64 labels:{string}
          managedFields:[ManagedFieldsEntry] name:string namespace:string ownerReferences:[OwnerReference]{uid}
          resourceVersion:string selfLink:string uid:string
        LabelSelectorRequirement key:string! operator:string! values:[string]
        LabelSelector@ matchExpressions:[LabelSelectorRequirement] matchLabels:{string}
        Condition lastTransitionTime:time! message:string! observedGeneration:int64 reason:string! status:string!
          type:string!
        """
}
