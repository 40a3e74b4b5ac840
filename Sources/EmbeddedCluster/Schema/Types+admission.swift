// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the group admissionregistration.k8s.io (stored only).
    static let admission = """
        WebhookServiceReference name:string! namespace:string! path:string port:int
        WebhookClientConfig caBundle:bytes service:WebhookServiceReference url:string
        MatchCondition expression:string! name:string!
        RuleWithOperations apiGroups:[string] apiVersions:[string] operations:[string(*|CONNECT|CREATE|DELETE|UPDATE)]
          resources:[string] scope:string(*|Cluster|Namespaced)
        ValidatingWebhook admissionReviewVersions:[string]! clientConfig:WebhookClientConfig!&
          failurePolicy:string(Fail|Ignore) matchConditions:[MatchCondition]{name}
          matchPolicy:string(Equivalent|Exact) name:string! namespaceSelector:LabelSelector
          objectSelector:LabelSelector rules:[RuleWithOperations] sideEffects:string(None|NoneOnDryRun|Some|Unknown)!
          timeoutSeconds:int
        ValidatingWebhookConfiguration apiVersion:string kind:string metadata:ObjectMeta&
          webhooks:[ValidatingWebhook]{name}
        MutatingWebhook admissionReviewVersions:[string]! clientConfig:WebhookClientConfig!&
          failurePolicy:string(Fail|Ignore) matchConditions:[MatchCondition]{name}
          matchPolicy:string(Equivalent|Exact) name:string! namespaceSelector:LabelSelector
          objectSelector:LabelSelector reinvocationPolicy:string(IfNeeded|Never) rules:[RuleWithOperations]
          sideEffects:string(None|NoneOnDryRun|Some|Unknown)! timeoutSeconds:int
        MutatingWebhookConfiguration apiVersion:string kind:string metadata:ObjectMeta&
          webhooks:[MutatingWebhook]{name}
        """
}
