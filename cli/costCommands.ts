import type { Command } from "commander";
import { addHiddenOptions } from "./hiddenOptions";

/** Commands that tell what a stack costs; each one's code is loaded when it runs. */
export function addCostCommands(program: Command): void {
  const previewing = program
    .command("preview")
    .description("show what `pulumi up` would create and what it costs, offline: no account, no Pulumi CLI")
    .argument("<stack file>", "such as stacks/Pulumi.dev.yaml, or the name of a stack")
    .option(
      "--against <before>",
      "a stack file, or a git revision of this one: show resource and cost changes from there",
    )
    .option("--json", "print one JSON document");
  addPricingOptions(previewing).action((file, options) =>
    (require("./commands/preview") as typeof import("./commands/preview")).preview(file, options),
  );
  const costing = program
    .command("cost")
    .description("price a stack: a stack file, or what pulumi preview --json, stack export or an event log hold")
    .argument("<file>", "the file, a stack's name, REVISION:FILE, or - for standard input")
    .option("--format <format>", "table or json (Infracost 0.2 and more); default: table")
    .option("--json", "short for --format json")
    .option("--out <file>", "write there instead of standard output");
  addHiddenOptions(addPricingOptions(costing)).action((file, options) =>
    (require("./commands/cost") as typeof import("./commands/cost")).cost(file, options),
  );
  addDiff(program);
  addComment(program);
  addPrices(program);
}

function addDiff(program: Command): void {
  const diffing = program
    .command("diff")
    .description("what a change costs: one file (a preview's before and after), or a before and an after")
    .argument("<files...>", "as for cost; two are a before and an after")
    .option("--against <before>", "compare each stack file with itself at this git revision, or with this file")
    .option("--each", "every file is a change of its own: several stacks as rows")
    .option("--format <format>", "table, json (Infracost 0.2 and more), markdown or html; default: table")
    .option("--json", "short for --format json")
    .option("--out <file>", "write there instead of standard output")
    .option("--tag <name>", "markdown: tells several comments on one pull request apart")
    .option("--budget <usd>", "exit with 2 if all stacks together cost more a month")
    .option(
      "--fail-on <rule>",
      "increase>10%, increase>500 (US dollars a month): exit with 2; incomplete: exit with 3; may be repeated",
      (rule: string, rules: string[] = []) => [...rules, rule],
    );
  addPricingOptions(diffing).action((files, options) =>
    (require("./commands/diff") as typeof import("./commands/diff")).diff(files, options),
  );
}

function addComment(program: Command): void {
  program
    .command("comment")
    .description("post a report of diff as one comment on the pull or merge request, and keep it up to date")
    .argument("<file.md>", "what `diff --format markdown --out` wrote")
    .option("--forge <forge>", "github or gitlab; default: whose job this is")
    .option("--repository <repository>", "owner/name, or GitLab's project number or path; default: the job's")
    .option("--pull-request <number>", "number of the pull or merge request; default: the job's")
    .option("--dry-run", "say what would be posted, and post nothing")
    .action((file, options) =>
      (require("./commands/comment") as typeof import("./commands/comment")).comment(file, options),
    );
}

function addPrices(program: Command): void {
  const command = () => require("./commands/prices") as typeof import("./commands/prices");
  const prices = program.command("prices").description("the prices that everything is priced by");
  addPriceFiles(
    prices
      .command("list")
      .description("every row, with its source and date")
      .option("--cloud <cloud>", "aws, gcp or azure")
      .option("--sku <sku>", "a machine type or a metered item; * stands for any text")
      .option("--region <region>", "only this one")
      .option("--mode <mode>", "on-demand, spot, capacity-block, ...; list for what is no machine")
      .option("--layer <layer>", "shipped, overlay or negotiated")
      .option("--json", "print one JSON document"),
  ).action((options) => command().listPrices(options));
  addPriceFiles(
    prices
      .command("where")
      .description("which row prices something, from which source and day, and which it overrode")
      .argument("<sku>", "a machine type or a metered item, such as p5.48xlarge or nat-gateway.hour")
      .option("--cloud <cloud>", "aws, gcp or azure; default: the first that has it")
      .option("--region <region>", "default: us-east-1, us-central1, eastus")
      .option("--mode <mode>", "on-demand, spot, ...; default: every one")
      .option("--json", "print one JSON document"),
  ).action((sku, options) => command().wherePrice(sku, options));
}

function addPriceFiles(command: Command): Command {
  return command
    .option(
      "--prices <file>",
      "newer list prices over the shipped ones; default: llm-cluster.prices.yaml of the project",
    )
    .option("--rates <file>", "what you have agreed, over both; default: llm-cluster.rates.yaml of the project");
}

/** How a stack is priced; the same for every command that does. */
function addPricingOptions(command: Command): Command {
  return addPriceFiles(command)
    .option(
      "--usage <file>",
      "what is billed by use, stated; default: llm-cluster.usage.yaml of the project, else assumed",
    )
    .option("--region <region>", "of resources that name none; default: the stack's own")
    .option("--commitment <mode>", "price on-demand machines under it: savings-plan-1y, savings-plan-3y, ...")
    .option("--utilization <share>", "share of the planned output that is asked for, for $/M tokens; default: 0.5");
}
