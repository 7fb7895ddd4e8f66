import { readFileSync } from "node:fs";
import { type FitResult, judgeFit } from "../../sizing/fit";
import { collect, fitOptions, type RawOptions } from "../options";
import { describeError, exitCode, print, printJson, UserError } from "../output";
import { indent } from "../table";

/** `llm-cluster fit`: judges one configuration, or a batch of them. */
export function fit(options: RawOptions): void {
  if (typeof options.batch === "string") {
    runBatch(options.batch);
    return;
  }
  const result = judgeFit(collect(fitOptions, options, ["batch", "json", "explain"]));
  if (options.json) printJson(result);
  else print(describeFit(result, options.explain === true));
  process.exitCode = result.verdict === "no" ? exitCode.unfit : exitCode.ok;
}

/** One JSON object a line in, one a line out; a faulty line gives its error on its own line, and the rest goes on. */
function runBatch(file: string): void {
  const lines = readLines(file).filter((line) => line.trim() !== "");
  for (const line of lines) {
    console.log(JSON.stringify(judgeLine(line)));
  }
}

function judgeLine(line: string): FitResult | { error: ReturnType<typeof describeError> } {
  try {
    return judgeFit(JSON.parse(line));
  } catch (error) {
    return { error: describeError(error) };
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8").split(/\r?\n/);
  } catch (error) {
    throw new UserError(
      `--batch ${file}: cannot be read (${(error as NodeJS.ErrnoException).code}). Fix: give the path of a file, or - for standard input`,
    );
  }
}

function describeFit(
  { verdict, memory, kvCacheTokens, maxSequences, throughput, warnings, explanation }: FitResult,
  explain: boolean,
): string[] {
  const spare =
    memory.shortGiB > 0 ? `${memory.shortGiB} GiB a GPU are missing` : `${memory.freeGiB} GiB a GPU to spare`;
  const lines = [
    `${verdict}: ${spare}`,
    `memory a GPU, GiB: ${memory.usableGiB} usable = ${memory.weightsGiB} weights + ${memory.activationsGiB} activations + ${memory.nonTorchGiB} outside PyTorch + ${memory.kvCacheGiB} KV cache`,
    `KV cache: ${kvCacheTokens} tokens, ${maxSequences} requests of the whole context at a time`,
  ];
  if (throughput) {
    const [soonest, latest] = throughput.timeToFirstTokenRangeMs;
    lines.push(
      `speed, estimated at ${throughput.concurrency} live requests of ${throughput.inputTokens} + ${throughput.outputTokens} tokens: first token ${Math.round(soonest)}-${Math.round(latest)} ms, then ${throughput.timePerOutputTokenMs} ms a token, ${throughput.outputTokensPerSecond} tokens/s`,
    );
  }
  lines.push(...warnings.map((words) => `warning: ${words}`));
  if (explain) lines.push("", "arithmetic:", ...indent(explanation));
  return lines;
}
