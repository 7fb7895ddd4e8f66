import * as ec2 from "@pulumi/aws/ec2";
import type * as pulumi from "@pulumi/pulumi";
import { childName, placed, type Scope } from "../scope";
import type { Place } from "./network";

/**
 * What a node without a way out asks of AWS: a shell through SSM (three), its secrets, logs and metrics, and images from
 * ECR (two; their layers come from S3, which has an endpoint of its own).
 */
export const nodeServices = [
  "ssm",
  "ssmmessages",
  "ec2messages",
  "secretsmanager",
  "logs",
  "monitoring",
  "ecr.api",
  "ecr.dkr",
] as const;

/** An interface endpoint for each service that nodes ask, in the nodes' own subnet. */
export function createServiceEndpoints(
  scope: Scope,
  { vpcId, subnetId }: Place,
  group: ec2.SecurityGroup,
): pulumi.Resource[] {
  return nodeServices.map((service) => {
    const suffix = `${service.replace(".", "-")}-endpoint`;
    return new ec2.VpcEndpoint(
      childName(scope, suffix),
      {
        ...placed(scope, suffix),
        vpcId,
        vpcEndpointType: "Interface",
        serviceName: `com.amazonaws.${scope.region}.${service}`,
        subnetIds: [subnetId],
        securityGroupIds: [group.id],
        // Nodes ask for services by their usual names.
        privateDnsEnabled: true,
      },
      // Two endpoints of one VPC cannot have the same private name.
      { parent: scope.parent, deleteBeforeReplace: true },
    );
  });
}
