import { Command, CommanderError } from "commander";
import { version } from "../package.json";
import { addOptions, fitOptions, sizeOptions } from "./options";
import { reportError } from "./output";

/**
 * The command. Only the options stand here: each command's code, and what it needs, is loaded when it runs, so that
 * `--help` answers at once.
 */
export function main(argv: readonly string[]): void {
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    console.error(`llm-cluster: cannot write the output (${error.code})`);
    process.exit(1);
  });
  const json = argv.includes("--json");
  buildProgram()
    .parseAsync([...argv])
    .catch((error: unknown) => {
      if (error instanceof CommanderError) {
        if (json && error.exitCode !== 0) console.log(JSON.stringify({ error: { message: error.message } }));
        process.exitCode = error.exitCode;
        return;
      }
      process.exitCode = reportError(error, json);
    });
}

function buildProgram(): Command {
  const program = new Command("llm-cluster")
    .description("Turns an LLM sizing decision into a provisioned, priced GPU cluster")
    .version(version)
    .exitOverride()
    .showHelpAfterError("(llm-cluster --help lists the commands, llm-cluster COMMAND --help their options)")
    .addHelpText("after", exitCodes);
  addOptions(
    program
      .command("size")
      .description("decide: a model and its load -> machines, layout, memory, speed and cost, ranked"),
    sizeOptions,
  ).action((options) => (require("./commands/size") as typeof import("./commands/size")).size(options));
  addOptions(
    program
      .command("fit")
      .description("judge one given configuration: does it fit, with how much to spare, and how fast is it"),
    fitOptions,
  ).action((options) => (require("./commands/fit") as typeof import("./commands/fit")).fit(options));
  program
    .command("preview")
    .description("show what `pulumi up` would create and what it costs, offline: no account, no Pulumi CLI")
    .argument("<stack file>", "such as stacks/Pulumi.dev.yaml, or the name of a stack")
    .option(
      "--against <before>",
      "a stack file, or a git revision of this one: show resource and cost changes from there",
    )
    .option("--json", "print one JSON document")
    .action((file, options) =>
      (require("./commands/preview") as typeof import("./commands/preview")).preview(file, options),
    );
  return program;
}

const exitCodes = `
Exit codes: 0 ok, 1 error, 4 does not fit.
Prices are a dated snapshot that ships with the package; every figure says its date. An unknown price is said, never zero.`;
