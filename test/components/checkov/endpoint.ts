import { connected, given, type Rule } from "./rule";

const redirects = "a listener of the cluster's forwards; none redirects";

export const endpointRules: readonly Rule[] = [
  {
    id: "CKV_AWS_2",
    title: "Ensure ALB protocol is HTTPS",
    source: "resource/aws/ALBListenerHTTPS",
    kinds: ["Listener"],
    holds: ({ inputs }) => ["HTTPS", "TLS", "TCP", "UDP", "TCP_UDP"].includes(String(inputs.protocol)),
  },
  {
    id: "CKV_AWS_103",
    title: "Ensure that load balancer is using at least TLS 1.2",
    source: "graph_checks/aws/AppLoadBalancerTLS12",
    kinds: ["Listener"],
    holds: ({ inputs: { protocol, sslPolicy } }) =>
      protocol === "TCP" ||
      (["HTTPS", "TLS"].includes(String(protocol)) &&
        /^ELBSecurityPolicy-(FS-1-2|TLS-1-2|TLS13)/.test(String(sslPolicy)) &&
        // Checkov takes every policy of TLS 1.3 for one, and some of them let 1.0 and 1.1 in.
        !/TLS13-1-[01]-/.test(String(sslPolicy))),
  },
  {
    id: "CKV2_AWS_74",
    title: "Ensure AWS Load Balancers use strong ciphers",
    source: "graph_checks/aws/LBWeakCiphers",
    kinds: ["Listener"],
    holds: ({ inputs: { protocol, sslPolicy } }) =>
      !["HTTPS", "TLS"].includes(String(protocol)) || /^ELBSecurityPolicy-TLS13-1-[23]-/.test(String(sslPolicy)),
  },
  {
    id: "CKV_AWS_378",
    title: "Ensure AWS Load Balancer doesn't use HTTP protocol",
    source: "graph_checks/aws/LBTargetGroup",
    kinds: ["TargetGroup"],
    holds: (record, graph) =>
      record.inputs.protocol !== "HTTP" ||
      connected(record, "Listener", graph).some(({ inputs }) => inputs.protocol !== "HTTP"),
  },
  {
    id: "CKV_AWS_261",
    title: "Ensure HTTP HTTPS Target group defines Healthcheck",
    source: "resource/aws/LBTargetGroupsDefinesHealthcheck",
    kinds: ["TargetGroup"],
    // Checkov asks it of HTTP; here of every one.
    holds: ({ inputs }) => given((inputs.healthCheck as { path?: string } | undefined)?.path),
  },
  {
    id: "CKV2_AWS_20",
    title: "Ensure that ALB redirects HTTP requests into HTTPS ones",
    source: "graph_checks/aws/ALBRedirectsHTTPToHTTPS",
    kinds: ["LoadBalancer"],
    holds: (record, graph) =>
      connected(record, "Listener", graph).every(({ inputs: { port, protocol, defaultActions } }) => {
        const [action] = defaultActions as { type: string }[];
        if (action?.type !== "forward") throw new Error(`${record.name}: ${redirects}`);
        return port !== 80 && protocol !== "HTTP";
      }),
  },
  {
    id: "CKV2_AWS_28",
    title: "Ensure public facing ALB are protected by WAF",
    source: "graph_checks/aws/ALBProtectedByWAF",
    kinds: ["LoadBalancer"],
    holds: ({ inputs }) => inputs.internal === true,
  },
  {
    id: "CKV2_AWS_76",
    title: "Ensure AWS ALB attached WAFv2 WebACL is configured with AMR for Log4j Vulnerability",
    source: "graph_checks/aws/ALBWebACLConfiguredWIthLog4jVulnerability",
    kinds: ["LoadBalancer"],
    holds: ({ inputs }) => inputs.internal === true,
  },
  {
    id: "CKV_AWS_91",
    title: "Ensure the ELBv2 (Application/Network) has access logging enabled",
    source: "resource/aws/ELBv2AccessLogs",
    kinds: ["LoadBalancer"],
    holds: ({ inputs }) => (inputs.accessLogs as { enabled?: boolean } | undefined)?.enabled === true,
  },
  {
    id: "CKV_AWS_131",
    title: "Ensure that ALB drops HTTP headers",
    source: "resource/aws/ALBDropHttpHeaders",
    kinds: ["LoadBalancer"],
    holds: ({ inputs }) =>
      inputs.loadBalancerType === "network" ? undefined : inputs.dropInvalidHeaderFields === true,
  },
  {
    id: "CKV_AWS_328",
    title: "Ensure that ALB is configured with defensive or strictest desync mitigation mode",
    source: "resource/aws/ALBDesyncMode",
    kinds: ["LoadBalancer"],
    holds: ({ inputs }) => inputs.desyncMitigationMode !== "monitor",
  },
  {
    id: "CKV_AWS_150",
    title: "Ensure that Load Balancer has deletion protection enabled",
    source: "resource/aws/LBDeletionProtection",
    kinds: ["LoadBalancer"],
    holds: ({ inputs }) => inputs.enableDeletionProtection === true,
  },
  {
    id: "CKV_AWS_152",
    title: "Ensure that Load Balancer (Network/Gateway) has cross-zone load balancing enabled",
    source: "resource/aws/LBCrossZone",
    kinds: ["LoadBalancer"],
    holds: ({ inputs }) =>
      inputs.loadBalancerType === "application" ? undefined : inputs.enableCrossZoneLoadBalancing === true,
  },
];
