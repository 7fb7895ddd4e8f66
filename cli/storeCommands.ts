import type { Command } from "commander";

const bucketOption = "name of the bucket; default: storage.bucket, else the stack's own, which the Pulumi CLI tells";

/** Commands that work on a stack's model store; the SDK is loaded when they run. */
export function addStoreCommands(program: Command): void {
  const weights = program.command("weights").description("the weights in a stack's model store");
  weights
    .command("push")
    .description("fill the model store with what the release reads; resumable, checked by SHA-256")
    .argument("<stack file>", "such as stacks/Pulumi.dev.yaml, or the name of a stack")
    .option("--from <source>", "hf:REPO[@REVISION], or a folder; default: the stack's or the catalogue's repository")
    .option("--bucket <name>", bucketOption)
    .option("--hub <url>", "a Hugging Face hub or mirror; default: HF_ENDPOINT, else https://huggingface.co")
    .option("--parallel <count>", "parts of 32 MiB under way at a time; default: 8")
    .option("--delete-others", "remove files among the weights that are none of this model")
    .option("--dry-run", "list what would be sent, with sizes and the cost of keeping it, and send nothing")
    .option("--json", "print one JSON document")
    .action((file, options) =>
      (require("./commands/weights") as typeof import("./commands/weights")).pushStackWeights(file, options),
    );
  program
    .command("status")
    .description("what every node of a stack reports: stage, release, notices, reasons")
    .argument("<stack file>", "such as stacks/Pulumi.dev.yaml, or the name of a stack")
    .option("--bucket <name>", bucketOption)
    .option("--watch", "look again every 15 seconds until every replica is ready")
    .option("--check", "exit with 1 unless every replica is ready")
    .option("--json", "print one JSON document")
    .action((file, options) =>
      (require("./commands/status") as typeof import("./commands/status")).status(file, options),
    );
}
