import { layoutNetworkInterfaces } from "../../components/aws/plan/networkInterfaces";
import { awsInstanceTypes } from "../../sizing/machinesAws";
import {
  type Cloud,
  groupType,
  type Inputs,
  instanceType,
  placementType,
  subnetType,
  templateType,
  vpcType,
} from "./clouds";

export const blockId = "cr-0aaaaaaaaaaaaaaaa";
export const reservationId = "cr-0bbbbbbbbbbbbbbbb";
export const image = "ami-0123456789abcdef0";

/** What is to be other than in a launch that EC2 takes. */
export interface Changes {
  machine?: string;
  zone?: string;
  /** Changes the interfaces that the machine would have. */
  interfaces?: (interfaces: Inputs[], base: Base) => Inputs[];
  template?: Inputs;
  instance?: Inputs;
  /** Name of the cluster placement group. Default: one is made; null for none. */
  placementGroup?: string | null;
  name?: string;
}

export interface Base {
  vpcId: string;
  subnetId: string;
  groupId: string;
}

/** A VPC with a subnet and a group, once in a cloud. */
export async function place({ create, world }: Cloud, zone = "use1-az6"): Promise<Base> {
  const id = (name: string) => world.resources().find((resource) => resource.name === name)?.id;
  const vpcId = id("vpc") ?? (await create(vpcType, "vpc", { cidrBlock: "10.0.0.0/16" })).id;
  const cidrBlock = `10.0.${id(`subnet-${zone}`) ? 0 : 16 * world.all("Subnet").length}.0/20`;
  const subnet = { vpcId, cidrBlock, availabilityZoneId: zone };
  const subnetId = id(`subnet-${zone}`) ?? (await create(subnetType, `subnet-${zone}`, subnet)).id;
  const groupId = id("group") ?? (await create(groupType, "group", { vpcId })).id;
  return { vpcId, subnetId, groupId };
}

/** A launch of one machine with every interface of its type, on demand in a placement group, and what is changed of it. */
export async function launch(it: Cloud, changes: Changes = {}) {
  const { machine = "p5.48xlarge", zone, interfaces = (plain) => plain, name = "node" } = changes;
  const base = await place(it, zone);
  const type = awsInstanceTypes[machine];
  const all = type ? layoutNetworkInterfaces(type) : [{ networkCardIndex: 0, deviceIndex: 0 }];
  const plain = all.map((nic) => ({ ...nic, subnetId: base.subnetId, securityGroups: [base.groupId] }));
  const template = await it.create(templateType, `${name}-template`, {
    imageId: image,
    instanceType: machine,
    networkInterfaces: interfaces(plain, base),
    ...changes.template,
  });
  const placementGroup = await groupOf(it, changes.placementGroup);
  return it.create(instanceType, name, {
    launchTemplate: { id: template.id, version: "1" },
    ...(placementGroup === undefined ? {} : { placementGroup }),
    ...changes.instance,
  });
}

async function groupOf({ create, world }: Cloud, name: string | null = "close"): Promise<string | undefined> {
  if (name === null) return undefined;
  if (world.all("PlacementGroup").some(({ id }) => id === name)) return name;
  return (await create(placementType, name, { name, strategy: "cluster" })).id;
}

const target = (capacityReservationId: string) => ({ capacityReservationTarget: { capacityReservationId } });

/** In a capacity block. */
export function inBlock(id = blockId): Changes {
  const template = {
    instanceMarketOptions: { marketType: "capacity-block" },
    capacityReservationSpecification: target(id),
  };
  return { placementGroup: null, template };
}

/** In a reservation of one's own. */
export function inReservation(id = reservationId): Changes {
  return { placementGroup: null, template: { capacityReservationSpecification: target(id) } };
}

export const spot: Changes = { template: { instanceMarketOptions: { marketType: "spot" } } };

export const facts = { instanceType: "p5.48xlarge", zoneId: "use1-az6", instanceCount: 2 };
