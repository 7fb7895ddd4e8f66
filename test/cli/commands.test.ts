import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fastest, runCli } from "../support/cli";

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

function file(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "cli-")), name);
  writeFileSync(path, text);
  return path;
}

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
    expect(candidates).toHaveLength(6);
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

describe("bad input", () => {
  test.each([
    ["an unknown model", ["size", "--model", "llama-3.1-405"], /model.*did you mean llama-3\.1-405b/],
    [
      "an unknown machine",
      ["size", "--model", "llama-3.1-8b", "--machine", "p5.49xlarge"],
      /machine.*did you mean p5\.48xlarge/,
    ],
    [
      "a context above the maximum",
      ["size", "--model", "llama-3.1-8b", "--context-length", "1000000"],
      /contextLength: 1000000.*131072/,
    ],
    [
      "a split that does not divide",
      ["fit", "--model", "llama-3.1-405b", "--gpu", "h100", "--gpus", "3"],
      /tensorParallel: 3.*1, 2, 4, 8/,
    ],
    [
      "a block without id",
      ["size", "--model", "llama-3.1-8b", "--capacity-mode", "capacityBlock"],
      /reservationId.*cr-/,
    ],
    ["a negative number", ["size", "--model", "llama-3.1-8b", "--concurrency", "-4"], /concurrency: -4.*at least 1/],
    ["a fraction", ["size", "--model", "llama-3.1-8b", "--concurrency", "1.5"], /concurrency: 1\.5.*whole number/],
    [
      "an absurd number",
      ["size", "--model", "llama-3.1-8b", "--concurrency", "1e30"],
      /concurrency: 1e\+30.*(at most|whole number)/,
    ],
    [
      "a word for a number",
      ["fit", "--model", "llama-3.1-8b", "--gpu", "h100", "--gpus", "eight"],
      /gpus: "eight".*(whole )?number/,
    ],
    ["no model", ["size"], /decision\.model: is missing/],
    ["an unknown option", ["size", "--modle", "x"], /unknown option '--modle'/],
    ["an unknown command", ["sise"], /unknown command 'sise'/],
    ["a decision file that is broken YAML", ["size", "--decision", "package-lock.json/nope"], /cannot be read/],
  ])("%s: exit code 1, the fix, and no stack trace", (_, args, message) => {
    const { code, stdout, stderr } = runCli(args);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    const asJson = runCli([...args, "--json"]);
    expect(asJson.code).toBe(1);
    expect(JSON.parse(asJson.stdout).error.message).toBeTruthy();
  });

  test("everything wrong with a configuration is said at once, and nothing that was not given", () => {
    const { stderr } = runCli([
      "fit",
      "--model",
      "llama-3.1-8b",
      "--gpu",
      "h1000",
      "--precision",
      "fp9",
      "--tensor-parallel",
      "3",
      "--context-length",
      "9999999",
    ]);
    expect(stderr).toMatch(/4 problems[\s\S]*gpu[\s\S]*precision[\s\S]*tensorParallel[\s\S]*contextLength/);
    const derived = runCli([
      "fit",
      "--model",
      "llama-3.1-8b",
      "--gpu",
      "h100",
      "--gpus",
      "7",
      "--tensor-parallel",
      "-1",
    ]).stderr;
    expect(derived).toMatch(/1 problem in the configuration:\n {2}- tensorParallel: -1/);
  });

  test.each([
    ["an alias that leads nowhere", "model: *x\n", /aliases cannot be resolved/],
    ["a circle", "model: llama-3.1-8b\ntargets: &a\n  b: *a\n", /aliases cannot be resolved/],
    [
      "a mapping that poses as a text",
      "model: llama-3.1-8b\ncloud: {toString: 1, valueOf: 2}\n",
      /cloud: .* is not one of the allowed values/,
    ],
    [
      "keys of every object",
      "model: llama-3.1-8b\n__proto__: {a: 1}\nconstructor: 1\n",
      /constructor: is not a known key/,
    ],
  ])("a file with %s is an error without a stack trace", (_, text, message) => {
    const { code, stderr } = runCli(["size", "--decision", file("decision.yaml", text)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("options beside a batch are not dropped in silence", () => {
    expect(runCli(["fit", "--model", "llama-3.1-8b", "--batch", "-"], { input: "" }).stderr).toMatch(
      /model is not used/,
    );
  });

  test("output that cannot be written is said", () => {
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", `"${process.execPath}" cli/llm-cluster.js size --model llama-3.1-8b --json >/dev/full`],
      { encoding: "utf8" },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/cannot write the output \(ENOSPC\)/);
  });

  test("a broken YAML file is named with the line", () => {
    const { code, stderr } = runCli(["size", "--decision", file("decision.yaml", "model: [llama\nprecision: fp8\n")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/not valid YAML[\s\S]*line 2/);
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
