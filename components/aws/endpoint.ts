import * as ec2 from "@pulumi/aws/ec2";
import * as lb from "@pulumi/aws/lb";
import * as pulumi from "@pulumi/pulumi";
import { readinessPort } from "../../serving/readiness";
import { type AwsEndpointArgs, LoadBalancerKind, type ParsedAwsArgs } from "./args";
import { createName } from "./dnsName";
import type { Network } from "./network/network";
import type { Node } from "./nodes";
import type { AwsLayout } from "./plan/layout";
import { childName, inZone, placed, type Scope } from "./scope";

/** Where callers find a cluster that serves. */
export interface Endpoint {
  /** Base URL of the API. */
  url: pulumi.Output<string>;
  balancer: lb.LoadBalancer;
  targets: lb.TargetGroup;
  /** Name that other VPCs' endpoints are made for; absent where nobody may. */
  privateLinkService?: pulumi.Output<string>;
}

/** An internal load balancer to the head of every replica, under the name and to the VPCs that were asked for. */
export function createEndpoint(
  scope: Scope,
  layout: AwsLayout,
  args: ParsedAwsArgs,
  network: Network,
  nodes: readonly Node[],
): Endpoint {
  const { endpoint: asked = {} } = args;
  const balancer = createBalancer(scope, layout, asked, network);
  const targets = createTargets(scope, layout, asked, network);
  createListener(scope, layout, asked, balancer, targets);
  for (const { isHead, suffix, instance } of nodes) {
    if (!isHead) continue;
    const attachment = {
      region: scope.region,
      targetGroupArn: targets.arn,
      targetId: instance.id,
      port: layout.port,
    };
    new lb.TargetGroupAttachment(childName(scope, `${suffix}-target`), attachment, {
      parent: scope.parent,
    });
  }
  const host = createName(scope, asked, network, balancer);
  const scheme = asked.certificateArn === undefined ? "http" : "https";
  const port = layout.endpointPort === 443 ? "" : `:${layout.endpointPort}`;
  return {
    url: pulumi.interpolate`${scheme}://${host}${port}/v1`,
    balancer,
    targets,
    privateLinkService: createPrivateLink(scope, asked, balancer),
  };
}

function isApplication({ loadBalancer }: AwsEndpointArgs): boolean {
  return loadBalancer === LoadBalancerKind.application;
}

/** Longest that a connection may be silent, seconds: a long prefill sends nothing. Of an application load balancer 4000 is the most, of a network one 6000. */
const idleSeconds = 3600;

function createBalancer(
  scope: Scope,
  { zoneName }: AwsLayout,
  asked: AwsEndpointArgs,
  network: Network,
): lb.LoadBalancer {
  const application = isApplication(asked);
  const suffix = inZone(application ? "alb" : "nlb", zoneName);
  const { endpointSecurityGroup, secondSubnetId } = network;
  return new lb.LoadBalancer(
    childName(scope, suffix),
    {
      ...placed(scope, suffix),
      internal: true,
      loadBalancerType: application ? "application" : "network",
      subnets: secondSubnetId ? [network.subnetId, secondSubnetId] : [network.subnetId],
      securityGroups: endpointSecurityGroup && [endpointSecurityGroup.id],
      enableDeletionProtection: asked.deletionProtection,
      ...(application ? { idleTimeout: idleSeconds, dropInvalidHeaderFields: true } : {}),
      // Callers from other VPCs come under addresses of theirs; the list of principals is what lets them in.
      ...(asked.privateLinkPrincipals ? { enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: "off" } : {}),
    },
    // A target group can serve one load balancer at a time; and none of its own addresses may be a node's.
    { parent: scope.parent, deleteBeforeReplace: true, dependsOn: network.ready },
  );
}

function createTargets(
  scope: Scope,
  { port, zoneName }: AwsLayout,
  asked: AwsEndpointArgs,
  network: Network,
): lb.TargetGroup {
  const application = isApplication(asked);
  const suffix = inZone("tg", zoneName);
  return new lb.TargetGroup(
    childName(scope, suffix),
    {
      ...placed(scope, suffix),
      port,
      protocol: application ? "HTTP" : "TCP",
      targetType: "instance",
      vpcId: network.vpcId,
      // For connections to a head that stays; a machine that is replaced goes at once, and drains by its own readiness.
      deregistrationDelay: 120,
      // Readiness, which a node withdraws before it stops; the engine's own /health is true before it can answer.
      healthCheck: {
        protocol: "HTTP",
        port: String(readinessPort),
        path: "/ready",
        matcher: "200",
        interval: 10,
        timeout: 6,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      // A head that drains keeps the connections that it has, as long as a block's end is announced before.
      ...(application
        ? {}
        : { targetHealthStates: [{ enableUnhealthyConnectionTermination: false, unhealthyDrainingInterval: 3600 }] }),
    },
    { parent: scope.parent },
  );
}

/** TLS 1.2 and 1.3 only (ELB guide, security policies). */
const tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06";

function createListener(
  scope: Scope,
  { endpointPort, zoneName }: AwsLayout,
  asked: AwsEndpointArgs,
  balancer: lb.LoadBalancer,
  targets: lb.TargetGroup,
): void {
  const application = isApplication(asked);
  const { certificateArn } = asked;
  const secure = certificateArn === undefined ? {} : { certificateArn, sslPolicy: tlsPolicy };
  const protocols = application ? ["HTTP", "HTTPS"] : ["TCP", "TLS"];
  const suffix = inZone("listener", zoneName);
  new lb.Listener(
    childName(scope, suffix),
    {
      ...placed(scope, suffix),
      loadBalancerArn: balancer.arn,
      port: endpointPort,
      protocol: protocols[certificateArn === undefined ? 0 : 1],
      ...secure,
      // The default of 350 s would cut a stream that pauses during a long prefill. A TLS listener has it fixed.
      ...(application || certificateArn !== undefined ? {} : { tcpIdleTimeoutSeconds: idleSeconds }),
      defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
    },
    { parent: scope.parent },
  );
}

/** What other VPCs make their own endpoints for; the listed principals need nobody's consent. */
function createPrivateLink(
  scope: Scope,
  { privateLinkPrincipals }: AwsEndpointArgs,
  balancer: lb.LoadBalancer,
): pulumi.Output<string> | undefined {
  if (privateLinkPrincipals === undefined) return undefined;
  const service = new ec2.VpcEndpointService(
    childName(scope, "private-link"),
    {
      ...placed(scope, "private-link"),
      acceptanceRequired: false,
      allowedPrincipals: privateLinkPrincipals,
      networkLoadBalancerArns: [balancer.arn],
    },
    { parent: scope.parent },
  );
  return service.serviceName;
}
