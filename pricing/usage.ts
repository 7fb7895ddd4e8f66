import type { ResourceRecord } from "./records";
import { matchesPattern } from "./wildcard";

/** Something about a kind of resource that only its use tells, and that a usage file may state. */
export interface UsageSetting {
  /** How a usage file calls it: `dataGB`. */
  key: string;
  /** What it means, in a month unless it says otherwise. */
  meaning: string;
  /** What is taken where nobody states it, and why. Absent: the line is listed with its rate, and not counted. */
  assume?: { quantity: number; because: string };
}

/** What a user states of the use of a stack, in the shape of `llm-cluster.usage.yaml`. */
export interface UsageFile {
  /** The file, for messages. */
  file: string;
  /** By Pulumi type: every resource of that kind. */
  kinds?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By resource name or URN, `*` standing for any text; wins over `kinds`. */
  resources?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Where stated amounts are looked up. */
export class UsageBook {
  constructor(private readonly content?: UsageFile) {}

  /** What the usage file says of one resource; undefined where it says nothing. */
  stated({ urn, type, name }: ResourceRecord, key: string): { quantity: number; because: string } | undefined {
    if (!this.content) return undefined;
    const { file, kinds = {}, resources = {} } = this.content;
    for (const [pattern, values] of Object.entries(resources)) {
      const quantity = values[key];
      const matches = matchesPattern(name, pattern) || matchesPattern(urn, pattern);
      if (quantity !== undefined && matches) return { quantity, because: `${file}: resources.${pattern}.${key}` };
    }
    const quantity = kinds[type]?.[key];
    return quantity === undefined ? undefined : { quantity, because: `${file}: kinds.${type}.${key}` };
  }

  /** Patterns of the file that name no resource of a stack: more likely a slip than a wish. */
  unmatched(records: readonly ResourceRecord[]): string[] {
    const { file = "", resources = {} } = this.content ?? {};
    const patterns = Object.keys(resources).filter(
      (pattern) => !records.some(({ urn, name }) => matchesPattern(name, pattern) || matchesPattern(urn, pattern)),
    );
    return patterns.map((pattern) => `${file}: resources.${pattern}`);
  }
}

/** Share of the planned output that is asked for over a month; the default of `size --utilization`, too. */
export const assumedUtilization = 0.5;

/** Where assumed amounts of common resources are from: a public table, each entry chosen to come to about $5 a month. */
export const infracostDefaults = "infracost-usage-defaults.small.yml, infracost/infracost 95ba4f4, 2026-08-21";
