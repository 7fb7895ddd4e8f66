import * as lb from "@pulumi/aws/lb";
import * as pulumi from "@pulumi/pulumi";
import type { AwsLayout } from "./layout";
import type { Network } from "./network";
import type { Node } from "./nodes";
import { childName, placed, type Scope } from "./scope";

/** An internal network load balancer to the head of every replica. Returns the base URL of the API. */
export function createEndpoint(
  scope: Scope,
  { port }: AwsLayout,
  network: Network,
  nodes: readonly Node[],
): pulumi.Output<string> {
  const { parent, region } = scope;
  const child = (suffix: string) => childName(scope, suffix);
  const { endpointSecurityGroup } = network;
  const balancer = new lb.LoadBalancer(
    child("nlb"),
    {
      ...placed(scope, "nlb"),
      internal: true,
      loadBalancerType: "network",
      subnets: [network.nodesSubnet.id],
      securityGroups: endpointSecurityGroup && [endpointSecurityGroup.id],
    },
    // A target group can serve one load balancer at a time; and none of its own addresses may be a node's.
    { parent, deleteBeforeReplace: true, dependsOn: network.ready },
  );
  const group = new lb.TargetGroup(
    child("tg"),
    {
      ...placed(scope, "tg"),
      port,
      protocol: "TCP",
      targetType: "instance",
      vpcId: network.vpc.id,
      // Long enough for requests under way to end.
      deregistrationDelay: 120,
      healthCheck: {
        protocol: "HTTP",
        path: "/health",
        matcher: "200",
        interval: 15,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
    },
    { parent },
  );
  new lb.Listener(
    child("listener"),
    {
      ...placed(scope, "listener"),
      loadBalancerArn: balancer.arn,
      port,
      protocol: "TCP",
      // The default of 350 s would cut a stream that pauses during a long prefill.
      tcpIdleTimeoutSeconds: 3600,
      defaultActions: [{ type: "forward", targetGroupArn: group.arn }],
    },
    { parent },
  );
  for (const { isHead, suffix, instance } of nodes) {
    if (!isHead) continue;
    const attachment = { region, targetGroupArn: group.arn, targetId: instance.id, port };
    new lb.TargetGroupAttachment(child(`${suffix}-target`), attachment, { parent });
  }
  return pulumi.interpolate`http://${balancer.dnsName}:${port}/v1`;
}
