import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { shippedPrices } from "../../pricing/snapshot";
import { type CliResult, runCli } from "../support/cli";
import { dev, projectWith, stackText } from "../support/projects";

interface Line {
  key: string;
  name: string;
  component: string;
  monthlyCostUsd?: string;
  quantity?: string;
  price?: { usd: number; layer: string; overrode?: { usd: number }; discount?: { percent: number; listUsd: number } };
  usage?: { basis: string; because: string };
}

const rates = "llm-cluster.rates.yaml";
const prices = "llm-cluster.prices.yaml";
const usage = "llm-cluster.usage.yaml";

/** A project with our dev stack and files beside Pulumi.yaml. */
function projectOf(files: Record<string, string>): { folder: string; run: (...args: string[]) => CliResult } {
  const folder = dirname(dirname(projectWith("Pulumi.dev.yaml", stackText(dev))));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { folder, run: (...args) => runCli(args, { cwd: folder }) };
}

function linesOf({ stdout }: CliResult): Line[] {
  return JSON.parse(stdout).llmCluster.stacks[0].after.lines;
}

const lineOf = (lines: readonly Line[], key: string, name = "llm") =>
  lines.find((line) => line.key === key && line.name === name);
const machine = (lines: readonly Line[]) => lineOf(lines, "machine", "llm-node-0");

/** What the shipped book says of our machine: what a rate takes the place of. */
const listed = shippedPrices().find({ cloud: "aws", sku: "p5.4xlarge", region: "us-east-1", mode: "on-demand" })?.usd;
const row = (rest: string) => `{cloud: aws, sku: p5.4xlarge, region: us-east-1, mode: onDemand, ${rest}}`;
const agreed = `source: agreement 17\nasOf: 2026-09-01\nrows:\n  - ${row("usd: 4")}\n`;

describe("a negotiated rate", () => {
  const project = projectOf({ [rates]: agreed });

  test("wins over the list, and `prices where` says what it took the place of", () => {
    const { stdout } = project.run("prices", "where", "p5.4xlarge", "--mode", "onDemand");
    expect(stdout).toContain("p5.4xlarge, on-demand, aws us-east-1: $4 per hour");
    expect(stdout).toContain("negotiated layer, agreement 17, of 2026-09-01");
    expect(stdout).toContain(`in the place of ${listed} of `);
    expect(stdout).toContain(`negotiated (${rates}) 1 row`);
    const { answers } = JSON.parse(project.run("prices", "where", "p5.4xlarge", "--mode", "onDemand", "--json").stdout);
    expect(answers[0].price).toMatchObject({
      usd: 4,
      layer: "negotiated",
      overrode: { usd: listed, layer: "shipped" },
    });
  });

  test("is what `cost` multiplies, and is marked there", () => {
    const line = machine(linesOf(project.run("cost", "dev", "--json")));
    expect(line).toMatchObject({ monthlyCostUsd: (4 * 730).toFixed(2), price: { usd: 4, overrode: { usd: listed } } });
    expect(project.run("cost", "dev").stdout).toMatch(
      /p5\.4xlarge, on-demand .*\$4 +\$2,920\.00 .*agreement 17, negotiated/,
    );
  });

  test("is in the component's own cost outputs too, which agree with the preview's sum", () => {
    const { resources, cost } = JSON.parse(project.run("preview", "dev", "--json").stdout);
    const { outputs } = resources.find(({ type }: { type: string }) => type === "llm-cluster:index:AwsCluster");
    expect(outputs.monthlyCostUsd).toBe(cost.monthlyCostUsd);
    expect(outputs.hourlyCostUsd).toBe(cost.hourlyCostUsd);
    const { cost: list } = JSON.parse(projectOf({}).run("preview", "dev", "--json").stdout);
    expect(Number(list.monthlyCostUsd) - Number(cost.monthlyCostUsd)).toBeCloseTo(((listed ?? 0) - 4) * 730, 2);
  });

  test("holds wherever the command is run: the project's files are the stack's", () => {
    const stackFile = join(project.folder, "stacks/Pulumi.dev.yaml");
    for (const args of [
      ["cost", stackFile],
      ["preview", stackFile],
    ]) {
      expect(runCli(args).stdout).toMatch(/p5\.4xlarge, on-demand .*\$2,920\.00/);
    }
  });

  test("is the later layer: it wins over a refreshed price, and a named file over the one that lies there", () => {
    const both = projectOf({ [rates]: agreed, [prices]: `asOf: 2026-11-01\nrows:\n  - ${row("usd: 5")}\n` });
    const { answers } = JSON.parse(both.run("prices", "where", "p5.4xlarge", "--mode", "onDemand", "--json").stdout);
    expect(answers[0].price).toMatchObject({ usd: 4, overrode: { usd: 5, layer: "overlay" } });
    writeFileSync(join(both.folder, "other.yaml"), agreed.replace("usd: 4", "usd: 3"));
    expect(machine(linesOf(both.run("cost", "dev", "--json", "--rates", "other.yaml")))?.price?.usd).toBe(3);
  });

  test("of a price that is older than the list is said to be stale", () => {
    const { stdout } = projectOf({ [prices]: `asOf: 2020-01-01\nrows:\n  - ${row("usd: 5")}\n` }).run("cost", "dev");
    expect(stdout).toMatch(new RegExp(`note: .*${prices}: 1 row is older`));
  });
});

