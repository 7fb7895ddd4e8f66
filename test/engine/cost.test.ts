import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../support/cli";
import { EngineStack, testWithEngine } from "../support/engine";

jest.setTimeout(240_000);

/** What a document of the engine's costs, through the command. */
function costOf(
  stack: EngineStack,
  name: string,
  content: unknown,
): { monthly: string; usage: string; unknown: number } {
  const file = join(stack.folder, name);
  writeFileSync(file, JSON.stringify(content));
  const { after } = JSON.parse(runCli(["cost", file, "--json"]).stdout).llmCluster.stacks[0];
  return { monthly: after.monthlyCostUsd, usage: after.usageMonthlyCostUsd, unknown: after.unknownLines };
}

// Every stack that ships, so that whoever adds one is held to it too.
testWithEngine.each(["dev", "prod-aws", "finetune-aws"])(
  "%s costs the same offline, before it is made, when it is made and by its state; a second preview costs nothing",
  (name) => {
    const offline = JSON.parse(runCli(["preview", name, "--json"]).stdout).cost;
    const expected = { monthly: offline.monthlyCostUsd, usage: offline.usageMonthlyCostUsd, unknown: 0 };
    const stack = new EngineStack(name);
    expect(costOf(stack, "create.json", stack.preview("--show-sames"))).toEqual(expected);
    const { code, output } = stack.up();
    expect(`${code} ${code === 0 ? "" : output}`).toBe("0 ");
    expect(costOf(stack, "export.json", stack.export())).toEqual(expected);
    const again = stack.preview("--show-sames");
    expect(costOf(stack, "same.json", again)).toEqual(expected);
    expect(stack.outputs()).toMatchObject({ monthlyCostUsd: expected.monthly });
    const { stdout } = runCli(["diff", join(stack.folder, "same.json"), "--format", "markdown"]);
    expect(stdout.split("\n")[1]).toBe("<!-- llm-cluster:unchanged -->");
  },
);
