import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, runCli } from "../support/cli";
import { file } from "../support/files";
import { dev, repository, stackText } from "../support/projects";

const engine = (name: string) => join("test/fixtures/engine", name);
const lab = (name: string) => join("test/fixtures/engine-lab", name);
const moreNodes = engine("dev.preview-more-nodes.json");
const json = (args: string[]) => JSON.parse(runCli(args).stdout);

/** The recorded preview with another configuration, as a stack file would have given it. */
function previewWith(config: Record<string, string>): string {
  const content = JSON.parse(readFileSync(join(root, moreNodes), "utf8"));
  return file("preview.json", JSON.stringify({ ...content, config: { ...content.config, ...config } }));
}

describe("the gate's exit codes", () => {
  test.each([
    [["--budget", "20000"], 0],
    [["--budget", "15,000"], 2],
    [["--fail-on", "increase>200%"], 0],
    [["--fail-on", "increase>10%"], 2],
    [["--fail-on", "increase>10000"], 2],
    [["--fail-on", "incomplete"], 0],
  ])("%j: %d", (options, code) => {
    expect(runCli(["diff", moreNodes, ...options]).code).toBe(code);
  });

  test("over budget comes before incomplete, and what cannot be judged before both", () => {
    const unknown = lab("preview-create.json");
    expect(runCli(["diff", unknown, "--fail-on", "incomplete"]).code).toBe(3);
    expect(runCli(["diff", unknown, "--region", "us-east-1", "--budget", "1", "--fail-on", "incomplete"]).code).toBe(2);
    const partial = runCli([
      "diff",
      engine("dev.preview-more-nodes.plain.json"),
      "--budget",
      "99999999",
      "--fail-on",
      "increase>1",
    ]);
    expect(partial.code).toBe(1);
    expect(partial.stdout).toContain(
      "cannot be judged: unchanged resources are left out. Fix: preview with --show-sames",
    );
  });

  test("a stack's own budget is judged without being asked for, and a broken one is an error", () => {
    const over = runCli(["diff", previewWith({ "llm-cluster:budget": '{"monthlyUsd": 15000}' })]);
    expect(over.code).toBe(2);
    expect(over.stdout).toContain(
      "over budget of llm-cluster/dev: $15,273.16 a month, $273.16 above $15,000.00 (llm-cluster:budget)",
    );
    expect(runCli(["diff", previewWith({ "llm-cluster:budget": '{"monthlyUsd": 16000}' })]).code).toBe(0);
    const slip = runCli(["diff", previewWith({ "llm-cluster:budget": '{"monthly": 5}' })]);
    expect(slip.code).toBe(1);
    expect(slip.stderr).toMatch(/llm-cluster:budget\.monthly: is not a known key. Fix: write \{monthlyUsd: 50000\}/);
  });
});

describe("what comes out", () => {
  test("a file is written whatever the exit code, and standard output stays empty", () => {
    const out = join(mkdtempSync(join(tmpdir(), "out-")), "cost.md");
    const options = ["--format", "markdown", "--tag", "offline", "--out", out, "--budget", "1"];
    const { code, stdout, stderr } = runCli(["diff", moreNodes, ...options]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`wrote ${out}`);
    expect(stderr).toContain("over budget");
    expect(readFileSync(out, "utf8").split("\n")[0]).toBe("<!-- llm-cluster:cost-diff offline -->");
  });

  test("--json is one document, whose money is decimal strings that add up", () => {
    const document = json(["diff", moreNodes, "--json"]);
    const { pastTotalMonthlyCost, totalMonthlyCost, diffTotalMonthlyCost, llmCluster } = document;
    expect(Number(totalMonthlyCost) - Number(pastTotalMonthlyCost)).toBeCloseTo(Number(diffTotalMonthlyCost), 9);
    expect(llmCluster.runRateMonthlyUsd).toEqual({ before: "5122.60", after: "15259.40", delta: "10136.80" });
    expect(llmCluster.stacks[0].after.lines.find((line: { key: string }) => line.key === "machine")).toMatchObject({
      component: "p5.4xlarge, on-demand",
      price: { mode: "on-demand", asOf: "2026-07-20", confidence: "high", source: "karp-aws" },
    });
  });

  test("the same commit gives the same text, but for when it was made", () => {
    const at = (day: string) =>
      JSON.parse(runCli(["diff", moreNodes, "--json"], { env: { SOURCE_DATE_EPOCH: day } }).stdout);
    const [{ timeGenerated, ...one }, { timeGenerated: later, ...other }] = [at("1795000000"), at("1796000000")];
    expect([timeGenerated, later]).toEqual(["2026-11-18T11:06:40.000Z", "2026-11-30T00:53:20.000Z"]);
    expect(other).toEqual(one);
  });

  test("prices that nobody has looked up for a season are said to be old", () => {
    const at = (day: string) =>
      runCli(["diff", moreNodes], { env: { SOURCE_DATE_EPOCH: `${Date.parse(day) / 1000}` } }).stdout;
    expect(at("2027-06-01")).toMatch(/note: prices were last looked up on 2026-11-23, 190 days ago/);
    expect(at("2026-12-01")).not.toContain("looked up on");
  });
});

