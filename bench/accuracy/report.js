// The accuracy figures as Markdown: what `npm run validate` prints and docs/accuracy.md keeps.

const { median } = require("./serving");
const { table } = require("./table");

/** With its sign, and none for what rounds to nothing. */
const signed = (value, digits) => {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : value > 0 ? `+${text}` : text;
};
const percent = (value) => (value === undefined ? "" : `${signed(value * 100, 1)} %`);
const gibibytes = (value) => (value === undefined ? "" : signed(value, 2));

function describeSplit({ tp = 1, pp = 1, dp = 1, ep = 1 }) {
  const parts = [tp > 1 ? `TP${tp}` : "", pp > 1 ? `PP${pp}` : "", dp > 1 ? `DP${dp}` : "", ep > 1 ? `EP${ep}` : ""];
  return parts.filter((part) => part !== "").join(" ") || "1 GPU";
}

function casesTable(rows) {
  const cells = rows.map(({ id, row, skipped, verdict, agrees, weightsError, cacheErrorGiB }) => [
    id,
    `${row.model} ${row.precision}`,
    `${row.gpu} ${describeSplit(row.parallelism)}`,
    row.contextLength,
    row.fits ? "yes" : "no",
    skipped ? "not judged" : verdict,
    skipped ? "" : agrees ? "yes" : "NO",
    percent(weightsError),
    gibibytes(cacheErrorGiB),
    `${row.evidence}, ${row.confidence}`,
  ]);
  const head = ["case", "model", "on", "tokens", "loaded", "we say", "agrees", "weights", "cache GiB", "evidence"];
  return table(head, cells);
}

function logsTable(rows) {
  const cells = rows.map(({ id, row, weightsError, releaseErrorGiB, plannedErrorGiB }) => [
    id,
    row.model.slice(row.model.indexOf("/") + 1),
    `${row.gpu} ${describeSplit({ tp: row.tensorParallel, pp: row.pipelineParallel, dp: row.dataParallel, ep: row.expertParallel })}`,
    row.engine,
    percent(weightsError),
    gibibytes(releaseErrorGiB),
    gibibytes(plannedErrorGiB),
    (row.derived ?? []).join(", ").replaceAll("_gib", ""),
  ]);
  const head = [
    "log",
    "model",
    "on",
    "engine",
    "weights",
    "cache GiB, its sampler",
    "cache GiB, as planned",
    "derived",
  ];
  return table(head, cells);
}

/** What the cases that were collected last say, and those of them that disagree. */
function furtherLines(further, { high, highAgree, marginal, judged, fitsThatFailed }, share) {
  const failed = further.filter(({ row }) => !row.fits).length;
  return [
    "### Further cases",
    "",
    `- ${further.length} more of high confidence, ${failed} of them failures: ${share(highAgree, high)} agree; called marginal: ${share(marginal, judged)}`,
    `- called \`fits\` and failed: ${fitsThatFailed.join(", ") || "none"}. Those that disagree:`,
    "",
    ...casesTable(further.filter(({ agrees }) => !agrees)),
  ];
}

function report({ cases, further, logs, summary, furtherSummary }) {
  const { judged, high, highAgree, agree, marginal, fitsThatFailed, disagree, weightsErrors, cacheErrors } = summary;
  const share = (part, whole) => `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;
  const worst = Math.max(...weightsErrors.map(({ weightsError }) => Math.abs(weightsError)));
  const cache = cacheErrors.map(({ cacheErrorGiB }) => cacheErrorGiB);
  const release = logs.map(({ releaseErrorGiB }) => releaseErrorGiB).filter((value) => value !== undefined);
  const planned = logs.map(({ plannedErrorGiB }) => plannedErrorGiB).filter((value) => value !== undefined);
  return [
    "### Does it load",
    "",
    `- high-confidence cases that agree: ${share(highAgree, high)}; of all cases: ${share(agree, judged)}`,
    `- called marginal: ${share(marginal, judged)}; called \`fits\` and failed: ${fitsThatFailed.join(", ") || "none"}; all that disagree: ${disagree.join(", ") || "none"}`,
    `- weights of the engine-log cases: within ${(worst * 100).toFixed(1)} %; cache left: ${gibibytes(Math.min(...cache))} to ${gibibytes(Math.max(...cache))} GiB a GPU`,
    "",
    ...casesTable(cases),
    "",
    ...furtherLines(further, furtherSummary, share),
    "",
    "### What logged starts had left",
    "",
    `- by the kind of sampler that the release had: median ${gibibytes(median(release))} GiB, from ${gibibytes(Math.min(...release))} to ${gibibytes(Math.max(...release))}`,
    `- as planned, the larger of both kinds: median ${gibibytes(median(planned))} GiB, from ${gibibytes(Math.min(...planned))} to ${gibibytes(Math.max(...planned))}`,
    "",
    ...logsTable(logs),
  ];
}

module.exports = { report };
