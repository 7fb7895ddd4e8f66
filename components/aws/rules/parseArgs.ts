import { basename } from "node:path";
import { z } from "zod";
import type { PriceBook } from "../../../pricing/priceBook";
import { readDecision } from "../../../sizing/decision";
import { Cloud, type DecisionArgs } from "../../../sizing/decisionArgs";
import { type Problem, ProblemsError } from "../../../sizing/problems";
import { parseShape } from "../../../sizing/shape";
import { loadAddedModels } from "../../modelFiles";
import { loadPrices } from "../../priceFiles";
import type { AwsClusterArgs, ParsedAwsArgs } from "../args";
import { checkSurroundings } from "./argRules";
import { awsClusterSchema } from "./argsSchema";
import { checkPlace } from "./placeRules";

// The decision is read apart, with the rules between its fields.
const surroundings = awsClusterSchema.omit({ decision: true }).extend({ decision: z.unknown() });

/** Names that every child builds on: of the 32 characters of a load balancer's name, `-nlb`, a zone and Pulumi's own suffix take 17. */
const longestName = 15;

/**
 * Checks everything that can be checked before a resource exists, and returns all problems at once.
 * @param region the stack's own region (`aws:region`)
 * @param folder where the models file is looked for, and where the path of a config.json begins
 */
export function parseAwsArgs(
  name: string,
  args: unknown,
  region?: string,
  folder = ".",
): { parsed?: ParsedAwsArgs; problems: Problem[] } {
  const problems: Problem[] = [];
  if (!/^(?!sg-|aws|ssm|internal)[a-z][a-z0-9-]*$/.test(name) || name.length > longestName) {
    problems.push({
      path: "name",
      value: name,
      message: `must be lower-case letters, digits and hyphens, at most ${longestName}, and not begin with aws, ssm, internal or sg-, because AWS's names of buckets, balancers, groups and parameters are made of it`,
      fix: "use a short name such as llm",
    });
  }
  const shape = parseShape(surroundings, args, "");
  const added = loadAddedModels(modelOf(shape.valid.decision), folder, "decision.model");
  const decision = readDecision(onAws(shape.valid.decision), { region, models: added.models });
  const { prices, problems: unreadPrices } = readPrices(folder);
  // A file that cannot be read is one problem: that its path names no model is not another.
  const unread = added.problems.some(({ path }) => path === "decision.model");
  const parsed = shape.valid as Omit<AwsClusterArgs, "decision">;
  const faulty = new Set(shape.problems.map(({ path }) => path));
  problems.push(
    ...shape.problems,
    ...added.problems,
    ...unreadPrices,
    ...decision.problems.filter(({ path }) => !unread || path !== "decision.model"),
    ...checkPlace(shape.valid.decision, region),
    ...checkSurroundings(shape.valid, decision.resolved, region).filter(({ path }) => !faulty.has(path)),
  );
  if (!decision.resolved || problems.length > 0) return { problems };
  return { problems, parsed: { ...parsed, resolved: decision.resolved, prices } };
}

function readPrices(folder: string): { prices?: PriceBook; problems: readonly Problem[] } {
  try {
    return { prices: loadPrices(folder), problems: [] };
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    return {
      problems: error.problems.map((problem) => ({ ...problem, path: `${basename(error.what)}: ${problem.path}` })),
    };
  }
}

function modelOf(decision: unknown): unknown {
  return typeof decision === "object" && decision !== null ? (decision as Partial<DecisionArgs>).model : undefined;
}

/** The decision as this component reads it: `any` cloud is AWS, so that machines, regions and modes of others are refused. */
function onAws(decision: unknown): unknown {
  if (typeof decision !== "object" || decision === null || Array.isArray(decision)) return decision;
  const { cloud = Cloud.any } = decision as Partial<DecisionArgs>;
  return cloud === Cloud.any ? { ...decision, cloud: Cloud.aws } : decision;
}
