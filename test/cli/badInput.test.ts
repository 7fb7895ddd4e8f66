import { spawnSync } from "node:child_process";
import { runCli } from "../support/cli";
import { file } from "../support/files";

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
