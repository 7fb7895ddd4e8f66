import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { describeReport } from "../../cli/diffText";
import { judge, readGateRule } from "../../pricing/diff/gate";
import { type CostReport, reportCosts } from "../../pricing/diff/report";
import { readDocument } from "../../pricing/inputs/readDocument";
import { money } from "../../pricing/money";
import { toHtml } from "../../pricing/render/html";
import { toInfracost } from "../../pricing/render/infracost";
import { toMarkdown } from "../../pricing/render/markdown";
import { commentMarker, unchangedMarker } from "../../pricing/render/marker";
import schema from "../fixtures/infracost/infracost.schema.json";
import { expectGolden, pinnedPrices } from "../support/golden";

const fixtures = join(__dirname, "../fixtures");
const read = (name: string) => readDocument(readFileSync(join(fixtures, name)), name);
const report = (...names: string[]): CostReport =>
  reportCosts(names.map(read), {
    prices: pinnedPrices,
    region: "us-east-1",
    siblingsOf: (machine) => (machine === "p5.48xlarge" ? [{ id: "p5en.48xlarge", gpus: "8 x H200" }] : []),
  });

/** What the golden files are of: one change that replaces a machine, one of which only a part is told, and several stacks. */
const cases: [string, string[]][] = [
  ["other-machine", ["engine/dev.preview-other-machine.json"]],
  ["plain-preview", ["engine-lab/preview-replace.json"]],
  [
    "several-stacks",
    ["engine/dev.preview-more-nodes.json", "engine-lab/preview-delete.json", "engine/dev.preview-same.json"],
  ],
];
const gatesOf = (costs: CostReport) => {
  const rule = readGateRule("increase>500");
  return judge(costs, [{ monthlyUsd: money(10_000), given: "--budget" }], rule ? [rule] : []);
};
const facts = { prices: "Prices of 2024-07-01 to 2026-07-20" };

describe.each(cases)("%s", (name, files) => {
  const costs = report(...files);

  test("at a terminal", () => expectGolden(`${name}.txt`, describeReport(costs, gatesOf(costs)).join("\n")));

  test("as a comment", () => expectGolden(`${name}.md`, toMarkdown(costs, { ...facts, gates: gatesOf(costs) })));

  test("as a page", () => expectGolden(`${name}.html`, toHtml(costs, { ...facts, gates: gatesOf(costs) })));

  test("as JSON, which is Infracost's by Infracost's own schema", () => {
    const document = toInfracost(costs, {
      timeGenerated: "2026-11-23T00:00:00.000Z",
      command: "diff",
      gates: gatesOf(costs),
    });
    const text = JSON.stringify(document, undefined, 1);
    // Of several it would be the same thing several times over.
    if (files.length === 1) expectGolden(`${name}.json`, text);
    const { llmCluster, ...theirs } = JSON.parse(text);
    const { $schema, ...rules } = schema;
    expect($schema).toContain("draft-04");
    // Draft 4 and 7 differ in nothing that this schema uses; the formats are not checked.
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(rules);
    validate(theirs);
    expect(validate.errors).toBeNull();
    expect(Object.keys(llmCluster)).toEqual(expect.arrayContaining(["complete", "oneOffUsd", "stacks", "gates"]));
  });
});

test("the schema does refuse what is not Infracost's", () => {
  const validate = new Ajv({ strict: false }).compile({ ...schema, $schema: undefined });
  expect(validate({ version: "0.2" })).toBe(false);
});

describe("every rendering marks what is not known", () => {
  const lost = report("engine-lab/preview-replace.json");
  const unpriced = reportCosts([read("engine/dev.preview-other-machine.json")], {
    prices: pinnedPrices.without({ cloud: "aws", sku: "p5.48xlarge", mode: "on-demand" }),
  });

  test("a price that is lost is no saving: not in the table, the comment, the page or the JSON", () => {
    const texts = [describeReport(unpriced).join("\n"), toMarkdown(unpriced, facts), toHtml(unpriced, facts)];
    for (const text of texts) {
      expect(text).toContain("not known");
      expect(text).toMatch(/of what is known/);
      expect(text).not.toMatch(/-\$5,0\d\d|-9\d\.\d %/);
    }
    const { diffTotalMonthlyCost, projects } = toInfracost(unpriced, { timeGenerated: "", command: "diff" });
    expect(Number(diffTotalMonthlyCost)).toBeGreaterThanOrEqual(0);
    const node = projects[0]?.diff.resources.find(({ name }) => name === "llm-node-0");
    expect(node?.costComponents[0]).toMatchObject({ monthlyCost: null, priceNotFound: true });
  });

  test("the page says of what its sums are, and claims no share of a part", () => {
    const page = toHtml(lost, facts);
    expect(page).toContain("Sums are of the changed part");
    expect(page).not.toContain("The differences are right.");
    const several = toHtml(report("engine/dev.preview-more-nodes.json", "engine-lab/preview-delete.json"), facts);
    expect(several).toContain("<td>together</td>");
  });
});

describe("a comment", () => {
  test("is found again by its first line, and tells that nothing changed in its second", () => {
    const same = toMarkdown(report("engine/dev.preview-same.json"), { ...facts, tag: "offline" }).split("\n");
    expect(same.slice(0, 2)).toEqual([commentMarker("offline"), unchangedMarker]);
    const changed = toMarkdown(report("engine/dev.preview-more-nodes.json"), facts).split("\n");
    expect(changed[0]).toBe("<!-- llm-cluster:cost-diff -->");
    expect(changed).not.toContain(unchangedMarker);
  });

  test("names nobody, links nowhere and breaks no table, whatever resources are called", () => {
    const costs = report("engine/dev.preview-more-nodes.json");
    const hostile = "x|y`<img src=q>` @octocat [a](https://e.example) www.e.example #12\n> [!NOTE]";
    const [stack] = costs.stacks;
    if (!stack) throw new Error("there is a stack");
    const renamed = {
      ...costs,
      stacks: [{ ...stack, resources: stack.resources.map((one) => ({ ...one, name: hostile })) }],
    };
    const text = toMarkdown(renamed, facts);
    expect(text).not.toMatch(/<img|[^\\]\[a\]\(|\n> \[!NOTE\]|@octocat|https:\/\/|www\.e|#12/);
    const rows = text.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows.length).toBeGreaterThan(1);
    // Seven cells, whatever stands in them.
    for (const row of rows) expect(row.replaceAll("\\|", "").match(/\|/g)).toHaveLength(8);
    expect(toHtml(renamed, facts)).not.toContain("<img");
  });

  test("of a partial preview shows no share, and says what its sums are of", () => {
    const text = toMarkdown(report("engine-lab/preview-delete.json"), facts);
    expect(text).toContain("-$40,195.20 ‡ |");
    expect(text).toContain("--show-sames");
    expect(text).not.toContain("100.0 %");
  });
});
