import type { AwsClusterArgs } from "../../components/aws/args";
import { planAwsCluster } from "../../components/aws/plan/layout";
import { parseAwsArgs } from "../../components/aws/rules/parseArgs";
import { machinesApart } from "../cloud/aws/launch";
import { zoneOf } from "../cloud/aws/zones";
import {
  bring,
  bucketType,
  type Cloud,
  cloud,
  placementType,
  routeTableType,
  subnetType,
  vpcType,
} from "../cloud/clouds";
import { everyCluster, machines, placementGroup } from "../cloud/everyCluster";
import { makeCluster } from "../cloud/update";
import { checkRequest } from "../ec2Model/model";
import { requestsOf } from "../ec2Model/requests";

/** The machines that a plan takes, as the account's facts have them. Throws the problems of arguments that are refused. */
function machinesOf(args: AwsClusterArgs) {
  const { parsed, problems } = parseAwsArgs("llm", args);
  if (!parsed) throw new Error(problems.map(({ path, message }) => `${path} ${message}`).join("; "));
  const { plan } = planAwsCluster(parsed);
  const zone = args.decision.zone ?? "";
  const { availabilityZoneId = "" } = zoneOf(zone.includes("-az") ? { id: zone } : { name: zone }) ?? {};
  return { instanceType: plan.machine, zoneId: availabilityZoneId, instanceCount: plan.nodes };
}

/** What AWS refuses when everything is taken away again, last made first, as a destroy may do. */
async function destroy({ provider, world, urn }: Cloud, made: readonly string[]): Promise<string[]> {
  const refused: string[] = [];
  for (const name of [...made].reverse()) {
    const resource = world.resources().find((other) => other.name === name);
    if (!resource) continue;
    await provider
      .delete(resource.id, urn(resource.type, name))
      .catch((error: Error) => refused.push(`${name}: ${error.message}`));
  }
  return refused;
}

// One run serves both: a cluster in the stand-in, and the requests for it against EC2's own API model.
test.each(everyCluster)("neither EC2 nor its API model has anything against $what", async ({ args, account }) => {
  const it = cloud();
  const planned = machinesOf(args);
  it.world.know(account(planned));
  await bring(it.world, placementType, placementGroup, { name: placementGroup, strategy: "cluster" });
  const { refused } = await makeCluster(it, args);
  expect(refused).toEqual([]);
  expect(it.world.all("Instance")).toHaveLength(planned.instanceCount);
  expect(machinesApart(it.world.resources())).toBeUndefined();
  const requests = requestsOf(it.world.resources());
  expect(requests.filter(([operation]) => operation === "RunInstances")).toHaveLength(planned.instanceCount);
  expect(requests.flatMap(([operation, request]) => checkRequest(operation, request))).toEqual([]);
});

describe("what is around the machines", () => {
  const decision = { ...machines.find(({ machine }) => machine === "p5.48xlarge") } as AwsClusterArgs["decision"];
  const certificateArn = "arn:aws:acm:us-east-1:111122223333:certificate/1";
  const topic = "arn:aws:sns:us-east-1:111122223333:alarms";
  const mirror = "111122223333.dkr.ecr.us-east-1.amazonaws.com/mirror";
  const surroundings: [string, Omit<AwsClusterArgs, "decision">][] = [
    ["nothing that was asked for", {}],
    ["no way out but endpoints", { network: { egress: "none", flowLogs: "all" }, serving: { imageRegistry: mirror } }],
    [
      "an application load balancer with a name of its own",
      {
        endpoint: {
          loadBalancer: "application",
          secondZone: "us-east-1b",
          certificateArn,
          domainName: "llm.example.internal",
        },
        observability: { alarmTopic: topic, metricsFrom: ["10.0.0.0/16"] },
      },
    ],
    [
      "PrivateLink",
      { endpoint: { privateLinkPrincipals: ["arn:aws:iam::444455556666:root"], domainName: "llm.example.internal" } },
    ],
    ["a file system with EFA", { storage: { lustre: { efa: true } } }],
  ];

  test.each(surroundings)("AWS refuses nothing of a cluster with %s, nor of its end", async (_, around) => {
    const it = cloud();
    const { refused, made } = await makeCluster(it, { decision, ...around });
    expect(refused).toEqual([]);
    expect(await destroy(it, made)).toEqual([]);
    expect(it.world.resources()).toEqual([]);
  });

  test("AWS refuses nothing of a cluster in a subnet and a bucket that are there", async () => {
    const it = cloud();
    const { world } = it;
    const vpcId = await bring(world, vpcType, "mine", { cidrBlock: "10.1.0.0/16" });
    const subnet = { vpcId, cidrBlock: "10.1.0.0/20", availabilityZone: "us-east-1a" };
    const subnetId = await bring(world, subnetType, "mine", subnet);
    const routeTableId = await bring(world, routeTableType, "mine", { vpcId });
    const bucket = await bring(world, bucketType, "mine", { bucket: "models-of-mine" });
    const network = { subnetId, routeTableId, nodeAddresses: "10.1.4.0/24" };
    const { refused, made } = await makeCluster(it, { decision, network, storage: { bucket } });
    expect(refused).toEqual([]);
    expect(world.all("Vpc")).toEqual([]);
    expect(await destroy(it, made)).toEqual([]);
    expect(world.foreign()).toHaveLength(4);
  });
});

test("what is refused is told, with the resource", async () => {
  const it = cloud();
  const first = everyCluster.find(({ what }) => what === "2 x p5.48xlarge on demand");
  if (!first) throw new Error("the table has no machines on demand");
  it.world.know({ capacity: { "p5.48xlarge use1-az6": 1 } });
  const { refused } = await makeCluster(it, first.args);
  expect(refused).toEqual([expect.stringMatching(/^llm-node-\d: InsufficientInstanceCapacity/)]);
});