describe("a discount", () => {
  test("is off the list's price of what it names, and of nothing else", () => {
    const { run } = projectOf({
      [rates]: "asOf: 2026-09-01\ndiscounts:\n  - {cloud: aws, percent: 12.5, skus: [p5.*, nat-gateway.hour]}\n",
    });
    const lines = linesOf(run("cost", "dev", "--json"));
    expect(machine(lines)?.price).toMatchObject({
      usd: (listed ?? 0) * 0.875,
      discount: { percent: 12.5, listUsd: listed },
    });
    expect(lineOf(lines, "hours", "llm-nat")?.price?.discount?.percent).toBe(12.5);
    expect(lineOf(lines, "natData")?.price?.discount).toBeUndefined();
    expect(run("cost", "dev").stdout).toContain(`12.5 % off ${listed}`);
    expect(run("prices", "where", "p5.4xlarge", "--mode", "onDemand").stdout).toContain(`12.5 % off ${listed}`);
  });

  test("is not taken off a rate that was agreed", () => {
    const { run } = projectOf({ [rates]: `${agreed}discounts:\n  - {cloud: aws, percent: 50}\n` });
    expect(machine(linesOf(run("cost", "dev", "--json")))?.price).toMatchObject({ usd: 4 });
  });
});

describe("what is wrong with a price file is said with file, path, value and fix", () => {
  test.each([
    [rates, `rows: [${row('usd: "4"')}]`, /rows\.0\.usd: "4" .*\. Fix: /],
    [rates, `rows: [${row("usd: -4")}]`, /rows\.0\.usd: -4 .*\. Fix: /],
    [rates, `rows: [${row("usd: 4, price: 3")}]`, /rows\.0\.price: is not a known key\. Fix: /],
    [rates, `rows: [${row("usd: 4").replace("aws", "awss")}]`, /rows\.0\.cloud: "awss" .*\. Fix: did you mean aws\?/],
    [rates, `rows: [${row("usd: 4, asOf: soon")}]`, /rows\.0\.asOf: "soon" .*2026-07-01.*\. Fix: /],
    [rates, `rows: [${row("usd: 4, asOf: 2026-13-45")}]`, /rows\.0\.asOf: "2026-13-45" .*\. Fix: /],
    [
      rates,
      `rows: [${row("usd: 4").replace("mode: onDemand, ", "")}]`,
      /rows\.0\.mode: is missing: p5\.4xlarge is a machine.*\. Fix: add mode/,
    ],
    [
      rates,
      `rows: [${row("usd: 4").replace("onDemand", "ondemand")}]`,
      /rows\.0\.mode: "ondemand" .*\. Fix: .*on-demand/,
    ],
    [
      rates,
      `rows: [${row("usd: 4, unit: month")}]`,
      /rows\.0\.unit: "month" is not the unit of p5\.4xlarge\. Fix: give the price per hour/,
    ],
    [
      rates,
      "rows: [{cloud: aws, sku: s3.get, region: us-east-1, usd: 0.0000004, unit: request}]",
      /rows\.0\.unit: "request" is not the unit of s3\.get\. Fix: give the price per 1k requests/,
    ],
    [rates, "discounts: [{cloud: aws, percent: 110}]", /discounts\.0\.percent: 110 .*\. Fix: /],
    [prices, "discounts: [{cloud: aws, percent: 10}]", /discounts: .*\. Fix: move them into llm-cluster\.rates\.yaml/],
    [rates, "rows: 5", /rows: 5 must be a list\. Fix: /],
    [rates, "[1", /not valid: .*\. Fix: /],
    [rates, "hello", /not a mapping.*\. Fix: /],
    [prices, "", /not a mapping.*\. Fix: /],
  ])("%s: %s", (name, text, problem) => {
    const { run } = projectOf({ [name]: text });
    for (const args of [
      ["cost", "dev"],
      ["prices", "where", "p5.4xlarge"],
    ]) {
      const { code, stderr } = run(...args);
      expect(code).toBe(1);
      expect(stderr).toContain(name);
      expect(stderr).toMatch(problem);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });

  test("all at once, and as one JSON document where that is asked for", () => {
    const { run } = projectOf({ [rates]: "asOf: soon\nrows:\n  - {cloud: awss, sku: x, region: y, usd: -1}\n" });
    const { code, stdout } = run("cost", "dev", "--json");
    expect(code).toBe(1);
    const { problems } = JSON.parse(stdout).error;
    expect(problems.map(({ path }: { path: string }) => path).sort()).toEqual(["asOf", "rows.0.cloud", "rows.0.usd"]);
    for (const problem of problems)
      expect(problem).toMatchObject({ message: expect.any(String), fix: expect.any(String) });
  });

  test("a file that is named and not there is an error", () => {
    const { run } = projectOf({});
    for (const flag of ["--rates", "--prices", "--usage"]) {
      const { code, stderr } = run("cost", "dev", flag, "missing.yaml");
      expect(code).toBe(1);
      expect(stderr).toMatch(/missing\.yaml[\s\S]*ENOENT[\s\S]*Fix: /);
    }
  });
});

describe("what is stated of use", () => {
  const stated = `kinds:\n  llm-cluster:index:AwsCluster: {natDataGB: 7, secretCalls: 20000}\nresources:\n  "ll*": {natDataGB: 1000}\n`;

  test("takes the place of the assumption, a resource's own before its kind's, and each says what it is", () => {
    const { run } = projectOf({ [usage]: stated });
    const lines = linesOf(run("cost", "dev", "--json"));
    expect(lineOf(lines, "natData")).toMatchObject({
      quantity: "1000",
      monthlyCostUsd: "45.00",
      usage: { basis: "stated", because: `${usage}: resources.ll*.natDataGB` },
    });
    expect(lineOf(lines, "secretCalls")).toMatchObject({
      quantity: "2",
      monthlyCostUsd: "0.10",
      usage: { basis: "stated" },
    });
    expect(lineOf(lines, "served")?.usage?.basis).toBe("assumed");
    const { stdout } = run("cost", "dev");
    expect(stdout).toMatch(/^ *data through NAT \* /m);
    expect(stdout).toMatch(/^ *NLB capacity units \*\* /m);
  });

  test("counts beside the run rate and not in it", () => {
    const sums = (files: Record<string, string>) =>
      JSON.parse(projectOf(files).run("cost", "dev", "--json").stdout).llmCluster.stacks[0].after;
    const [without, withUse] = [sums({}), sums({ [usage]: stated })];
    expect(withUse.monthlyCostUsd).toBe(without.monthlyCostUsd);
    expect(Number(withUse.usageMonthlyCostUsd)).toBeGreaterThan(Number(without.usageMonthlyCostUsd) + 40);
  });

  test("of a resource that is not there is more likely a slip, and is said", () => {
    const { code, stdout, stderr } = projectOf({ [usage]: "resources:\n  lllm: {natDataGB: 5}\n" }).run("cost", "dev");
    expect(code).toBe(0);
    expect(`${stdout}${stderr}`).toContain("lllm");
  });

  test.each([
    ["kindss: {}", /kindss: is not a known key\. Fix: did you mean kinds\?/],
    ["kinds: 5", /kinds: 5 must be a mapping.*\. Fix: /],
    [
      "kinds: {aws:s3/bucket:Bucke: {storageGB: 5}}",
      /kinds\.aws:s3\/bucket:Bucke: .*\. Fix: did you mean aws:s3\/bucket:Bucket/,
    ],
    [
      "kinds: {aws:ec2/vpc:Vpc: {storageGB: 5}}",
      /kinds\.aws:ec2\/vpc:Vpc: is no kind whose cost depends on use\. Fix: /,
    ],
    [
      "kinds: {aws:s3/bucket:Bucket: {storage: 5}}",
      /Bucket\.storage: is not a known key\. Fix: did you mean storageGB\?/,
    ],
    ["kinds: {__proto__: {storageGB: 5}}", /kinds\.__proto__: is no kind/],
    ["resources: {llm: {natData: 5}}", /resources\.llm\.natData: is not a known key\. Fix: did you mean natDataGB\?/],
    ['resources: {llm: {natDataGB: "5"}}', /resources\.llm\.natDataGB: "5" must be a number.*\. Fix: /],
    ["resources: {llm: {natDataGB: -5}}", /resources\.llm\.natDataGB: -5 must be a number, 0 or more\. Fix: /],
    ["resources: {llm: {natDataGB: .inf}}", /resources\.llm\.natDataGB: Infinity must be a number.*\. Fix: /],
    ["resources: {llm: 5}", /resources\.llm: 5 must be a mapping.*\. Fix: /],
  ])("%s is refused", (text, problem) => {
    const { code, stderr } = projectOf({ [usage]: text }).run("cost", "dev");
    expect(code).toBe(1);
    expect(stderr).toContain(usage);
    expect(stderr).toMatch(problem);
  });
});
