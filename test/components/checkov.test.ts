import type { RecordedResource } from "../../cli/preview/recorder";
import { clusters, recordClusters } from "../fixtures/graph/clusters";
import { endpointRules } from "./checkov/endpoint";
import { identityRules } from "./checkov/identity";
import { machineRules } from "./checkov/machines";
import { networkRules } from "./checkov/network";
import { observabilityRules } from "./checkov/observability";
import { reasons } from "./checkov/reasons";
import { judge, type Rule } from "./checkov/rule";
import { spoils } from "./checkov/spoils";
import { storageRules } from "./checkov/storage";

const rules: readonly Rule[] = [
  ...machineRules,
  ...networkRules,
  ...storageRules,
  ...endpointRules,
  ...observabilityRules,
  ...identityRules,
];
let graphs: Record<string, RecordedResource[]>;

beforeAll(async () => {
  graphs = await recordClusters();
});

/** The clusters that break a rule, each with the resources that do. */
function failuresOf(rule: Rule): string[] {
  return Object.entries(graphs).flatMap(([name, graph]) =>
    judge(rule, graph).failing.map((record) => `${name}: ${record.name}`),
  );
}

const heading = rules.map((rule) => [`${rule.id}, ${rule.title}`, rule] as const);
const held = heading.filter(([, { id }]) => reasons[id] === undefined);
const excused = heading.filter(([, { id }]) => reasons[id] !== undefined);

test("no rule is there twice, and no reason or spoil without its rule", () => {
  const ids = rules.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...Object.keys(reasons), ...Object.keys(spoils)].sort()).toEqual([...ids].sort());
});

test.each(held)("%s: is held by every cluster", (_, rule) => {
  expect(failuresOf(rule)).toEqual([]);
});

// What holds because nothing is judged, or because nothing could break it, is not held.
test.each(held)("%s: is broken by what it is against", (_, rule) => {
  const broken = Object.values(graphs).filter((graph) => {
    const { judged } = judge(rule, graph);
    return judged.length > 0 && judge(rule, spoils[rule.id]?.(graph) ?? graph).failing.length > 0;
  });
  expect(broken.length).toBeGreaterThan(0);
});

test.each(excused)("%s: is not held, and the reason is still needed", (_, rule) => {
  expect(reasons[rule.id]?.why).toMatch(/\w+ \w+ \w+/);
  expect(failuresOf(rule).length).toBeGreaterThan(0);
});

test.each(
  excused.flatMap(([title, rule]) => (reasons[rule.id]?.heldIn ?? []).map((name) => [title, name, rule] as const)),
)("%s: is held where it is asked for, as in %s", (_, name, rule) => {
  expect(Object.keys(clusters)).toContain(name);
  const { judged, failing } = judge(rule, graphs[name] ?? []);
  expect(judged.length).toBeGreaterThan(0);
  expect(failing.map((record) => record.name)).toEqual([]);
});
