// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the group admissionregistration.k8s.io (stored only).
    static let admission = """
        WebhookServiceReference name#2:string! namespace#1:string! path#3:string port#4:int
        WebhookClientConfig caBundle#2:bytes service#1:WebhookServiceReference url#3:string
        MatchCondition expression#2:string! name#1:string!
        RuleWithOperations apiGroups#2.1:[string] apiVersions#2.2:[string]
          operations#1:[string(*|CONNECT|CREATE|DELETE|UPDATE)] resources#2.3:[string]
          scope#2.4:string(*|Cluster|Namespaced)
        ValidatingWebhook admissionReviewVersions#8:[string]! clientConfig#2:WebhookClientConfig!&
          failurePolicy#4:string(Fail|Ignore) matchConditions#11:[MatchCondition]{name}
          matchPolicy#9:string(Equivalent|Exact) name#1:string! namespaceSelector#5:LabelSelector
          objectSelector#10:LabelSelector rules#3:[RuleWithOperations]
          sideEffects#6:string(None|NoneOnDryRun|Some|Unknown)! timeoutSeconds#7:int
        ValidatingWebhookConfiguration apiVersion:string kind:string metadata#1:ObjectMeta&
          webhooks:[ValidatingWebhook]{name}
        MutatingWebhook admissionReviewVersions#8:[string]! clientConfig#2:WebhookClientConfig!&
          failurePolicy#4:string(Fail|Ignore) matchConditions#12:[MatchCondition]{name}
          matchPolicy#9:string(Equivalent|Exact) name#1:string! namespaceSelector#5:LabelSelector
          objectSelector#11:LabelSelector reinvocationPolicy#10:string(IfNeeded|Never) rules#3:[RuleWithOperations]
          sideEffects#6:string(None|NoneOnDryRun|Some|Unknown)! timeoutSeconds#7:int
        MutatingWebhookConfiguration apiVersion:string kind:string metadata#1:ObjectMeta&
          webhooks:[MutatingWebhook]{name}
        """
}
