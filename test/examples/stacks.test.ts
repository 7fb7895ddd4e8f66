import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root, runCli } from "../support/cli";

const stacks = readdirSync(join(root, "examples/stacks")).sort();

test("the examples are these", () => {
  expect(stacks).toEqual(
    ["block", "gang-128k", "gang", "llama-405b", "llama-70b", "own-vpc", "spot-dev"].map(
      (name) => `Pulumi.${name}.yaml`,
    ),
  );
});

interface Document {
  plans: {
    plan: {
      machine: string;
      nodes: number;
      nodesPerReplica: number;
      verdict: string;
      decision: { capacity: { mode: string } };
    };
  }[];
  resources: { type: string; name: string }[];
  cost: { monthlyCostUsd: string; complete: boolean; unsupported?: unknown[] };
}

test.each<[string, string, number, string, string[]]>([
  ["llama-70b", "p5.48xlarge", 1, "onDemand", ["NatGateway", "FlowLog"]],
  ["llama-405b", "p5en.48xlarge", 1, "onDemand", ["Zone", "Record", "VpcEndpointService"]],
  ["gang-128k", "p5.48xlarge", 2, "onDemand", ["CapacityReservation", "LustreFileSystem", "DataRepositoryAssociation"]],
  ["spot-dev", "p5.4xlarge", 1, "spot", ["PlacementGroup"]],
  ["block", "p5en.48xlarge", 1, "capacityBlock", ["NatGateway"]],
  ["own-vpc", "p5.48xlarge", 1, "onDemand", ["SubnetCidrReservation"]],
  ["gang", "p5.48xlarge", 2, "onDemand", ["CapacityReservation"]],
])(
  "%s is previewed offline: its plan fits, its parts are there, and every price is known",
  (name, machine, nodes, mode, kinds) => {
    const { code, stdout, stderr } = runCli(["preview", `examples/stacks/Pulumi.${name}.yaml`, "--json"]);
    expect(`${code} ${code === 0 ? "" : stderr}`).toBe("0 ");
    const { plans, resources, cost } = JSON.parse(stdout) as Document;
    expect(plans).toMatchObject([{ plan: { machine, nodes, verdict: "fits", decision: { capacity: { mode } } } }]);
    expect(plans[0]?.plan.nodesPerReplica).toBe(nodes);
    const made = new Set(resources.map(({ type }) => type.split(":").at(-1)));
    for (const kind of kinds) expect(made).toContain(kind);
    expect(made.has("Vpc")).toBe(name !== "own-vpc");
    expect(cost.complete).toBe(true);
    expect(Number(cost.monthlyCostUsd)).toBeGreaterThan(100);
  },
);

test("a preview says which way out of a VPC costs less", () => {
  const lines = runCli(["preview", "examples/stacks/Pulumi.llama-70b.yaml"]).stdout;
  expect(lines).toMatch(
    /way out: a NAT gateway, \$36\.50 a month; network\.egress none would be endpoints of AWS services, \$58\.40 a month/,
  );
  expect(runCli(["preview", "examples/stacks/Pulumi.own-vpc.yaml"]).stdout).not.toContain("way out");
});
