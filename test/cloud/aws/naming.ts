import { type Kind, valuesAt } from "../kinds";
import type { WorldResource } from "../world";
import { arn, errorCodes, model, provider } from "./sources";

const zoneType = "aws:route53/zone:Zone";
const recordType = "aws:route53/record:Record";
const balancerType = "aws:lb/loadBalancer:LoadBalancer";
const nameServers = ["ns-1.awsdns-01.org", "ns-2.awsdns-02.net"];

/** Private zones with their records, and endpoint services. */
export const naming: Readonly<Record<string, Kind>> = {
  [zoneType]: {
    source: `${model("route53", "CreateHostedZone")}: InvalidVPCId, ConflictingDomainExists; ${model("route53", "DeleteHostedZone")}: HostedZoneNotEmpty`,
    id: "Z",
    autoName: { property: "name", longest: 1024 },
    attributes: (resource) => ({
      arn: `arn:aws:route53:::hostedzone/${resource.id || resource.name}`,
      zoneId: resource.id,
      nameServers,
      primaryNameServer: nameServers[0],
      enableAcceleratedRecovery: false,
    }),
    references: [{ property: "vpcs[].vpcId", kind: "aws:ec2/vpc:Vpc", missing: "InvalidVPCId" }],
    refuse: ({ id, inputs }, world) => {
      const vpcs = valuesAt(inputs, "vpcs[].vpcId");
      const twin = world.find(
        (other) =>
          other.type === zoneType &&
          other.id !== id &&
          other.inputs.name === inputs.name &&
          valuesAt(other.inputs, "vpcs[].vpcId").some((vpc) => vpcs.includes(vpc)),
      );
      return twin && `ConflictingDomainExists: ${inputs.name} is already associated with the VPC, as ${twin.id}`;
    },
    refuseDelete: ({ id, inputs }, world) => {
      const full = world.some(({ type, inputs: other }) => type === recordType && other.zoneId === id);
      return full && inputs.forceDestroy !== true ? `HostedZoneNotEmpty: ${id} contains records` : undefined;
    },
  },
  [recordType]: {
    source: `${model("route53", "ChangeResourceRecordSets")}: InvalidChangeBatch, NoSuchHostedZone; ${provider("route53 expandRecordName")}: a name outside the zone gets the zone's name behind it`,
    id: "record-",
    attributes: ({ inputs }, world) => ({ fqdn: fullName(inputs, world), allowOverwrite: false }),
    references: [{ property: "zoneId", kind: zoneType, missing: "NoSuchHostedZone" }],
    refuse: (record, world) => {
      const whole = fullName(record.inputs, world);
      const twin = world.some(
        (other) =>
          other.type === recordType &&
          other.inputs.zoneId === record.inputs.zoneId &&
          other.inputs.type === record.inputs.type &&
          fullName(other.inputs, world) === whole,
      );
      if (twin) return `InvalidChangeBatch: tried to create ${whole}, but it already exists`;
      return refuseTarget(record, world);
    },
  },
  "aws:ec2/vpcEndpointService:VpcEndpointService": {
    source: `${model("ec2", "CreateVpcEndpointServiceConfiguration")}; ${errorCodes}: NetworkLoadBalancerNotFoundException; ${model("elbv2", "DeleteLoadBalancer")}: ResourceInUse`,
    id: "vpce-svc-",
    attributes: (resource) => ({
      arn: arn("ec2", "vpc-endpoint-service", resource),
      serviceName: `com.amazonaws.vpce.us-east-1.${resource.id || resource.name}`,
      serviceType: "Interface",
      state: "Available",
      availabilityZones: ["us-east-1a"],
      baseEndpointDnsNames: [`${resource.id || resource.name}.us-east-1.vpce.amazonaws.com`],
      managesVpcEndpoints: false,
      privateDnsNameConfigurations: [],
    }),
    references: [
      {
        property: "networkLoadBalancerArns[]",
        kind: balancerType,
        missing: "NetworkLoadBalancerNotFoundException",
        holds: "ResourceInUse",
      },
    ],
    refuse: ({ inputs }, world) => {
      const arns = valuesAt(inputs, "networkLoadBalancerArns[]");
      const other = world.find(
        ({ type, attributes, inputs: balancer }) =>
          type === balancerType && arns.includes(attributes.arn) && balancer.loadBalancerType !== "network",
      );
      return other && `InvalidParameter: ${other.id} is no network load balancer`;
    },
  },
};

function fullName({ name, zoneId }: Record<string, unknown>, world: readonly WorldResource[]): string {
  const zone = String(world.find(({ type, id }) => type === zoneType && id === zoneId)?.inputs.name ?? "");
  const given = String(name).replace(/\.$/, "").toLowerCase();
  return given.endsWith(zone) ? given : `${given}.${zone}`;
}

/** An alias names a load balancer of this account by its DNS name, and by the zone of that. */
function refuseTarget({ inputs }: WorldResource, world: readonly WorldResource[]): string | undefined {
  for (const alias of valuesAt(inputs, "aliases[]") as Record<string, unknown>[]) {
    const target = world.find(({ type, attributes }) => type === balancerType && attributes.dnsName === alias.name);
    if (!target || target.attributes.zoneId !== alias.zoneId)
      return `InvalidChangeBatch: alias target name ${alias.name} does not lie within the target zone`;
  }
  return undefined;
}
