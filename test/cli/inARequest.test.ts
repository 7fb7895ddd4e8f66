import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../support/cli";
import { token, useStandIn } from "../support/forges";
import { dev, repository, stackText } from "../support/projects";

// The whole way of a request: stack files in git, the real command, the stand-in forge.

const { standIn, bodies } = useStandIn();

/** Runs the command beside this process, which answers for the forge meanwhile. */
async function run(cwd: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const env = {
    ...process.env,
    GITHUB_ACTIONS: "true",
    GITHUB_API_URL: standIn.url,
    GITHUB_REPOSITORY: "acme/infra",
    GITHUB_TOKEN: token,
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [join(root, "cli/llm-cluster.js"), ...args],
      { cwd, env },
    );
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

test("a change that costs too much is told in one comment, which a later push puts right", async () => {
  const { folder, stackFile } = repository(dev);
  const push = async (decision: object) => {
    writeFileSync(stackFile, stackText(decision));
    const gate = ["--budget", "20000", "--fail-on", "increase>10%"];
    const report = ["--format", "markdown", "--tag", "offline", "--out", "cost.md"];
    const diff = await run(folder, "diff", "--against", "HEAD", stackFile, ...report, ...gate);
    const comment = await run(folder, "comment", "cost.md", "--pull-request", "12");
    return { code: diff.code, said: comment.output };
  };
  expect(await push({ ...dev, machine: "p5.48xlarge" })).toMatchObject({
    code: 2,
    said: expect.stringContaining("posted"),
  });
  expect(bodies()).toEqual([expect.stringContaining("over budget: $40,292.72 a month")]);
  expect(await push({ ...dev, concurrency: 9 })).toMatchObject({ code: 0, said: expect.stringContaining("updated") });
  expect(bodies()).toEqual([expect.stringContaining("concurrency 8 -> 9")]);
});
