import * as ec2 from "@pulumi/aws/ec2";
import type * as pulumi from "@pulumi/pulumi";
import type { ParsedAwsArgs } from "../args";
import type { AwsLayout } from "../plan/layout";
import { childName, inZone, type Scope } from "../scope";
import { createFlowLog } from "./flowLog";
import { createOwnNetwork } from "./ownNetwork";
import { createSecurityGroups, type SecurityGroups } from "./securityGroups";
import { findSubnet } from "./subnet";

/** Where a cluster's machines are: its own VPC, or a subnet that was brought along. */
export interface Place {
  vpcId: pulumi.Output<string>;
  /** Range of the VPC: who may call, unless ranges are given. */
  vpcCidr: pulumi.Output<string>;
  /** Holds every node, and the endpoint: one zone, no public addresses. */
  subnetId: pulumi.Output<string>;
  /** Name of that zone in this account, whichever way it was given. */
  zoneName: pulumi.Output<string>;
  /** The second subnet of an application load balancer. */
  secondSubnetId?: pulumi.Output<string>;
  /** The list of S3's addresses, where nodes reach nothing else outside the VPC. */
  s3PrefixListId?: pulumi.Output<string>;
  /** What must be there before a node starts: its ways out. */
  waysOut: pulumi.Resource[];
}

export interface Network extends Place, SecurityGroups {
  /** What must be there before a node starts: its ways out, and the addresses that are kept for nodes. */
  ready: pulumi.Resource[];
}

/** The place, what may pass between what stands in it, and addresses that nobody else gets. */
export function createNetwork(scope: Scope, layout: AwsLayout, args: ParsedAwsArgs): Network {
  const { ownNetwork } = layout;
  const place = ownNetwork ? createOwnNetwork(scope, layout, ownNetwork) : findSubnet(scope, layout, args);
  const groups = createSecurityGroups(scope, layout, place, args);
  if (ownNetwork) createFlowLog(scope, ownNetwork, place, args);
  // AWS hands out none of these by itself, so that nobody sits on a node's fixed address.
  const reservation = new ec2.SubnetCidrReservation(
    childName(scope, inZone("fixed-addresses", layout.zoneName)),
    {
      region: scope.region,
      subnetId: place.subnetId,
      cidrBlock: layout.fixedCidr,
      reservationType: "explicit",
      description: "Fixed addresses of nodes",
    },
    // Two ranges that are kept cannot overlap.
    { parent: scope.parent, deleteBeforeReplace: true },
  );
  return { ...place, ...groups, ready: [reservation, ...place.waysOut, ...groups.waysToServices] };
}
