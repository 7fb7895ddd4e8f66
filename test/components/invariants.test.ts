import * as fc from "fast-check";
import type { RecordedResource } from "../../cli/preview/recorder";
import { type AwsClusterArgs, Egress, type ParsedAwsArgs } from "../../components/aws/args";
import { costRecords } from "../../components/aws/cost";
import { isKeptByAws, isWithin } from "../../components/aws/plan/addresses";
import { type AwsLayout, planAwsCluster } from "../../components/aws/plan/layout";
import { parseAwsArgs } from "../../components/aws/rules/parseArgs";
import { zoneInput } from "../../components/aws/rules/placeRules";
import { inZone } from "../../components/aws/scope";
import { type Estimate, estimateCost } from "../../pricing/estimate";
import { sum, toText } from "../../pricing/money";
import type { ResourceRecord } from "../../pricing/records";
import { metricNamespace, metricsPort } from "../../serving/metrics";
import { readinessPort } from "../../serving/readiness";
import { userDataLimitBytes } from "../../serving/userData";
import { CapacityMode } from "../../sizing/decisionArgs";
import { awsInstanceTypes } from "../../sizing/machinesAws";
import { all, known, one, recordCluster } from "../support/graph";
import { reachable, rightsOf } from "../support/nodeRights";
import { someCluster } from "../support/randomClusters";
import { runs } from "../support/runs";
import { statementsOf } from "./checkov/identity";

/** Arguments with the plan that they make. Throws what is wrong with them: what is drawn is valid. */
function planned(args: AwsClusterArgs): { args: AwsClusterArgs; parsed: ParsedAwsArgs; layout: AwsLayout } {
  const { parsed, problems } = parseAwsArgs("llm", args);
  if (!parsed) throw new Error(problems.map(({ path, message }) => `${path} ${message}`).join("; "));
  return { args, parsed, layout: planAwsCluster(parsed) };
}

function holdsForPlans(holds: (it: ReturnType<typeof planned>) => void): void {
  fc.assert(
    fc.property(someCluster, (args) => holds(planned(args))),
    runs(150),
  );
}

describe("any plan", () => {
  test("gives every node all of its machine's EFA interfaces, and fills no card beyond its limit", () => {
    holdsForPlans(({ layout: { plan, networkInterfaces } }) => {
      const { EfaInfo, NetworkCards } = awsInstanceTypes[plan.machine]?.NetworkInfo ?? {};
      const efa = networkInterfaces.filter(({ interfaceType }) => interfaceType !== "interface");
      expect(efa).toHaveLength(EfaInfo?.MaximumEfaInterfaces ?? -1);
      const slots = networkInterfaces.map(({ networkCardIndex, deviceIndex }) => `${networkCardIndex}/${deviceIndex}`);
      expect(new Set(slots).size).toBe(slots.length);
      for (const { networkCardIndex } of networkInterfaces) {
        const card = NetworkCards?.find(({ NetworkCardIndex }) => NetworkCardIndex === networkCardIndex);
        const onCard = networkInterfaces.filter((other) => other.networkCardIndex === networkCardIndex);
        expect(onCard.length).toBeLessThanOrEqual(card?.MaximumNetworkInterfaces ?? 0);
      }
    });
  });

  test("gives every node an address of its own, in what is kept for nodes, inside their subnet", () => {
    holdsForPlans(({ args, layout: { nodes, fixedCidr, ownNetwork, plan } }) => {
      const addresses = nodes.map(({ privateIpAddress }) => privateIpAddress);
      expect(new Set(addresses).size).toBe(plan.nodes);
      const subnet = ownNetwork?.nodesCidr ?? "10.1.0.0/16";
      expect(fixedCidr).toBe(args.network?.nodeAddresses ?? ownNetwork?.fixedCidr);
      expect(isWithin(fixedCidr, subnet)).toBe(true);
      for (const address of addresses) {
        expect(isWithin(`${address}/32`, fixedCidr)).toBe(true);
        expect(isKeptByAws(address, subnet)).toBe(false);
      }
    });
  });

  test("cuts a VPC into parts that do not overlap", () => {
    holdsForPlans(({ layout: { ownNetwork } }) => {
      if (!ownNetwork) return;
      const { vpcCidr, nodesCidr, publicCidr, secondCidr } = ownNetwork;
      const parts = [nodesCidr, publicCidr, ...(secondCidr === undefined ? [] : [secondCidr])];
      for (const part of parts) {
        expect(isWithin(part, vpcCidr)).toBe(true);
        for (const other of parts) expect(isWithin(part, other)).toBe(part === other);
      }
    });
  });
});

interface Drawn extends ReturnType<typeof planned> {
  resources: RecordedResource[];
  /** The component's own cost outputs: a month, and once. */
  costs: string[];
}

