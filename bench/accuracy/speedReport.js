// The figures of the estimate of speed as Markdown.

const { describe } = require("./statistics");
const { table } = require("./table");

const percent = (value) => `${(100 * value).toFixed(1)} %`;
const times = [
  ["perToken", "time per output token"],
  ["firstToken", "time to first token"],
  ["throughput", "throughput"],
];

const isHopper = ({ measured }) => measured.isHopper;
const isBlackwell = ({ measured }) => !measured.isHopper;
const isPlain = ({ measured }) => !measured.leaveOut;
const kindOf = ({ measured }) => measured.work.kind;

/** AIConfigurator 0.12.0 on rows of this kind that ship with it, estimated side by side on 2026-11-23: mean errors. */
const anchor = {
  dense: { perToken: 0.143, firstToken: 0.51, throughput: 0.139 },
  moe: { perToken: 0.177, firstToken: 0.35, throughput: 0.189 },
};
/** What is promised of rows that are left out one by one. */
const promised = {
  dense: { perToken: 0.14, firstToken: 0.3, throughput: 0.14 },
  moe: { perToken: 0.17, firstToken: 0.3, throughput: 0.18 },
};

/** Mean, median, nine tenths and bias of each kind of error, a line each. */
function overview(lists) {
  const rows = [];
  for (const kind of ["dense", "moe"])
    for (const [time, name] of times) {
      for (const [words, errors] of lists) {
        const list = errors.filter((error) => kindOf(error) === kind);
        if (list.length === 0) continue;
        const { count, mean, median, p90, bias } = describe(list.map((error) => error[time]));
        rows.push([kind, name, words, count, percent(mean), percent(median), percent(p90), percent(bias)]);
      }
    }
  return table(["models", "of", "left out", "rows", "mean", "median", "nine of ten", "bias"], rows);
}

/** By model, engine and GPU: without the row, and without any row of the model. */
function details(row, model) {
  const keyOf = ({ measured: { row: cells } }) => [cells.model, cells.gpu, cells.engine, cells.precision].join(", ");
  const keys = [...new Set(row.map(keyOf))].sort();
  const cells = keys.map((key) => {
    const own = row.filter((error) => keyOf(error) === key);
    const others = model.filter((error) => keyOf(error) === key);
    const figures = (list, time) => {
      const { mean, median, p90, bias } = describe(list.map((error) => error[time]));
      return `${percent(mean)} (${percent(median)}, ${percent(p90)}, ${percent(bias)})`;
    };
    const mean = (time) => percent(describe(others.map((error) => error[time])).mean);
    return [
      key,
      own.length,
      figures(own, "perToken"),
      figures(own, "firstToken"),
      figures(own, "throughput"),
      `${mean("perToken")}, ${mean("firstToken")}, ${mean("throughput")}`,
    ];
  });
  return table(
    [
      "model, GPU, engine, precision",
      "rows",
      "token: mean (median, p90, bias)",
      "first token",
      "throughput",
      "without its model: token, first, throughput",
    ],
    cells,
  );
}

/** The model that estimates miss most when they have not seen it. */
function worstModel(errors) {
  const models = [...new Set(errors.map(({ measured }) => measured.row.model))];
  const means = models.map((model) => {
    const list = errors.filter(({ measured }) => measured.row.model === model);
    return { model, mean: describe(list.map(({ perToken }) => perToken)).mean };
  });
  return means.sort((left, right) => right.mean - left.mean)[0];
}

function promiseLines(row, tenths) {
  const cells = ["dense", "moe"].flatMap((kind) =>
    times.map(([time, name]) => {
      const list = row.filter((error) => isHopper(error) && kindOf(error) === kind);
      const inTenths = tenths.filter((error) => isHopper(error) && kindOf(error) === kind);
      const mean = (errors) => percent(describe(errors.map((error) => error[time])).mean);
      return [kind, name, mean(list), percent(promised[kind][time]), percent(anchor[kind][time]), mean(inTenths)];
    }),
  );
  return table(["models", "of", "ours, mean", "at most", "AIConfigurator 0.12", "ours, a tenth left out"], cells);
}

