// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds that extend the API: custom resource definitions and API services.
    static let extensions = """
        CRDServiceReference name:string! namespace:string! path:string port:int
        CRDWebhookClientConfig caBundle:bytes service:CRDServiceReference url:string
        WebhookConversion clientConfig:CRDWebhookClientConfig conversionReviewVersions:[string]!
        CustomResourceConversion strategy:string! webhook:WebhookConversion
        CustomResourceDefinitionNames categories:[string] kind:string! listKind:string plural:string!
          shortNames:[string] singular:string
        CustomResourceColumnDefinition description:string format:string jsonPath:string! name:string! priority:int
          type:string!
        CustomResourceValidation openAPIV3Schema:any
        SelectableField jsonPath:string!
        CustomResourceSubresourceScale labelSelectorPath:string specReplicasPath:string! statusReplicasPath:string!
        CustomResourceSubresourceStatus
        CustomResourceSubresources scale:CustomResourceSubresourceScale status:CustomResourceSubresourceStatus
        CustomResourceDefinitionVersion additionalPrinterColumns:[CustomResourceColumnDefinition] deprecated:bool
          deprecationWarning:string name:string! schema:CustomResourceValidation selectableFields:[SelectableField]
          served:bool! storage:bool! subresources:CustomResourceSubresources
        CustomResourceDefinitionSpec conversion:CustomResourceConversion group:string!
          names:CustomResourceDefinitionNames!& preserveUnknownFields:bool scope:string!
          versions:[CustomResourceDefinitionVersion]!
        CustomResourceDefinitionCondition lastTransitionTime:time message:string observedGeneration:int64
          reason:string status:string! type:string!
        CustomResourceDefinitionStatus acceptedNames:CustomResourceDefinitionNames&
          conditions:[CustomResourceDefinitionCondition]{type} observedGeneration:int64 storedVersions:[string]
        CustomResourceDefinition apiVersion:string kind:string metadata:ObjectMeta&
          spec:CustomResourceDefinitionSpec!& status:CustomResourceDefinitionStatus&
        APIServiceServiceReference name:string namespace:string port:int
        APIServiceSpec caBundle:bytes group:string groupPriorityMinimum:int! insecureSkipTLSVerify:bool
          service:APIServiceServiceReference version:string versionPriority:int!
        APIServiceCondition lastTransitionTime:time message:string reason:string status:string! type:string!
        APIServiceStatus conditions:[APIServiceCondition]{type}
        APIService apiVersion:string kind:string metadata:ObjectMeta& spec:APIServiceSpec& status:APIServiceStatus&
        """
}
