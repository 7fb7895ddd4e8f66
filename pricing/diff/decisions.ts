import { pairRecords } from "../inputs/pairRecords";
import type { StackChange } from "../inputs/stackChange";
import { clusterTypePrefix, numberIn, type ResourceRecord, textIn, unknownValue, valueIn } from "../records";

/** What became of one cluster's decision, in a sentence. */
export interface DecisionChange {
  cluster: string;
  /** `llama-3.1-405b fp8, 2 -> 3 nodes p5.48xlarge, on-demand; because concurrency 32 -> 64`. */
  sentence: string;
}

/** One sentence for each cluster whose decision or plan changes, comes or goes. */
export function describeDecisions({ before, after, renamed }: StackChange): DecisionChange[] {
  const clusters = (records: readonly ResourceRecord[] = []) =>
    records.filter(({ type }) => type.startsWith(clusterTypePrefix));
  return pairRecords(clusters(before?.records), clusters(after.records), renamed).flatMap(
    ({ before: was, after: is }) => {
      const cluster = (is ?? was)?.name ?? "";
      if (!is) return was ? [{ cluster, sentence: `goes: ${describeOne(was.inputs)}` }] : [];
      if (!was) return [{ cluster, sentence: `new: ${describeOne(is.inputs)}` }];
      const sentence = describeChange(was.inputs, is.inputs);
      return sentence === undefined ? [] : [{ cluster, sentence }];
    },
  );
}

const modeNames: Readonly<Record<string, string>> = {
  onDemand: "on-demand",
  capacityBlock: "capacity block",
  openReservation: "open reservation",
  flexStart: "flex-start",
};

interface Facts {
  /** With its precision. */
  model: string;
  nodes: string;
  machine: string;
  mode: string;
  region: string;
}

function factsOf(inputs: unknown): Facts {
  const plan = (key: string) => textIn(inputs, "plan", key);
  const decision = (key: string) => textIn(inputs, "decision", key);
  const nodes = numberIn(inputs, "plan", "nodes") ?? numberIn(inputs, "decision", "nodes");
  const mode = plan("capacityMode") ?? textIn(inputs, "decision", "capacity", "mode") ?? "onDemand";
  return {
    model: [decision("model") ?? "a model", plan("precision") ?? decision("precision") ?? ""].join(" ").trim(),
    nodes: nodes === undefined ? "?" : String(nodes),
    machine: plan("machine") ?? decision("machine") ?? "",
    mode: modeNames[mode] ?? mode,
    region: plan("region") ?? decision("region") ?? "",
  };
}

function describeOne(inputs: unknown): string {
  const { model, nodes, machine, mode, region } = factsOf(inputs);
  const count = `${nodes} ${nodes === "1" ? "node" : "nodes"} ${machine}`;
  return [model, count.trim(), mode, region].filter((part) => part !== "").join(", ");
}

function describeChange(was: unknown, is: unknown): string | undefined {
  const [old, fresh] = [factsOf(was), factsOf(is)];
  const reasons = changedKeys(valueIn(was, "decision"), valueIn(is, "decision"), "");
  const fact = (key: keyof Facts) =>
    old[key] === fresh[key] ? fresh[key] : `${old[key] || "(none)"} -> ${fresh[key]}`;
  const differs = (Object.keys(fresh) as (keyof Facts)[]).some((key) => old[key] !== fresh[key]);
  if (!differs && reasons.length === 0) return undefined;
  const nodes = `${fact("nodes")} ${fact("nodes") === "1" ? "node" : "nodes"} ${fact("machine")}`;
  const sentence = [fact("model"), nodes.trim(), fact("mode"), fact("region")];
  const shown = sentence.filter((part) => part !== "").join(", ");
  // What the sentence says already is no reason beside it.
  const others = reasons.filter(
    ({ path }) => !["model", "precision", "machine", "region", "nodes", "capacity.mode"].includes(path),
  );
  if (others.length > 0) return `${shown}; because ${others.map(({ words: reason }) => reason).join(", ")}`;
  return reasons.length > 0 ? shown : `${shown}; the decision is the same, and is planned otherwise`;
}

function changedKeys(was: unknown, is: unknown, path: string): { path: string; words: string }[] {
  // A block that comes or goes is told key by key too.
  const [old, fresh] = [was ?? {}, is ?? {}];
  if ((isObject(was) || isObject(is)) && isObject(old) && isObject(fresh)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].sort();
    return keys.flatMap((key) => changedKeys(old[key], fresh[key], path === "" ? key : `${path}.${key}`));
  }
  if (JSON.stringify(was) === JSON.stringify(is)) return [];
  return [{ path, words: `${path} ${show(was)} -> ${show(is)}` }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (value === undefined) return "(default)";
  if (value === unknownValue) return "(not known yet)";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
