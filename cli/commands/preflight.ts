import { exitCode, print, printJson, UserError } from "../output";
import { type AwsClients, realClients } from "../preflight/clients";
import { countFindings, type PreflightReport, passes, runChecks } from "../preflight/report";
import { readSubject, type Subject } from "../preflight/subject";
import { describeReport } from "../preflight/text";

/** Options of `preflight`, as commander hands them over. */
export interface PreflightOptions {
  json?: boolean;
  offerings?: boolean;
  hours?: string;
  strict?: boolean;
}

/**
 * `llm-cluster preflight`: asks AWS what would make `pulumi up` of a stack fail. It reads, and changes and buys nothing.
 * @param given who answers for AWS; default: AWS itself, in the stack's region
 */
export async function preflight(
  file: string,
  options: PreflightOptions,
  given?: AwsClients,
  now = new Date(),
): Promise<void> {
  const hours = readHours(options);
  const offerings = options.offerings === true || hours !== undefined;
  const subject = readSubject(file);
  const profile = subject.project.config["aws:profile"];
  const asked = `in ${subject.region} ${describeCredentials(profile)}`;
  if (process.stderr.isTTY) console.error(`asking AWS ${asked} ...`);
  const clients = given ?? realClients(subject.region, profile);
  const report = await runChecks(subject, clients, { offerings, hours, now });
  const passed = passes(report, { strict: options.strict === true });
  if (options.json) printJson(toDocument(subject, report, asked, passed));
  else print(describeReport(subject, report, asked));
  process.exitCode = passed ? exitCode.ok : exitCode.error;
}

/** Lengths that a capacity block has: days up to 14, then weeks up to 26 (DescribeCapacityBlockOfferings, CapacityDurationHours). */
function readHours({ hours }: PreflightOptions): number | undefined {
  if (hours === undefined) return undefined;
  const value = Number(hours);
  const step = value > 336 ? 168 : 24;
  if (!Number.isInteger(value) || value < 24 || value > 4368 || value % step !== 0) {
    throw new UserError(
      `--hours ${hours}: is not a length that a capacity block has. Fix: whole days (24) up to 14 days, then whole weeks (168) up to 26`,
    );
  }
  return value;
}

/** Whose credentials are used, by name only: what they are is nobody's business. */
function describeCredentials(profile: string | undefined): string {
  const named = profile ?? process.env.AWS_PROFILE;
  if (named) return `as profile ${named}`;
  return process.env.AWS_ACCESS_KEY_ID ? "with the environment's keys" : "with the default credentials";
}

/** The report as data. */
function toDocument(subject: Subject, report: PreflightReport, asked: string, passed: boolean) {
  const { project, region, zone, machine, nodes, vcpus, capacity } = subject;
  const { ok, warns, fails, "could not check": couldNotCheck } = countFindings(report);
  return {
    project: project.name,
    stack: project.stack,
    asked,
    plan: { region, zone, machine, nodes, vcpus: nodes * vcpus, capacityMode: capacity.mode },
    passed,
    counts: { ok, warns, fails, couldNotCheck },
    ...report,
  };
}
