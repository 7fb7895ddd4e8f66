import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/cli";

const run = (...args: string[]) => spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", timeout: 300_000 });

const { stdout } = run("bench/validate.js", "--speed");
const lines = stdout.split("\n");
const cellsOf = (line: string) => line.split("|").map((cell) => cell.trim());

/** Kind, what, ours, at most, AIConfigurator. */
const promises = lines
  .slice(lines.findIndex((line) => line.includes("ours, mean")) + 2)
  .slice(0, 6)
  .map((line) => cellsOf(line).slice(1, 6) as [string, string, string, string, string]);

test.each(promises)("%s, %s: off by %s, at most %s; the anchor %s", (_kind, _what, ours, most, anchor) => {
  expect(Number.parseFloat(ours)).toBeLessThanOrEqual(Number.parseFloat(most));
  expect(Number.parseFloat(ours)).toBeLessThan(Number.parseFloat(anchor));
});

test("both kinds and all three figures are promised", () => {
  expect(promises.map(([kind, what]) => `${kind} ${what}`)).toEqual([
    "dense time per output token",
    "dense time to first token",
    "dense throughput",
    "moe time per output token",
    "moe time to first token",
    "moe throughput",
  ]);
});

test("docs/accuracy.md shows what is measured today", () => {
  const document = readFileSync(join(root, "docs/accuracy.md"), "utf8");
  expect(lines.length).toBeGreaterThan(100);
  for (const line of lines) expect(document).toContain(line);
});

test("what ships is what the rows give", () => {
  const { status, stderr } = run("bench/calibrate.js", "--check");
  expect(stderr).toBe("");
  expect(status).toBe(0);
});
