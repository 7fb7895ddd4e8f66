import type { Command } from "commander";

/** `replace`; its code, and the AWS SDK, are loaded when it runs. */
export function addReplaceCommand(program: Command): void {
  program
    .command("replace")
    .description(
      "replace machines of a stack that is up, one replica at a time: a dead node, or all that a change moves",
    )
    .argument("<stack file>", "such as stacks/Pulumi.dev.yaml, or the name of a stack")
    .option("--node <index>", "this node and nothing else; can be given several times", collect, [])
    .option("--changed", "every machine that the stack file changes: another reservation, block or image")
    .option("--timeout <minutes>", "how long a replica may take until it is ready; default: 90")
    .option("--no-wait", "do not wait until a replica is ready; with --changed nothing may serve meanwhile")
    .option("--bucket <name>", "name of the bucket with the nodes' reports; default: the stack's")
    .option("--yes", "do not ask")
    .option("--dry-run", "show what would be replaced, and replace nothing")
    .option("--json", "print one JSON document of what was done; needs --yes or --dry-run")
    .action((file, options) =>
      (require("./commands/replace") as typeof import("./commands/replace")).replace(file, options),
    );
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