describe("what goes in", () => {
  test("standard input", () => {
    const input = readFileSync(join(root, moreNodes), "utf8");
    expect(runCli(["diff", "-"], { input }).stdout).toContain("1 -> 3 nodes p5.4xlarge");
  });

  test("an export and a plain preview of the same stack make a whole", () => {
    const [before, plain] = [engine("dev.stack-export.json"), engine("dev.preview-more-nodes.plain.json")];
    const [whole, made] = [json(["diff", moreNodes, "--json"]), json(["diff", before, plain, "--json"])];
    for (const key of ["pastTotalMonthlyCost", "totalMonthlyCost", "diffTotalMonthlyCost"])
      expect(made[key]).toBe(whole[key]);
    expect(made.llmCluster.wholeStacks).toBe(true);
  });

  test("a plain preview before, another stack's export, three files, a file without a before: errors with a fix", () => {
    const plain = engine("dev.preview-more-nodes.plain.json");
    const fails = (args: string[]) => {
      const { code, stderr } = runCli(["diff", ...args]);
      expect(code).toBe(1);
      return stderr;
    };
    expect(fails([plain, moreNodes])).toMatch(/leaves out 50 unchanged resources.*Fix: preview with --show-sames/);
    expect(fails([lab("stack-export.json"), plain])).toMatch(/is of another stack \(lab\/dev, not llm-cluster\/dev\)/);
    expect(fails([moreNodes, moreNodes, moreNodes])).toMatch(/Fix: add --each/);
    expect(fails([engine("dev.stack-export.json")])).toMatch(
      /is a stack export, which has no before. Fix: give two files/,
    );
    expect(fails([moreNodes, moreNodes, "--each"])).toMatch(
      /is of llm-cluster\/dev, and so is .* Fix: give each stack once/,
    );
    expect(fails(["stacks/Pulumi.yaml"])).toMatch(/there is no such file/);
    expect(fails(["Pulumi.yaml"])).toMatch(/is the project's file. Fix: give a stack's/);
    expect(fails([moreNodes, "--against", "HEAD"])).toMatch(/is no stack file, so it has no revision before/);
    expect(fails([moreNodes, "--fail-on", "increase"])).toMatch(/is no rule. Fix: increase>10%/);
    expect(fails([moreNodes, "--format", "yaml"])).toMatch(/Fix: table, json, markdown, html/);
    expect(fails([moreNodes, "--tag", "a -->"])).toMatch(/is no tag/);
    expect(fails([moreNodes, "--out", "/no/such/folder/x"])).toMatch(/cannot be written \(ENOENT\)/);
  });

  test("resources that name no region need one given", () => {
    const without = json(["diff", lab("preview-create.json"), "--json"]).llmCluster;
    expect(without.differenceComplete).toBe(false);
    expect(without.runRateMonthlyUsd.after).toBe("0.00");
    const given = json(["diff", lab("preview-create.json"), "--json", "--region", "us-east-1"]).llmCluster;
    expect(given.runRateMonthlyUsd.after).toBe("80390.40");
    expect(given.stacks[0].after.regionFallbacks).toBeGreaterThan(0);
  });
});

describe("stack files at a git revision", () => {
  const { folder, stackFile } = repository(dev);
  writeFileSync(stackFile, stackText({ ...dev, machine: "p5.48xlarge" }));
  const fresh = join(folder, "stacks/Pulumi.fresh.yaml");
  writeFileSync(fresh, stackText(dev));

  test("each against itself, as rows of one report; a stack that was not there is new", () => {
    const { code, stdout } = runCli(["diff", "--against", "HEAD", stackFile, fresh], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 node p5\.4xlarge -> p5\.48xlarge/);
    expect(stdout).toMatch(/the stack is new: Pulumi\.fresh\.yaml was not there at HEAD/);
    expect(stdout).toMatch(/llm-cluster\/dev +\$5,134\.43 +\$40,292\.72 +\+\$35,158\.29/);
    expect(stdout).toMatch(/llm-cluster\/fresh +\$0\.00 +\$5,134\.43 +\+\$5,134\.43/);
    // The offline preview knows which goes first.
    expect(stdout).toMatch(/1 machine is replaced \(llm-node-0\)/);
  });

  test("a stack that is given twice is refused, and not counted twice", () => {
    const { code, stderr } = runCli(["diff", "--against", "HEAD", stackFile, stackFile], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/Fix: give each stack once/);
  });

  test("as git names a file at a revision", () => {
    const { stdout } = runCli(["diff", `HEAD:${stackFile}`, stackFile, "--json"], { cwd: folder });
    expect(JSON.parse(stdout).llmCluster.runRateMonthlyUsd.delta).toBe("35156.80");
  });
});
