import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import { isZoneId } from "../../../sizing/places";
import type { ParsedAwsArgs } from "../args";
import { throwProblems } from "../errors";
import { isKeptByAws, isWithin } from "../plan/addresses";
import type { AwsLayout } from "../plan/layout";
import type { Scope } from "../scope";
import type { Place } from "./network";
import { createS3Endpoint } from "./ownNetwork";

/** What AWS says of a subnet, as far as a cluster cares. */
export interface DescribedSubnet {
  id: string;
  vpcId: string;
  cidrBlock: string;
  availabilityZone: string;
  availabilityZoneId: string;
}

/** A subnet that was brought along: nothing of its VPC is made or changed, but for the endpoint to S3 if a route table is named. */
export function findSubnet(scope: Scope, layout: AwsLayout, { network, endpoint }: ParsedAwsArgs): Place {
  const { parent, region } = scope;
  const found = ec2.getSubnetOutput({ id: network?.subnetId, region }, { parent });
  const subnet = found.apply((described) => checkSubnet(described, layout));
  const vpcId = subnet.vpcId;
  const toS3 = network?.routeTableId && createS3Endpoint(scope, vpcId, network.routeTableId);
  return {
    vpcId,
    // Asked for only where nobody says who may call.
    vpcCidr: endpoint?.callers ? pulumi.output("") : ec2.getVpcOutput({ id: vpcId, region }, { parent }).cidrBlock,
    subnetId: subnet.id,
    zoneName: subnet.availabilityZone,
    secondSubnetId: endpoint?.secondSubnetId === undefined ? undefined : pulumi.output(endpoint.secondSubnetId),
    waysOut: toS3 ? [toS3] : [],
  };
}

/** EFA does not cross zones, and a node's fixed address must be one of its subnet's. */
export function checkSubnet<S extends DescribedSubnet>(subnet: S, { zoneName, fixedCidr, nodes }: AwsLayout): S {
  const { id, cidrBlock, availabilityZone, availabilityZoneId } = subnet;
  const zone = isZoneId(zoneName) ? availabilityZoneId : availabilityZone;
  const problems = [];
  if (zone !== zoneName) {
    problems.push({
      path: "network.subnetId",
      value: id,
      message: `is in ${availabilityZone} (${availabilityZoneId}), and decision.zone is ${zoneName}`,
      fix: "name a subnet in that zone, or change decision.zone",
    });
  }
  if (!isWithin(fixedCidr, cidrBlock)) {
    problems.push({
      path: "network.nodeAddresses",
      value: fixedCidr,
      message: `is not inside ${id}, which is ${cidrBlock}`,
      fix: "name a free range inside it",
    });
  }
  const kept = nodes.find(({ privateIpAddress }) => isKeptByAws(privateIpAddress, cidrBlock));
  if (kept) {
    problems.push({
      path: "network.nodeAddresses",
      value: fixedCidr,
      message: `would give ${kept.suffix} ${kept.privateIpAddress}, and AWS keeps the first four addresses of a subnet and its last`,
      fix: "name a range further inside it",
    });
  }
  if (problems.length > 0) throwProblems("network", problems);
  return subnet;
}
