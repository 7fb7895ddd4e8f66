import { Command } from "commander";
import { replace } from "../../cli/commands/replace";
import { addReplaceCommand } from "../../cli/replaceCommand";

jest.mock("../../cli/commands/replace", () => ({ replace: jest.fn() }));

function parse(line: string): unknown[] {
  const program = new Command("llm-cluster");
  addReplaceCommand(program);
  program.parse(["node", "llm-cluster", "replace", ...line.split(" ")]);
  return jest.mocked(replace).mock.lastCall as unknown[];
}

test("nodes add up; waiting is the default", () => {
  expect(parse("stacks/Pulumi.dev.yaml --node 2 --node 0 --yes")).toEqual([
    "stacks/Pulumi.dev.yaml",
    { node: ["2", "0"], wait: true, yes: true },
  ]);
});

test("nothing of one call is left in the next", () => {
  expect(parse("dev --changed --no-wait --timeout 30 --dry-run --json --bucket b")).toEqual([
    "dev",
    { node: [], changed: true, wait: false, timeout: "30", dryRun: true, json: true, bucket: "b" },
  ]);
});
