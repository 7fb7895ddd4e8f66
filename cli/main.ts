import { Command, CommanderError } from "commander";
import { version } from "../package.json";
import { addCostCommands } from "./costCommands";
import { addOptions, fitOptions, sizeOptions } from "./options";
import { reportError } from "./output";
import { addPreflightCommand } from "./preflightCommand";
import { addReplaceCommand } from "./replaceCommand";
import { addStoreCommands } from "./storeCommands";

/**
 * The command. Only the options stand here: each command's code, and what it needs, is loaded when it runs, so that
 * `--help` answers at once.
 */
export function main(argv: readonly string[]): void {
  // The SDK would tell whoever runs Node 20 that its releases of 2027 will not; those that are locked here do.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    console.error(`llm-cluster: cannot write the output (${error.code})`);
    process.exit(1);
  });
  const json =
    argv.includes("--json") || argv.includes("--format=json") || argv[argv.indexOf("--format") + 1] === "json";
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
  addCatalogueCommands(program);
  addCostCommands(program);
  addPreflightCommand(program);
  addStoreCommands(program);
  addReplaceCommand(program);
  return program;
}

function addCatalogueCommands(program: Command): void {
  const catalogue = () => require("./commands/catalogue") as typeof import("./commands/catalogue");
  const models = program
    .command("models")
    .description("the models that can be sized; with a name, that one in full")
    .argument("[name]", "catalogue id, repository name, or the path of a config.json")
    .option("--json", "print one JSON document")
    .action((name, options) => catalogue().listModels(name, options));
  models
    .command("add")
    .description("read any decoder's Hugging Face config.json and keep the model for size, fit and stacks")
    .argument(
      "<config.json>",
      "the file, or its folder; an index of safetensors and hf_quant_config.json beside it are read too",
    )
    .option("--id <id>", "what to call it; default: the folder's name")
    .option("--file <file>", "where to keep it; default: llm-cluster.models.json beside Pulumi.yaml, or here")
    .option("--replace", "take the place of a model of the same id")
    .option("--dry-run", "show what was read, and keep nothing")
    .option("--json", "print one JSON document")
    .action((config, _, command) =>
      (require("./commands/modelsAdd") as typeof import("./commands/modelsAdd")).addModel(
        config,
        command.optsWithGlobals(),
      ),
    );
  program
    .command("machines")
    .description("the machines of AWS, Google Cloud and Azure")
    .option("--json", "print one JSON document")
    .action((options) => catalogue().listMachines(options));
  program
    .command("gpus")
    .description("the GPUs, with what each figure is taken from")
    .option("--json", "print one JSON document")
    .action((options) => catalogue().listGpus(options));
}

const exitCodes = `
Exit codes: 0 ok, 1 error, 2 over budget, 3 estimate incomplete (diff --fail-on incomplete), 4 does not fit.
Prices are a dated snapshot that ships with the package; every figure says its date. An unknown price is said, never zero.`;
