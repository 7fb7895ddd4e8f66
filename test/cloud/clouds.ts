import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aws } from "./aws";
import { StandIn } from "./provider";
import { World } from "./world";

export type Inputs = Record<string, unknown>;

/** A cloud of its own, and short ways to ask things of it. */
export function cloud() {
  const world = new World(join(mkdtempSync(join(tmpdir(), "cloud-")), "world.json"));
  const provider = new StandIn(aws, world);
  const urn = (type: string, name: string) => `urn:pulumi:dev::p::${type}::${name}`;
  const create = async (type: string, name: string, given: Inputs = {}) => {
    const { inputs } = await provider.check(urn(type, name), {}, given);
    return provider.create(urn(type, name), inputs);
  };
  const remove = (type: string, id: string, name = "x") => provider.delete(id, urn(type, name));
  return { world, provider, urn, create, remove };
}

/** Puts something into a world that no stack has made, such as a subnet that a cluster is brought. Returns its id. */
export async function bring(world: World, type: string, name: string, inputs: Inputs = {}): Promise<string> {
  const provider = new StandIn(aws, world);
  const urn = `urn:pulumi:other::p::${type}::${name}`;
  const { id } = await provider.create(urn, (await provider.check(urn, {}, inputs)).inputs);
  world.change(({ resources }) => {
    const resource = resources[id];
    if (resource) resource.foreign = true;
  });
  return id;
}

export const vpcType = "aws:ec2/vpc:Vpc";
export const subnetType = "aws:ec2/subnet:Subnet";
export const groupType = "aws:ec2/securityGroup:SecurityGroup";
export const ingressType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
export const routeTableType = "aws:ec2/routeTable:RouteTable";
export const natType = "aws:ec2/natGateway:NatGateway";
export const eipType = "aws:ec2/eip:Eip";
export const templateType = "aws:ec2/launchTemplate:LaunchTemplate";
export const instanceType = "aws:ec2/instance:Instance";
export const placementType = "aws:ec2/placementGroup:PlacementGroup";
export const bucketType = "aws:s3/bucket:Bucket";
export const roleType = "aws:iam/role:Role";
export const balancerType = "aws:lb/loadBalancer:LoadBalancer";
export const targetGroupType = "aws:lb/targetGroup:TargetGroup";
export const listenerType = "aws:lb/listener:Listener";
export const endpointType = "aws:ec2/vpcEndpoint:VpcEndpoint";
export const endpointServiceType = "aws:ec2/vpcEndpointService:VpcEndpointService";
export const defaultGroupType = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup";
export const flowLogType = "aws:ec2/flowLog:FlowLog";
export const logGroupType = "aws:cloudwatch/logGroup:LogGroup";
export const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm";
export const zoneType = "aws:route53/zone:Zone";
export const recordType = "aws:route53/record:Record";
export const fileSystemType = "aws:fsx/lustreFileSystem:LustreFileSystem";
export const associationType = "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation";
export const reservationType = "aws:ec2/capacityReservation:CapacityReservation";
export const blockType = "aws:ec2/capacityBlockReservation:CapacityBlockReservation";

export type Cloud = ReturnType<typeof cloud>;

/** A VPC, a subnet, a group, a template and an instance in them. */
export async function machine({ create }: Cloud) {
  const vpc = await create(vpcType, "vpc", { cidrBlock: "10.0.0.0/16" });
  const subnet = await create(subnetType, "subnet", { vpcId: vpc.id, cidrBlock: "10.0.0.0/20" });
  const group = await create(groupType, "group", { vpcId: vpc.id });
  const place = { networkCardIndex: 0, deviceIndex: 0, subnetId: subnet.id, securityGroups: [group.id] };
  const template = await create(templateType, "template", {
    instanceType: "p5.4xlarge",
    networkInterfaces: [{ ...place, privateIpAddress: "10.0.4.0" }],
  });
  const placement = await create(placementType, "placement", { strategy: "cluster" });
  const launch = { launchTemplate: { id: template.id, version: "1" }, placementGroup: placement.id };
  const instance = await create(instanceType, "node", launch);
  return { vpc, subnet, group, template, placement, instance, launch };
}
