// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the groups networking.k8s.io and discovery.k8s.io.
    static let networking = """
        ServiceBackendPort@ name:string number:int
        IngressServiceBackend name:string! port:ServiceBackendPort&
        IngressBackend resource:TypedLocalObjectReference service:IngressServiceBackend
        HTTPIngressPath backend:IngressBackend!& path:string pathType:string(Exact|ImplementationSpecific|Prefix)!
        HTTPIngressRuleValue paths:[HTTPIngressPath]!
        IngressRule host:string http:HTTPIngressRuleValue
        IngressTLS hosts:[string] secretName:string
        IngressSpec defaultBackend:IngressBackend ingressClassName:string rules:[IngressRule] tls:[IngressTLS]
        IngressPortStatus error:string port:int! protocol:string(SCTP|TCP|UDP)!
        IngressLoadBalancerIngress hostname:string ip:string ports:[IngressPortStatus]
        IngressLoadBalancerStatus ingress:[IngressLoadBalancerIngress]
        IngressStatus loadBalancer:IngressLoadBalancerStatus&
        Ingress apiVersion:string kind:string metadata:ObjectMeta& spec:IngressSpec& status:IngressStatus&
        IngressClassParametersReference apiGroup:string kind:string! name:string! namespace:string scope:string
        IngressClassSpec controller:string parameters:IngressClassParametersReference
        IngressClass apiVersion:string kind:string metadata:ObjectMeta& spec:IngressClassSpec&
        NetworkPolicyPort endPort:int port:intOrString protocol:string(SCTP|TCP|UDP)
        IPBlock cidr:string! except:[string]
        NetworkPolicyPeer ipBlock:IPBlock namespaceSelector:LabelSelector podSelector:LabelSelector
        NetworkPolicyEgressRule ports:[NetworkPolicyPort] to:[NetworkPolicyPeer]
        NetworkPolicyIngressRule from:[NetworkPolicyPeer] ports:[NetworkPolicyPort]
        NetworkPolicySpec egress:[NetworkPolicyEgressRule] ingress:[NetworkPolicyIngressRule]
          podSelector:LabelSelector& policyTypes:[string(Egress|Ingress)]
        NetworkPolicy apiVersion:string kind:string metadata:ObjectMeta& spec:NetworkPolicySpec&
        EndpointConditions ready:bool serving:bool terminating:bool
        ForNode name:string!
        ForZone name:string!
        EndpointHints forNodes:[ForNode] forZones:[ForZone]
        Endpoint addresses:[string]{}! conditions:EndpointConditions& deprecatedTopology:{string} hints:EndpointHints
          hostname:string nodeName:string targetRef:ObjectReference zone:string
        SliceEndpointPort@ appProtocol:string name:string port:int protocol:string(SCTP|TCP|UDP)
        EndpointSlice addressType:string(FQDN|IPv4|IPv6)! apiVersion:string endpoints:[Endpoint] kind:string
          metadata:ObjectMeta& ports:[SliceEndpointPort]
        """
}
