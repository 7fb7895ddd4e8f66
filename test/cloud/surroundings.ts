import { type Cloud, groupType, ingressType, subnetType, vpcType } from "./clouds";

/** A VPC with names, two subnets in two zones, and a group that lets everything of itself in. */
export async function network({ create }: Cloud) {
  const vpc = await create(vpcType, "vpc", { cidrBlock: "10.0.0.0/16", enableDnsHostnames: true });
  const subnetIn = (zone: string, cidrBlock: string) =>
    create(subnetType, `in-${zone}`, { vpcId: vpc.id, cidrBlock, availabilityZoneId: zone });
  const [subnet, second] = [await subnetIn("use1-az6", "10.0.0.0/20"), await subnetIn("use1-az2", "10.0.16.0/20")];
  const group = await create(groupType, "group", { vpcId: vpc.id });
  await create(ingressType, "self", {
    securityGroupId: group.id,
    referencedSecurityGroupId: group.id,
    ipProtocol: "-1",
  });
  return { vpc, subnet, second, group };
}
