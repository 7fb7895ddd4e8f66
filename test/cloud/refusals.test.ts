import { aws } from "./aws";
import {
  balancerType,
  bucketType,
  type Cloud,
  cloud,
  eipType,
  groupType,
  type Inputs,
  ingressType,
  instanceType,
  listenerType,
  machine,
  natType,
  placementType,
  roleType,
  routeTableType,
  subnetType,
  targetGroupType,
  templateType,
  vpcType,
} from "./clouds";

describe("what the stand-in refuses", () => {
  const listener = async (it: Cloud) => {
    const { vpc, subnet } = await machine(it);
    const balancer = (name: string) =>
      it.create(balancerType, name, { loadBalancerType: "network", subnets: [subnet.id] });
    const target = await it.create(targetGroupType, "tg", { vpcId: vpc.id });
    const first = await balancer("one");
    const listen = (to: string, port: number) =>
      it.create(listenerType, `l${port}`, {
        loadBalancerArn: to,
        port,
        defaultActions: [{ targetGroupArn: target.id }],
      });
    await listen(first.id, 80);
    return { balancer, target, first, listen };
  };
  const refusals: [string, string, (it: Cloud) => Promise<unknown>][] = [
    [
      "a reference to what is not there",
      "InvalidVpcID.NotFound",
      ({ create }) => create(subnetType, "s", { vpcId: "vpc-0", cidrBlock: "10.0.0.0/20" }),
    ],
    [
      "a subnet outside its VPC",
      "InvalidSubnet.Range",
      async (it) => {
        const vpc = await it.create(vpcType, "v", { cidrBlock: "10.0.0.0/16" });
        return it.create(subnetType, "s", { vpcId: vpc.id, cidrBlock: "10.1.0.0/20" });
      },
    ],
    [
      "a subnet that overlaps another",
      "InvalidSubnet.Conflict",
      async (it) => {
        const { vpc } = await machine(it);
        return it.create(subnetType, "s", { vpcId: vpc.id, cidrBlock: "10.0.8.0/24" });
      },
    ],
    [
      "a VPC's end while it has subnets",
      "DependencyViolation",
      async (it) => it.remove(vpcType, (await machine(it)).vpc.id),
    ],
    [
      "a subnet's end while machines are in it",
      "DependencyViolation",
      async (it) => it.remove(subnetType, (await machine(it)).subnet.id),
    ],
    [
      "a group's end while machines carry it",
      "DependencyViolation",
      async (it) => it.remove(groupType, (await machine(it)).group.id),
    ],
    [
      "a group's end while another names it",
      "DependencyViolation",
      async (it) => {
        const { vpc } = await machine(it);
        const [named, other] = [
          await it.create(groupType, "a", { vpcId: vpc.id }),
          await it.create(groupType, "b", { vpcId: vpc.id }),
        ];
        await it.create(ingressType, "r", {
          securityGroupId: other.id,
          referencedSecurityGroupId: named.id,
          ipProtocol: "-1",
        });
        return it.remove(groupType, named.id);
      },
    ],
    [
      "the same rule twice",
      "InvalidPermission.Duplicate",
      async (it) => {
        const { group } = await machine(it);
        const rule = {
          securityGroupId: group.id,
          cidrIpv4: "10.0.0.0/16",
          ipProtocol: "tcp",
          fromPort: 80,
          toPort: 80,
        };
        await it.create(ingressType, "a", { ...rule, description: "one" });
        return it.create(ingressType, "b", { ...rule, description: "two" });
      },
    ],
    [
      "a gateway's end while addresses are mapped",
      "DependencyViolation",
      async (it) => {
        const { vpc, subnet } = await machine(it);
        const gateway = await it.create("aws:ec2/internetGateway:InternetGateway", "g", { vpcId: vpc.id });
        await it.create(natType, "n", { subnetId: subnet.id, allocationId: (await it.create(eipType, "e")).id });
        return it.remove("aws:ec2/internetGateway:InternetGateway", gateway.id);
      },
    ],
    [
      "an address for two NAT gateways",
      "Resource.AlreadyAssociated",
      async (it) => {
        const { subnet } = await machine(it);
        const address = await it.create(eipType, "e");
        await it.create(natType, "a", { subnetId: subnet.id, allocationId: address.id });
        return it.create(natType, "b", { subnetId: subnet.id, allocationId: address.id });
      },
    ],
    [
      "an address's end while it is in use",
      "InvalidIPAddress.InUse",
      async (it) => {
        const { subnet } = await machine(it);
        const address = await it.create(eipType, "e");
        await it.create(natType, "a", { subnetId: subnet.id, allocationId: address.id });
        return it.remove(eipType, address.id);
      },
    ],
    [
      "two routes to one place",
      "RouteAlreadyExists",
      async (it) => {
        const table = await it.create(routeTableType, "t", { vpcId: (await machine(it)).vpc.id });
        const route = { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0" };
        await it.create("aws:ec2/route:Route", "a", route);
        return it.create("aws:ec2/route:Route", "b", route);
      },
    ],
    [
      "two route tables for a subnet",
      "Resource.AlreadyAssociated",
      async (it) => {
        const { vpc, subnet } = await machine(it);
        const link = async (name: string) => {
          const table = await it.create(routeTableType, name, { vpcId: vpc.id });
          return it.create("aws:ec2/routeTableAssociation:RouteTableAssociation", name, {
            routeTableId: table.id,
            subnetId: subnet.id,
          });
        };
        await link("a");
        return link("b");
      },
    ],
    [
      "a route table's end while a subnet uses it",
      "DependencyViolation",
      async (it) => {
        const { vpc, subnet } = await machine(it);
        const table = await it.create(routeTableType, "t", { vpcId: vpc.id });
        await it.create("aws:ec2/routeTableAssociation:RouteTableAssociation", "a", {
          routeTableId: table.id,
          subnetId: subnet.id,
        });
        return it.remove(routeTableType, table.id);
      },
    ],
    [
      "a machine at a taken address",
      "InvalidIPAddress.InUse",
      async (it) => it.create(instanceType, "twin", (await machine(it)).launch),
    ],
    [
      "a machine with a profile that is not there",
      "InvalidIamInstanceProfileArn",
      async (it) => {
        const template = await it.create(templateType, "t", {
          iamInstanceProfile: { arn: "arn:aws:iam::1:instance-profile/none" },
        });
        return it.create(instanceType, "n", { launchTemplate: { id: template.id } });
      },
    ],
    [
      "a placement group's end while machines are in it",
      "InvalidPlacementGroup.InUse",
      async (it) => it.remove(placementType, (await machine(it)).placement.id),
    ],
    [
      "a bucket's end while it holds something",
      "BucketNotEmpty",
      async (it) => {
        const bucket = await it.create(bucketType, "b");
        await it.create("aws:s3/bucketObjectv2:BucketObjectv2", "o", { bucket: bucket.id, key: "k", content: "c" });
        return it.remove(bucketType, bucket.id);
      },
    ],
    [
      "a role's end while policies are attached",
      "DeleteConflict",
      async (it) => {
        const role = await it.create(roleType, "r");
        await it.create("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", {
          role: role.id,
          policyArn: "arn:aws:iam::aws:policy/x",
        });
        return it.remove(roleType, role.id);
      },
    ],
    [
      "two listeners on a port",
      "DuplicateListener",
      async (it) => {
        const { first, listen } = await listener(it);
        return listen(first.id, 80);
      },
    ],
    [
      "a target group for two load balancers",
      "TargetGroupAssociationLimit",
      async (it) => {
        const { balancer, listen } = await listener(it);
        return listen((await balancer("two")).id, 81);
      },
    ],
    [
      "a target group's end while a listener names it",
      "ResourceInUse",
      async (it) => it.remove(targetGroupType, (await listener(it)).target.id),
    ],
  ];

  test.each(refusals)("%s: %s", async (_, code, act) => {
    await expect(act(cloud())).rejects.toThrow(code);
  });

  const named = Object.entries(aws.kinds).flatMap(([type, { autoName }]) =>
    autoName?.taken ? [[type, autoName.property, autoName.taken] as const] : [],
  );
  test.each(named)("%s: a name that is taken", async (type, property, taken) => {
    const it = cloud();
    const base = await machine(it);
    const role = await it.create(roleType, "other");
    const whole = { vpcId: base.vpc.id, role: role.id, [property]: "taken-name" };
    const needed: Inputs = Object.fromEntries(
      Object.entries(whole).filter(
        ([key]) => key === property || aws.kinds[type]?.references?.some((reference) => reference.property === key),
      ),
    );
    // An application load balancer, the default, would need subnets in two zones.
    if (type === balancerType) needed.loadBalancerType = "network";
    await it.create(type, "a", needed);
    await expect(it.create(type, "b", needed)).rejects.toThrow(taken);
  });

  test("every kind has a source, and knows what of it replaces", () => {
    for (const [type, { source }] of Object.entries(aws.kinds)) {
      expect(`${type} ${source}`).toMatch(/botocore|EC2 API reference|terraform-provider-aws v/);
      expect(Object.keys(aws.replacements)).toContain(type);
    }
  });
});