/** Rows that no fit has seen, by model. */
function heldOutLines(errors) {
  const keyOf = ({ measured: { row, isHopper: hopper } }) => `${row.model} ${hopper ? "hopper" : "blackwell"}`;
  const rows = [...new Set(errors.map(keyOf))].sort().map((key) => {
    const list = errors.filter((error) => keyOf(error) === key);
    const figure = (time) => {
      const { mean, median } = describe(list.map((error) => error[time]));
      return `${percent(mean)} (${percent(median)})`;
    };
    const evidences = [...new Set(list.map(({ evidence }) => evidence))].sort().join(", ");
    return [key, list.length, evidences, figure("perToken"), figure("firstToken"), figure("throughput")];
  });
  return table(["model", "rows", "we say", "token: mean (median)", "first token", "throughput"], rows);
}

/** How many measured times lie in the ranges that estimates gave; they are made for nine of ten. */
function coverageLine(errors) {
  const share = (name) => percent(errors.filter((error) => error[name]).length / errors.length);
  return `In the range that the estimate gives lie ${share("isPerTokenInRange")} of these times per output token and ${share("isFirstTokenInRange")} of these times to first token.`;
}

function publishedLines(published) {
  const keyOf = ({ row }) => `${row.model} ${row.gpu}`;
  const rows = [...new Set(published.map(keyOf))].sort().map((key) => {
    const list = published.filter((scored) => keyOf(scored) === key && scored.auto !== undefined);
    const figure = (dtype) => {
      const { mean, median, bias } = describe(list.map((scored) => scored[dtype]));
      return `${percent(mean)} (${percent(median)}, ${percent(bias)})`;
    };
    return [key, list.length, figure("auto"), figure("fp8")];
  });
  return table(["model", "rows", "16-bit cache: mean (median, bias)", "FP8 cache"], rows);
}

function reportSpeed({ counts, refused, row, tenths, setting, model, heldOut, published }) {
  const hopper = (errors) => errors.filter(isHopper);
  const blackwell = (errors) => errors.filter((error) => isBlackwell(error) && isPlain(error));
  const doubtful = row.filter((error) => !isPlain(error));
  const lists = (pick) => [
    ["itself", pick(row)],
    ["a tenth of the rows, constants too", pick(tenths)],
    ["its setting", pick(setting)],
    ["its model, constants too", pick(model)],
  ];
  const worst = worstModel(hopper(model));
  const doubtfulToken = describe(doubtful.map(({ perToken }) => perToken));
  return [
    "### How fast: H100 and H200, first token under 5 s, each row left out",
    "",
    `${counts.learnt} of ${counts.all} rows, of ${counts.models} shapes of model, are learnt from; ${counts.all - counts.asked} had queues, and ${counts.asked - counts.learnt} may be of speculative decoding or are misread: those are estimated and counted, and teach nothing. ${refused.length} rows ran and are said not to load, so they have no estimate (memory is modelled on vLLM): ${refused.join(", ") || "none"}.`,
    "",
    ...promiseLines(row, tenths),
    "",
    ...overview(lists(hopper)),
    "",
    `Of H100 and H200, without any row of its model, ${worst.model} is missed most: ${percent(worst.mean)} of the time per output token.`,
    "",
    ...details(hopper(row), hopper(model)),
    "",
    "### How fast: Blackwell",
    "",
    ...overview(lists(blackwell)),
    "",
    ...details(blackwell(row), blackwell(model)),
    "",
    `The ${doubtful.length} rows that teach nothing, on both: ${percent(doubtfulToken.mean)} of the time per output token, bias ${percent(doubtfulToken.bias)}.`,
    "",
    "### How fast: rows that were never learnt from",
    "",
    ...heldOutLines(heldOut),
    "",
    coverageLine(heldOut),
    "",
    "### How fast: NVIDIA's tables of the most that TensorRT-LLM yields",
    "",
    ...publishedLines(published),
  ];
}

module.exports = { reportSpeed, promised, times };
