// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the groups networking.k8s.io and discovery.k8s.io.
    static let networking = """
        ServiceBackendPort@ name#1:string number#2:int
        IngressServiceBackend name#1:string! port#2:ServiceBackendPort&
        IngressBackend resource#3:TypedLocalObjectReference service#4:IngressServiceBackend
        HTTPIngressPath backend#2:IngressBackend!& path#1:string
          pathType#3:string(Exact|ImplementationSpecific|Prefix)!
        HTTPIngressRuleValue paths#1:[HTTPIngressPath]!
        IngressRule host#1:string http#2.1:HTTPIngressRuleValue
        IngressTLS hosts#1:[string] secretName#2:string
        IngressSpec defaultBackend#1:IngressBackend ingressClassName#4:string rules#3:[IngressRule] tls#2:[IngressTLS]
        IngressPortStatus error#3:string port#1:int! protocol#2:string(SCTP|TCP|UDP)!
        IngressLoadBalancerIngress hostname#2:string ip#1:string ports#4:[IngressPortStatus]
        IngressLoadBalancerStatus ingress#1:[IngressLoadBalancerIngress]
        IngressStatus loadBalancer#1:IngressLoadBalancerStatus&
        Ingress apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:IngressSpec& status#3:IngressStatus&
        IngressClassParametersReference apiGroup:string kind#2:string! name#3:string! namespace#5:string
          scope#4:string
        IngressClassSpec controller#1:string parameters#2:IngressClassParametersReference
        IngressClass apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:IngressClassSpec&
        NetworkPolicyPort endPort#3:int port#2:intOrString protocol#1:string(SCTP|TCP|UDP)
        IPBlock cidr#1:string! except#2:[string]
        NetworkPolicyPeer ipBlock#3:IPBlock namespaceSelector#2:LabelSelector podSelector#1:LabelSelector
        NetworkPolicyEgressRule ports#1:[NetworkPolicyPort] to#2:[NetworkPolicyPeer]
        NetworkPolicyIngressRule from#2:[NetworkPolicyPeer] ports#1:[NetworkPolicyPort]
        NetworkPolicySpec egress#3:[NetworkPolicyEgressRule] ingress#2:[NetworkPolicyIngressRule]
          podSelector#1:LabelSelector& policyTypes#4:[string(Egress|Ingress)]
        NetworkPolicy apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:NetworkPolicySpec&
        EndpointConditions ready#1:bool serving#2:bool terminating#3:bool
        ForNode name#1:string!
        ForZone name#1:string!
        EndpointHints forNodes#2:[ForNode] forZones#1:[ForZone]
        Endpoint addresses#1:[string]{}! conditions#2:EndpointConditions& deprecatedTopology#5:{string}
          hints#8:EndpointHints hostname#3:string nodeName#6:string targetRef#4:ObjectReference zone#7:string
        SliceEndpointPort@ appProtocol#4:string name#1:string port#3:int protocol#2:string(SCTP|TCP|UDP)
        EndpointSlice addressType#4:string(FQDN|IPv4|IPv6)! apiVersion:string endpoints#2:[Endpoint] kind:string
          metadata#1:ObjectMeta& ports#3:[SliceEndpointPort]
        """
}
