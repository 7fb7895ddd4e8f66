import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { isModelPath } from "../../components/modelFiles";
import type { FitResult } from "../../sizing/fit";
import { judgeConfiguration } from "../../sizing/judge";
import type { Model } from "../../sizing/model";
import type { TrainingFitResult } from "../../sizing/training/fit";
import { addedModels } from "../addedModels";
import { collect, fitOptions, type RawOptions } from "../options";
import { describeError, exitCode, print, printJson, UserError } from "../output";
import { describeSpeed } from "../speedText";
import { indent } from "../table";
import { describeTrainingFit } from "../trainingText";

/** `llm-cluster fit`: judges one configuration, or a batch of them. */
export async function fit(options: RawOptions): Promise<void> {
  const request = collect(fitOptions, options, ["batch", "json", "explain"]);
  if (typeof options.batch === "string") {
    const [beside] = Object.keys(request);
    if (beside)
      throw new UserError(
        `--batch: takes its options from the lines of ${options.batch}, so ${beside} is not used. Fix: put it into the lines`,
      );
    await runBatch(options.batch);
    return;
  }
  const result = judgeConfiguration(request, addedModels(request.model, "."));
  const explain = options.explain === true;
  if (options.json) printJson(result);
  else print("training" in result ? describeTrainingFit(result, explain) : describeFit(result, explain));
  process.exitCode = result.verdict === "no" ? exitCode.unfit : exitCode.ok;
}

/** One JSON object a line in, one a line out; a faulty line gives its error on its own line, and the rest goes on. */
async function runBatch(file: string): Promise<void> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  const judge = batchJudge();
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const text = line.replace(/^\uFEFF/, "");
      if (text.trim() !== "" && !process.stdout.write(`${JSON.stringify(judge(text))}\n`))
        await once(process.stdout, "drain");
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      `--batch ${file}: cannot be read (${code ?? (error as Error).message}). Fix: give the path of a file, or - for standard input`,
    );
  }
}

/** Judges lines. The models file is read once, and each config.json that lines name once. */
function batchJudge(): (line: string) => FitResult | TrainingFitResult | { error: ReturnType<typeof describeError> } {
  const known = new Map<unknown, Model[]>();
  const modelsFor = (name: unknown) => {
    const key = isModelPath(name) ? name : undefined;
    const models = known.get(key) ?? addedModels(key, ".");
    known.set(key, models);
    return models;
  };
  return (line) => {
    try {
      const request = parseLine(line);
      return judgeConfiguration(request, modelsFor((request as { model?: unknown } | null)?.model));
    } catch (error) {
      return { error: describeError(error) };
    }
  };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    const shown = line.length > 60 ? `${line.slice(0, 60)}...` : line;
    throw new UserError(
      `--batch: ${shown} is not JSON (${(error as Error).message}). Fix: write one JSON object of fit's options a line`,
    );
  }
}

function describeFit(
  { verdict, memory, kvCacheTokens, longestRequestTokens, maxSequences, throughput, warnings, explanation }: FitResult,
  explain: boolean,
): string[] {
  const spare =
    memory.shortGiB > 0 ? `${memory.shortGiB} GiB a GPU are missing` : `${memory.freeGiB} GiB a GPU to spare`;
  const lines = [
    `${verdict}: ${spare}`,
    `memory a GPU, GiB: ${memory.usableGiB} usable = ${memory.weightsGiB} weights + ${memory.activationsGiB} activations + ${memory.nonTorchGiB} outside PyTorch + ${memory.kvCacheGiB} KV cache`,
    `KV cache: ${kvCacheTokens} tokens, ${maxSequences} requests of the whole context at a time, a single one of up to ${longestRequestTokens} tokens`,
  ];
  if (throughput) lines.push(...describeSpeed("speed", throughput));
  lines.push(...warnings.map((words) => `warning: ${words}`));
  if (explain) lines.push("", "arithmetic:", ...indent(explanation));
  return lines;
}