describe("any cluster", () => {
  let drawn: Drawn[];

  beforeAll(async () => {
    drawn = [];
    for (const args of fc.sample(someCluster, runs(24))) {
      const { resources, cluster } = await recordCluster(args);
      const costs = [await known(cluster.monthlyCostUsd), await known(cluster.oneOffCostUsd)];
      drawn.push({ ...planned(args), resources, costs });
    }
  });

  /** Holds for each of them; a failure says for which. */
  function each(holds: (it: Drawn) => void): void {
    for (const it of drawn) {
      try {
        holds(it);
      } catch (error) {
        throw new Error(`${JSON.stringify(it.args)}\n${error}`);
      }
    }
  }

  test("is drawn of every kind, so that none of what follows holds for want of a case", () => {
    const values = (of: (it: Drawn) => unknown) => new Set(drawn.map((it) => String(of(it))));
    const modes = ["onDemand", "capacityBlock", "reservation", "openReservation", "spot"];
    expect([...values(({ layout }) => layout.capacity.mode)].sort()).toEqual(modes.sort());
    expect([...values(({ layout }) => layout.ownNetwork?.egress)].sort()).toEqual(["nat", "none", "undefined"]);
    expect(values(({ layout }) => layout.serves).size).toBe(2);
    expect(values(({ layout }) => layout.plan.nodesPerReplica > 1).size).toBe(2);
    expect(values(({ args }) => args.endpoint?.loadBalancer).size).toBe(3);
    expect(values(({ args }) => args.storage?.lustre === undefined).size).toBe(2);
    expect(values(({ layout }) => layout.plan.machine).size).toBeGreaterThan(3);
  });

  const interfacesOf = ({ inputs }: ResourceRecord) => inputs.networkInterfaces as Record<string, unknown>[];

  test("has all its nodes in one subnet of one zone", () => {
    each(({ resources, layout, args }) => {
      const templates = all(resources, "LaunchTemplate");
      expect(templates).toHaveLength(layout.plan.nodes);
      const subnets = templates.flatMap(interfacesOf).map(({ subnetId }) => subnetId);
      expect([...new Set(subnets)]).toEqual([
        args.network?.subnetId ?? `llm-${inZone("nodes-subnet", layout.zoneName)}-id`,
      ]);
      if (layout.ownNetwork)
        expect(one(resources, "Subnet", `llm-${inZone("nodes-subnet", layout.zoneName)}`).inputs).toMatchObject(
          zoneInput(layout.zoneName),
        );
    });
  });

  test("has the plan's interfaces on every node, and none of them public", () => {
    each(({ resources, layout }) => {
      for (const template of all(resources, "LaunchTemplate")) {
        expect(interfacesOf(template)).toHaveLength(layout.networkInterfaces.length);
        expect(JSON.stringify(template.inputs)).not.toContain("associatePublicIpAddress");
      }
    });
  });

  test("says of its capacity exactly what its way of buying takes", () => {
    each(({ resources, args, layout }) => {
      const { mode = CapacityMode.onDemand, ...capacity } = args.decision.capacity ?? {};
      const markets: Partial<Record<CapacityMode, string>> = { capacityBlock: "capacity-block", spot: "spot" };
      const id = capacity.offeringId === undefined ? capacity.reservationId : "llm-block-id";
      const field = id?.startsWith("arn:") ? "capacityReservationResourceGroupArn" : "capacityReservationId";
      const target = { capacityReservationTarget: { [field]: id } };
      for (const { inputs } of all(resources, "LaunchTemplate")) {
        const market = inputs.instanceMarketOptions as { marketType?: string } | undefined;
        expect(market?.marketType).toBe(markets[mode]);
        expect(inputs.capacityReservationSpecification).toEqual(id === undefined ? undefined : target);
      }
      // A group of the cluster's own where nothing is reserved; otherwise the one that is named, if any.
      const own =
        mode === CapacityMode.onDemand || mode === CapacityMode.spot
          ? `llm-${inZone("placement", layout.zoneName)}-0123456`
          : undefined;
      for (const { inputs } of all(resources, "Instance"))
        expect(inputs.placementGroup).toBe(own ?? capacity.placementGroup);
      expect(all(resources, "PlacementGroup")).toHaveLength(own === undefined ? 0 : 1);
      const isGang = layout.plan.nodesPerReplica > 1;
      const holdsRoom = mode === CapacityMode.onDemand && (capacity.allOrNothing ?? isGang);
      expect(all(resources, "CapacityReservation")).toHaveLength(holdsRoom ? 1 : 0);
      const bought = all(resources, "CapacityBlockReservation");
      expect(bought).toHaveLength(capacity.offeringId === undefined ? 0 : 1);
      for (const block of bought) expect(block).toMatchObject({ protect: true, retainOnDelete: true });
    });
  });

  test("starts its nodes with user data below EC2's limit, the same for every decision over one bucket", () => {
    const byBucket = new Map<string, Set<string>>();
    each(({ resources, layout, args }) => {
      for (const { inputs } of all(resources, "LaunchTemplate")) {
        const script = Buffer.from(String(inputs.userData), "base64");
        expect(script.length).toBeLessThan(userDataLimitBytes);
        const place = `${args.storage?.bucket} ${layout.region}`;
        byBucket.set(place, (byBucket.get(place) ?? new Set()).add(script.toString()));
      }
    });
    expect(byBucket.size).toBeLessThan(drawn.length);
    for (const scripts of byBucket.values()) expect(scripts.size).toBe(1);
  });

  test("lets its nodes do what is listed here, and no more", () => {
    each(({ resources, args, layout }) => {
      const listed = rightsOf(args, layout);
      const statements = statementsOf(one(resources, "RolePolicy", "llm-node-policy"));
      for (const { Effect, Action, Resource, Condition } of statements) {
        expect(Effect).toBe("Allow");
        const named = [Resource ?? "*"].flat();
        for (const action of [Action].flat())
          expect([action, ...(listed[action] ?? [])]).toEqual(expect.arrayContaining(named));
        // The actions that name no resource, one of which has another bound.
        if (named.includes("*")) {
          const free = [["ecr:GetAuthorizationToken"], ["cloudwatch:PutMetricData"], reachable];
          expect(free).toContainEqual([Action].flat());
          const metrics = { StringEquals: { "cloudwatch:namespace": metricNamespace } };
          expect(Condition).toEqual(Action === "cloudwatch:PutMetricData" ? metrics : undefined);
        }
      }
      expect(statements.length).toBeGreaterThan(4);
      expect(all(resources, "RolePolicyAttachment")).toEqual([]);
    });
  });

  test("lets nobody in but its nodes, its endpoint, its callers, and who reads its metrics", () => {
    each(({ resources, args, layout }) => {
      const { port, endpointPort, serves, ownNetwork } = layout;
      const tcp = (group: string, from: string, ofPort: number) => `${group} from ${from} tcp ${ofPort}-${ofPort}`;
      const metricsFrom = args.observability?.metricsFrom ?? [];
      const vpc = ownNetwork?.vpcCidr ?? "10.1.0.0/16";
      const listed = [
        "llm-nodes from llm-nodes -1 undefined-undefined",
        ...metricsFrom.map((cidr) => tcp("llm-nodes", cidr, metricsPort)),
        ...(ownNetwork?.egress === Egress.none ? [tcp("llm-services", "llm-nodes", 443)] : []),
        ...(serves
          ? [
              ...metricsFrom.map((cidr) => tcp("llm-nodes", cidr, port)),
              tcp("llm-nodes", "llm-endpoint", port),
              tcp("llm-nodes", "llm-endpoint", readinessPort),
              ...(args.endpoint?.callers ?? [vpc]).map((cidr) => tcp("llm-endpoint", cidr, endpointPort)),
            ]
          : []),
      ];
      const made = all(resources, "SecurityGroupIngressRule").map(({ inputs }) => {
        const { securityGroupId, referencedSecurityGroupId, cidrIpv4, ipProtocol, fromPort, toPort } = inputs;
        const from = referencedSecurityGroupId ?? cidrIpv4;
        return `${securityGroupId} from ${from} ${ipProtocol} ${fromPort}-${toPort}`.replaceAll(/(llm-\w+)-id/g, "$1");
      });
      expect(made.sort()).toEqual(listed.sort());
      for (const { inputs } of [...all(resources, "SecurityGroup"), ...all(resources, "DefaultSecurityGroup")])
        expect([inputs.ingress, inputs.egress]).toEqual([undefined, undefined]);
    });
  });

  test("costs what its resources cost, kind by kind, and has no kind without a price", () => {
    each(({ resources, parsed, layout, costs }) => {
      const options = { region: layout.region, prices: parsed.prices };
      const registered = estimateCost(resources, options);
      const records = estimateCost(costRecords(layout, parsed), options);
      expect(registered.unsupported).toEqual([]);
      expect(costByKind(registered)).toEqual(costByKind(records));
      const isKnown = registered.lines.every(({ state }) => state !== "unpriced" && state !== "unknownQuantity");
      if (isKnown) expect(costs).toEqual([toText(registered.monthlyUsd), toText(registered.oneOffUsd)]);
      else expect(costs).toContain("unknown");
    });
  });
});

/** What each kind costs: a month, upfront, and how many of its lines nobody can price. */
function costByKind({ lines }: Estimate): Record<string, string> {
  const kinds = [...new Set(lines.map(({ type }) => type))].sort();
  const texts = kinds.map((kind) => {
    const own = lines.filter(({ type, usage }) => type === kind && usage === undefined);
    const unknown = own.filter(({ state }) => state === "unpriced" || state === "unknownQuantity").length;
    const monthly = toText(sum(own.flatMap(({ monthlyUsd }) => monthlyUsd ?? [])));
    const once = toText(sum(own.flatMap(({ oneOffUsd }) => oneOffUsd ?? [])));
    return [kind, `${monthly} a month, ${once} once, ${unknown} unknown`] as const;
  });
  return Object.fromEntries(texts.filter(([, text]) => text !== "0.00 a month, 0.00 once, 0 unknown"));
}
