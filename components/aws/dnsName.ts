import type * as lb from "@pulumi/aws/lb";
import * as route53 from "@pulumi/aws/route53";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsEndpointArgs } from "./args";
import type { Network } from "./network/network";
import { childName, type Scope, tagsOf } from "./scope";

/** The name that callers use: the load balancer's own, or one of theirs, in a private zone of the VPC unless they have a zone. */
export function createName(
  scope: Scope,
  { domainName, hostedZoneId }: AwsEndpointArgs,
  network: Network,
  balancer: lb.LoadBalancer,
): pulumi.Output<string> {
  if (domainName === undefined) return balancer.dnsName;
  const zoneId = hostedZoneId ?? createZone(scope, domainName, network).zoneId;
  const record = new route53.Record(
    childName(scope, "record"),
    {
      zoneId,
      name: domainName,
      type: "A",
      // Nodes that are not ready are the load balancer's business, which answers either way.
      aliases: [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: false }],
    },
    // Two records of one name cannot be.
    { parent: scope.parent, deleteBeforeReplace: true },
  );
  return record.fqdn;
}

/** A zone of exactly this name: it hides nothing else from the VPC. */
function createZone(scope: Scope, domainName: string, { vpcId }: Network): route53.Zone {
  return new route53.Zone(
    childName(scope, "zone"),
    {
      tags: tagsOf(scope, "zone"),
      name: domainName,
      comment: "Endpoint of an llm-cluster",
      vpcs: [{ vpcId, vpcRegion: scope.region }],
    },
    { parent: scope.parent },
  );
}
