import { spawnSync } from "node:child_process";
import { machines } from "../../sizing/catalogue";
import { fastest, runCli } from "../support/cli";
import { file } from "../support/files";

const fit405b = [
  "fit",
  "--model",
  "llama-3.1-405b",
  "--gpu",
  "h100",
  "--gpus",
  "8",
  "--tensor-parallel",
  "8",
  "--context-length",
  "16384",
];

describe("fit", () => {
  test("Meta's own 405B FP8 on eight H100 loads 56.7 GiB a GPU", () => {
    const { code, stdout, stderr } = runCli([...fit405b, "--precision", "fp8-meta", "--json"]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    const result = JSON.parse(stdout);
    expect(Math.abs(result.memory.weightsGiB / 56.7 - 1)).toBeLessThan(0.01);
    expect(result).toMatchObject({ verdict: "fits", maxSequences: 10 });
    expect(result.throughput.timePerOutputTokenMs).toBeGreaterThan(0);
  });

  test("its bf16 weights do not fit there: verdict no, exit code 4", () => {
    const { code, stdout } = runCli([...fit405b, "--precision", "bf16", "--json"]);
    expect(code).toBe(4);
    const result = JSON.parse(stdout);
    expect(result.verdict).toBe("no");
    expect(result.memory.weightsGiB).toBeCloseTo(94.5, 1);
    expect(result).not.toHaveProperty("throughput");
  });

  test("for people it says the same in words, with the arithmetic on request", () => {
    const { stdout } = runCli([...fit405b, "--precision", "fp8-meta", "--explain"]);
    expect(stdout).toMatch(/^fits: .* GiB a GPU to spare/);
    expect(stdout).toContain("124 of 126 layers");
    expect(stdout).toContain("516096 bytes over all layers");
  });

  test("a batch answers a line a line, errors in their place, and goes on", () => {
    const good = { model: "llama-3.1-8b", gpu: "h100", gpus: 1, contextLength: 8192 };
    const lines = [
      good,
      { ...good, gpu: "h900" },
      "not json",
      { ...good, tensorParallel: 3 },
      { ...good, nope: 1 },
      [],
      null,
      good,
    ];
    const input = `${lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n")}\n\n`;
    const { code, stdout, stderr } = runCli(["fit", "--batch", "-"], { input });
    expect(code).toBe(0);
    expect(stderr).toBe("");
    const answers = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(8);
    expect(answers.map((answer) => answer.verdict ?? "error")).toEqual([
      "fits",
      "error",
      "error",
      "error",
      "error",
      "error",
      "error",
      "fits",
    ]);
    expect(answers[1].error.problems[0]).toMatchObject({
      path: "gpu",
      value: "h900",
      fix: expect.stringContaining("h100"),
    });
    expect(answers[4].error.problems[0].path).toBe("nope");
    expect(runCli(["fit", "--batch", file("batch.jsonl", input)]).stdout).toBe(stdout);
  });

  test("a batch that cannot be read is an error that names the file", () => {
    const { code, stderr } = runCli(["fit", "--batch", "no-such-file"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no-such-file.*ENOENT.*Fix:/);
  });
});

describe("size", () => {
  const decision = [
    "--model",
    "llama-3.1-405b",
    "--precision",
    "fp8",
    "--context-length",
    "131072",
    "--concurrency",
    "32",
  ];

  test("gives decision, plan and every candidate as one JSON document", () => {
    const { code, stdout } = runCli(["size", ...decision, "--json"]);
    expect(code).toBe(0);
    const { decision: read, plan, candidates } = JSON.parse(stdout);
    expect(read).toMatchObject({ model: "llama-3.1-405b", concurrency: 32 });
    expect(plan).toEqual(candidates[0]);
    expect(candidates).toHaveLength(machines.length);
    for (const key of [
      "verdict",
      "memory",
      "kvCache",
      "throughput",
      "engine",
      "interconnect",
      "cost",
      "minimum",
      "recommended",
      "warnings",
      "explanation",
      "assumptions",
    ]) {
      expect(plan).toHaveProperty(key);
    }
  });

  test("for people it is a table, the answer first", () => {
    const { stdout } = runCli(["size", ...decision, "--explain"]);
    const lines = stdout.split("\n");
    expect(lines[1]).toMatch(/^fits: 3 x p5en\.48xlarge, 1 replica over 3 machines/);
    expect(stdout).toMatch(/#\s+VERDICT\s+MACHINES/);
    expect(stdout).toContain("independent replicas would take 4");
  });

  test("reads a file of decision keys or a stack file, and options win over it", () => {
    const plain = file("decision.yaml", "model: llama-3.1-8b\ncontextLength: 8192\noverrides: {replicas: 2}\n");
    const merged = JSON.parse(
      runCli(["size", "--decision", plain, "--concurrency", "4", "--max-model-len", "9000", "--json"]).stdout,
    );
    expect(merged.decision).toMatchObject({
      model: "llama-3.1-8b",
      concurrency: 4,
      overrides: { replicas: 2, maxModelLen: 9000 },
    });
    const stack = JSON.parse(runCli(["size", "--decision", "stacks/Pulumi.dev.yaml", "--json"]).stdout);
    expect(stack.decision).toMatchObject({ model: "llama-3.1-8b", zone: "use1-az6" });
    const west = file("Pulumi.west.yaml", "config: {aws:region: us-west-2, decision: {model: llama-3.1-8b}}\n");
    expect(JSON.parse(runCli(["size", "--decision", west, "--json"]).stdout).decision.region).toBe("us-west-2");
  });

  test("what nothing carries has exit code 4, and still a plan", () => {
    const { code, stdout } = runCli(["size", "--model", "llama-3.1-405b", "--machine", "p5.4xlarge", "--json"]);
    expect(code).toBe(4);
    expect(JSON.parse(stdout).plan.verdict).toBe("no");
  });
});

test("help answers at once, because it loads nothing but the options", () => {
  const { code, stdout } = runCli(["--help"]);
  expect(code).toBe(0);
  for (const command of ["size", "fit", "preview"]) expect(stdout).toContain(command);
  expect(stdout).toContain("Exit codes");
  expect(fastest(5, ["--help"])).toBeLessThan(300);
});

test("a reader that has seen enough is no error", () => {
  const { stderr } = spawnSync(
    "sh",
    ["-c", `"${process.execPath}" cli/llm-cluster.js size --model llama-3.1-8b --json | head -1`],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
});
