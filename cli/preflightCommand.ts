import type { Command } from "commander";

/** `preflight`; its code, and the AWS SDK, are loaded when it runs. */
export function addPreflightCommand(program: Command): void {
  program
    .command("preflight")
    .description(
      "ask AWS what would make `pulumi up` fail: quotas, zone, image, reservations; changes and buys nothing",
    )
    .argument("<stack file>", "such as stacks/Pulumi.dev.yaml, or the name of a stack")
    .option("--offerings", "list the capacity blocks that AWS offers for the plan's machines")
    .option("--hours <hours>", "the same, of this length; default: decision.capacity.hours, otherwise 24")
    .option("--strict", "exit with 1 for what could not be checked, too")
    .option("--json", "print one JSON document")
    .action((file, options) =>
      (require("./commands/preflight") as typeof import("./commands/preflight")).preflight(file, options),
    );
}
