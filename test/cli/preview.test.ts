import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fastest, runCli } from "../support/cli";
import { projectWith } from "../support/projects";

interface Document {
  plans: { name: string; plan: { machine: string; nodes: number; verdict: string } }[];
  resources: {
    name: string;
    type: string;
    urn: string;
    parent?: string;
    inputs: Record<string, unknown>;
    outputs?: Record<string, unknown>;
  }[];
  cost: {
    monthlyCostUsd: string;
    hourlyCostUsd: string;
    oneOffCostUsd: string;
    complete: boolean;
    lines: { state: string; price?: { asOf: string; source: string } }[];
  };
}

const previewed = (stack: string): Document => JSON.parse(runCli(["preview", stack, "--json"]).stdout);

describe("the shipped stacks", () => {
  test.each([
    ["dev", "p5.4xlarge"],
    ["prod-aws", "p5en.48xlarge"],
  ])("%s: the real program registers a cluster, whose outputs are the sum of its resources", (stack, machine) => {
    const { plans, resources, cost } = previewed(`stacks/Pulumi.${stack}.yaml`);
    expect(plans).toMatchObject([{ name: "llm", plan: { machine, nodes: 1, verdict: "fits" } }]);
    const stackResource = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
    expect(stackResource?.outputs).toMatchObject({
      hourlyCostUsd: cost.hourlyCostUsd,
      monthlyCostUsd: cost.monthlyCostUsd,
      oneOffCostUsd: "0.00",
    });
    expect(cost.complete).toBe(true);
    for (const line of cost.lines.filter(({ state }) => state === "priced"))
      expect(line.price).toMatchObject({ asOf: expect.stringMatching(/^20/), source: expect.any(String) });
    const template = resources.find(({ type }) => type === "aws:ec2/launchTemplate:LaunchTemplate");
    expect(template?.inputs.networkInterfaces).toHaveLength(machine === "p5.4xlarge" ? 2 : 17);
    expect(JSON.stringify(resources)).not.toMatch(/"secretString":"(?!\[secret\])/);
    const urns = new Set(resources.map(({ urn }) => urn));
    expect(urns.size).toBe(resources.length);
    for (const { parent } of resources) expect(parent === undefined || urns.has(parent)).toBe(true);
  });

  test("a stack is found by its name too, and the text shows plan, tree, sum and price date", () => {
    const { code, stdout, stderr } = runCli(["preview", "dev"]);
    expect(`${code} ${stderr}`).toBe("0 ");
    expect(stdout).toContain("nothing was asked of a cloud");
    expect(stdout).toContain("fits: 1 x p5.4xlarge");
    expect(stdout).toMatch(/└─ llm {2}llm-cluster:index:AwsCluster\n\s+├─ llm-api-key {2}aws:secretsmanager:Secret/);
    expect(stdout).toMatch(/run rate: \$[\d,]+\.\d\d a month \(730 hours\)/);
    expect(stdout).toMatch(/data through NAT \*\*/);
    expect(stdout).toMatch(/by use: \$[\d.]+ a month, \$[\d.]+ of it assumed/);
    expect(stdout).toMatch(/by use, not in these sums: data to the internet/);
    expect(stdout).toMatch(/prices: of 20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d/);
  });

  test("of dev takes less than three seconds", () => {
    expect(fastest(3, ["preview", "dev"])).toBeLessThan(3000);
  });
});

describe("a stack file that is wrong", () => {
  const config = (decision: string) => `config:\n  aws:region: us-east-1\n  llm-cluster:decision:\n${decision}`;
  test.each([
    [
      "every problem of its configuration at once",
      config("    model: nope\n    contextLength: 0\n    foo: 1\n"),
      1,
      /4 problems[\s\S]*model[\s\S]*zone/,
    ],
    ["no decision", "config:\n  aws:region: us-east-1\n", 1, /decision: is missing/],
    ["nothing in it", "{}\n", 1, /decision: is missing/],
    [
      "a key that nobody knows",
      `${config("    model: llama-3.1-8b\n    zone: us-east-1a\n")}  llm-cluster:servin: {}\n`,
      1,
      /servin: is not a known key.*serving/,
    ],
    ["a text for a mapping", "config:\n  llm-cluster:decision: llama\n", 1, /decision: "llama" must be a mapping/],
    ["config that is a list", "config: [1]\n", 1, /config is not a mapping/],
    ["broken YAML", "config:\n  a: [1\n b: 2\n", 1, /not valid YAML[\s\S]*line/],
    ["a list", "- 1\n", 1, /not a mapping of keys/],
    [
      "a model that does not fit",
      config("    model: llama-3.1-405b\n    machine: p5.4xlarge\n    zone: us-east-1a\n"),
      4,
      /does not fit 1 x p5\.4xlarge/,
    ],
  ])("%s is said, without a stack trace", (_, text, expected, message) => {
    const { code, stdout, stderr } = runCli(["preview", projectWith("Pulumi.bad.yaml", text)]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe("");
    expect(code).toBe(expected);
  });

  test("one that is not there names those that are", () => {
    const { code, stderr } = runCli(["preview", "stacks/Pulumi.deev.yaml"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no such stack file.*stacks\/Pulumi\.dev\.yaml/);
  });

  test("one outside any project says so", () => {
    const lost = join(mkdtempSync(join(tmpdir(), "lost-")), "Pulumi.x.yaml");
    writeFileSync(lost, "config: {}\n");
    expect(runCli(["preview", lost]).stderr).toContain("no Pulumi.yaml beside or above it");
  });

  test("a network that has no room for the nodes is said, without a stack trace", () => {
    const decision =
      "    {model: llama-3.1-8b, contextLength: 8192, zone: us-east-1a, overrides: {replicas: 100}, concurrency: 100}\n";
    const { code, stderr } = runCli([
      "preview",
      projectWith("Pulumi.big.yaml", `${config(decision)}  llm-cluster:network: {vpcCidr: 10.0.0.0/20}\n`),
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/network\.vpcCidr: .*64 nodes, and the plan has 100/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("a proxy of the environment is for the internet, not for the recorder", () => {
    const proxied = runCli(["preview", "dev", "--json"], {
      env: { http_proxy: "http://127.0.0.1:1", https_proxy: "http://127.0.0.1:1" },
    });
    expect(proxied.code).toBe(0);
  });

  test("encrypted values are taken as secrets that are not known", () => {
    const text =
      "config:\n  aws:region: us-east-1\n  other:token: {secure: v1:abc}\n  llm-cluster:decision: {model: llama-3.1-8b, zone: us-east-1a, contextLength: 8192}\n";
    const { code, stdout } = runCli(["preview", projectWith("Pulumi.secret.yaml", text), "--json"]);
    expect(code).toBe(0);
    expect(stdout).not.toContain("v1:abc");
  });
});
