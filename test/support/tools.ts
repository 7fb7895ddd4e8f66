import { spawnSync } from "node:child_process";

/**
 * `test`, when a tool is on this machine; otherwise a test that is counted as skipped, and whose name says which tool
 * it misses. CI installs them all (.ci/run).
 */
export function testWith(tool: string): (name: string, run: () => void) => void {
  const there = spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;
  return (name, run) =>
    there ? test(name, run) : test.skip(`${name} (needs ${tool}, which is not on this machine)`, run);
}
