import { toDollars } from "../pricing/money";
import type { Decision } from "../sizing/decision";
import type { Plan } from "../sizing/plan";
import { choiceInstead, type RankedOption, type Ranking } from "../sizing/ranking";
import type { SweepPoint } from "../sizing/sweep";
import { table } from "./table";

/** Rows that are shown without --all. */
const shownRows = 14;

const speedColumns = [
  { heading: "ms/TOKEN", right: true },
  { heading: "FIRST ms", right: true },
  { heading: "TOKENS/s", right: true },
  { heading: "$/MONTH", right: true },
  { heading: "$/M TOKENS", right: true },
];

/** What would do where the plan does not, and how to have it planned. */
export function describeInstead(plan: Plan, ranking: Ranking): string[] {
  const instead = choiceInstead(plan, ranking);
  if (!instead) return [];
  const { precision, capacityMode, nodes, machine, monthlyCostUsd = "0" } = instead;
  const options = [
    precision === plan.decision.precision ? "" : `--precision ${precision}`,
    capacityMode === plan.decision.capacity.mode ? "" : `--capacity-mode ${capacityMode}`,
  ].filter((option) => option !== "");
  return [
    `instead: ${nodes} x ${machine} in ${precision}, ${capacityMode}, ${toDollars(monthlyCostUsd)} a month, ${instead.isChoice ? "would do" : "misses no more, for less"}; give ${options.join(" ")} to have it planned`,
  ];
}

/** The ranking as a table: the best rows and those on the Pareto front, or all of them. */
export function describeRanking({ options, utilization, rankedBy }: Ranking, plan: Plan, all: boolean): string[] {
  const isPlan = (option: RankedOption) =>
    option.machine === plan.machine &&
    option.precision === plan.decision.precision &&
    option.capacityMode === plan.decision.capacity.mode;
  const rows = options.map((option, index) => ({ option, cells: optionCells(option, index, isPlan(option)) }));
  const shown = rows.filter(({ option }, index) => all || index < shownRows || option.isPareto || isPlan(option));
  const columns = [
    { heading: "#", right: true },
    { heading: "" },
    { heading: "VERDICT" },
    { heading: "MACHINES" },
    { heading: "PRECISION" },
    { heading: "BOUGHT" },
    { heading: "LAYOUT" },
    ...speedColumns,
    { heading: "REMARK" },
  ];
  const by = { month: "cost a month", tokens: "cost of a million tokens", latency: "time per output token" }[rankedBy];
  return [
    `ranked by ${by}; $/M output tokens at ${Math.round(utilization * 100)} % utilisation; > the plan above, * no choice is both cheaper and faster`,
    ...table(
      columns,
      shown.map(({ cells }) => cells),
    ),
    ...describeRest(rows.filter((row) => !shown.includes(row)).map(({ option }) => option)),
  ];
}

function optionCells(option: RankedOption, index: number, isPlan: boolean): string[] {
  return [
    String(index + 1),
    `${isPlan ? ">" : ""}${option.isPareto ? "*" : ""}`,
    option.verdict,
    `${option.nodes} x ${option.machine}`,
    option.precision,
    option.capacityMode,
    layoutOf(option),
    ...speedCells(option),
    option.why.length > 0 ? whyNot(option.why) : remarkOn(option),
  ];
}

/** The first reason, short enough for a line, and how many more there are. */
function whyNot([first = "", ...more]: readonly string[]): string {
  const short = first.length > 70 ? `${first.slice(0, 67)}...` : first;
  return more.length > 0 ? `${short} (+${more.length} more)` : short;
}

/** What to know of a choice before it is made. */
function remarkOn({ paidUpfront, priceConfidence, priceAsOf, capacityMode }: RankedOption): string {
  return [
    paidUpfront ? "paid upfront" : "",
    capacityMode === "spot" ? "may be taken back" : "",
    priceConfidence === "low" ? `price of ${priceAsOf}, unsure` : "",
  ]
    .filter((part) => part !== "")
    .join("; ");
}

type Laid = Pick<RankedOption, "tensorParallel" | "pipelineParallel" | "dataParallel" | "replicas">;

function layoutOf({ tensorParallel, pipelineParallel, dataParallel, replicas }: Laid): string {
  const stages = pipelineParallel > 1 ? ` x PP${pipelineParallel}` : "";
  const ranks = dataParallel > 1 ? ` x DP${dataParallel}` : "";
  return `TP${tensorParallel}${stages}${ranks}, ${replicas} replica${replicas > 1 ? "s" : ""}`;
}

type Fast = Pick<
  RankedOption,
  "timePerOutputTokenMs" | "timeToFirstTokenMs" | "outputTokensPerSecond" | "monthlyCostUsd" | "usdPerMillionTokens"
>;

/** Unknown is said, never zero. */
function speedCells(option: Fast): string[] {
  const { timePerOutputTokenMs, timeToFirstTokenMs, outputTokensPerSecond, monthlyCostUsd, usdPerMillionTokens } =
    option;
  return [
    timePerOutputTokenMs?.toFixed(1) ?? "-",
    timeToFirstTokenMs?.toFixed(0) ?? "-",
    outputTokensPerSecond?.toFixed(0) ?? "-",
    monthlyCostUsd === undefined ? "unknown" : toDollars(monthlyCostUsd),
    usdPerMillionTokens === undefined ? "-" : toDollars(usdPerMillionTokens),
  ];
}

/** What the table leaves out, counted by what it is. */
function describeRest(options: readonly RankedOption[]): string[] {
  if (options.length === 0) return [];
  const count = (holds: (option: RankedOption) => boolean, words: string) => {
    const found = options.filter(holds).length;
    return found > 0 ? [`${found} ${words}`] : [];
  };
  const parts = [
    ...count(({ isChoice }) => isChoice, "more that would do"),
    ...count(
      ({ isChoice, verdict }) => !isChoice && verdict === "fits",
      "that fit and miss a target, cannot be ordered so, are not built here, or have no known price",
    ),
    ...count(({ verdict }) => verdict === "marginal", "that are tight"),
    ...count(({ verdict }) => verdict === "no", "that do not fit or are not offered there"),
  ];
  return [`and ${parts.join(", ")}: --all lists them, each with its first reason, --json with all`];
}

function remarkOnPoint({ verdict, targets, warnings }: SweepPoint): string {
  if (verdict !== "fits") return whyNot(warnings.slice(-1));
  return whyNot((targets?.missed ?? []).map(({ target, asked, estimate }) => `misses ${target} ${asked}: ${estimate}`));
}

/** A sweep as a table. */
export function describeSweep(points: readonly SweepPoint[], decision: Decision, utilization: number): string[] {
  const columns = [
    { heading: "CONTEXT", right: true },
    { heading: "LIVE", right: true },
    { heading: "VERDICT" },
    { heading: "MACHINES" },
    { heading: "LAYOUT" },
    ...speedColumns,
    { heading: "REMARK" },
  ];
  const rows = points.map((point) => [
    String(point.contextLength),
    String(point.concurrency),
    point.verdict,
    `${point.nodes} x ${point.machine}`,
    layoutOf(point),
    ...speedCells(point),
    remarkOnPoint(point),
  ]);
  const average = decision.averageTokens === undefined ? "" : `, averaging ${decision.averageTokens} tokens or less`;
  return [
    `${decision.model} in ${decision.precision}${average}, the best plan of each; ${decision.capacity.mode}; $/M output tokens at ${Math.round(utilization * 100)} % utilisation`,
    ...table(columns, rows),
  ];
}
