import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../support/projects";

const run = (folder: string, args: string[] = ["--version"]) =>
  spawnSync(process.execPath, [join(folder, "cli/llm-cluster.js"), ...args], { encoding: "utf8" });

test("a checkout without a build builds itself on first use, and not again", () => {
  const folder = checkout();
  expect(existsSync(join(folder, "bin"))).toBe(false);
  expect(run(folder).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const built = readFileSync(join(folder, "bin/build.json"), "utf8");
  run(folder);
  expect(readFileSync(join(folder, "bin/build.json"), "utf8")).toBe(built);
});

test("a changed, a new and a deleted source are all seen, whatever their dates", () => {
  const folder = checkout();
  run(folder);
  appendFileSync(join(folder, "cli/main.ts"), '\nconsole.log("changed");\n');
  expect(run(folder).stdout).toContain("changed");
  writeFileSync(join(folder, "sizing/extra.ts"), "export const extra = 1;\n");
  run(folder);
  expect(existsSync(join(folder, "bin/sizing/extra.js"))).toBe(true);
  rmSync(join(folder, "sizing/extra.ts"));
  run(folder);
  expect(existsSync(join(folder, "bin/sizing/extra.js"))).toBe(false);
});

test("data and node scripts count as sources", () => {
  const folder = checkout();
  run(folder);
  appendFileSync(join(folder, "serving/node/apply.sh"), "# changed\n");
  run(folder);
  expect(readFileSync(join(folder, "bin/serving/node/apply.sh"), "utf8")).toContain("# changed");
});

test("a stale build that cannot be built stops the run with the command to give", () => {
  const folder = checkout();
  run(folder);
  appendFileSync(join(folder, "sizing/units.ts"), "\nexport const = ;\n");
  const { status, stdout, stderr } = run(folder);
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain("npm ci && npm run build");
});
