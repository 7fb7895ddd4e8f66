import fitted from "../data/throughput.json";
import type { Configuration } from "../memory";
import { GB, round } from "../units";
import { partsOf } from "./closedForm";
import { curveOf } from "./curve";
import { type Engine, engineNames, engines } from "./engines";
import { estimateThroughput, liveOnRank, type Throughput } from "./estimate";
import type { Neighbour } from "./experience";
import { type Speed, shippedSpeed } from "./speed";

/** How many near measurements are named. */
const named = 3;

// Machines of the same GPUs share their estimate, and what there is to say of it.
const explained = new WeakMap<Throughput, Map<Engine, string[]>>();

/** An estimate in words: what the closed form adds up, which measurements corrected it, how sure it is, and other engines. */
export function explainThroughput(
  config: Configuration,
  throughput: Throughput,
  engine: Engine = "vllm",
  speed: Speed = shippedSpeed(),
): string[] {
  if (speed !== shippedSpeed()) return explain(config, throughput, engine, speed);
  const known = explained.get(throughput) ?? new Map<Engine, string[]>();
  const lines = known.get(engine) ?? explain(config, throughput, engine, speed);
  explained.set(throughput, known.set(engine, lines));
  return lines;
}

function explain(config: Configuration, throughput: Throughput, engine: Engine, speed: Speed): string[] {
  const { work, query, at } = curveOf(config, throughput, engine, speed);
  const live = liveOnRank(throughput.concurrency, config.dataParallel);
  const parts = partsOf(work, live, speed.constants);
  const ms = (seconds: number) => round(seconds * 1e3, 2);
  const reading = parts.weights >= parts.linear ? "reading weights" : "arithmetic";
  const main = parts.step - parts.cache - parts.overhead - parts.sending;
  const form = parts.step + parts.reading;
  const first = parts.starting + speed.constants.firstTokenSteps * parts.step;
  const waiting = parts.prompt * speed.constants.queueShare * ((live - 1) / work.stages);
  const { perToken, firstToken } = at(live);
  return [
    `speed on ${engineNames[engine]}, ${round(live, 1)} live: a token takes ${ms(form)} ms = ${ms(main)} ${reading} (${round(work.denseBytes / GB, 1)} GB${work.expertBytes > 0 ? ` and up to ${round(work.expertBytes / GB, 1)} of experts` : ""} a GPU, ${config.gpu.hbmTBps} TB/s) + ${ms(parts.cache)} the cache + ${ms(parts.overhead)} launches and latencies of ${work.layers} layers + ${ms(parts.sending)} all-reduces + ${ms(parts.reading)} newcomers' prompts [${fitted.source}]`,
    `first token: ${ms(first + parts.prompt + waiting)} ms = ${ms(parts.prompt)} reading ${work.inputTokens} tokens + ${ms(waiting)} others' prompts + ${ms(first)} start and running step`,
    ...explainCorrection(speed, speed.experience.nearest(query, live, named), {
      perToken: perToken / form,
      firstToken: firstToken / (first + parts.prompt + waiting),
    }),
    explainError(throughput),
    explainOthers(config, throughput, engine, speed),
  ];
}

/** The same on the engines that were not asked for. */
function explainOthers(config: Configuration, throughput: Throughput, engine: Engine, speed: Speed): string {
  const others = engines
    .filter((other) => other !== engine)
    .map((other) => {
      const { timePerOutputTokenMs, timeToFirstTokenMs, outputTokensPerSecond, evidence } = estimateThroughput(
        config,
        throughput,
        other,
        speed,
      );
      return `${engineNames[other]} ${timePerOutputTokenMs} ms a token, first ${round(timeToFirstTokenMs, 0)} ms, ${outputTokensPerSecond} tokens/s (${evidence})`;
    });
  return `on other engines: ${others.join("; ")}`;
}

function explainCorrection(
  { similarity: { doublings } }: Speed,
  nearest: readonly Neighbour[],
  { perToken, firstToken }: { perToken: number; firstToken: number },
): string[] {
  if (nearest.length === 0) return [];
  const rows = nearest.map(({ measurement, distance }) => {
    const { id, concurrency, inputTokens, outputTokens, tensorParallel, perTokenMs, firstTokenMs } = measurement;
    return `  ${id}, distance ${round(distance)}: ${measurement.gpu} ${engineNames[measurement.engine]} ${measurement.precision} TP${tensorParallel}, ${concurrency} live, ${inputTokens} + ${outputTokens}: ${perTokenMs} ms a token, first ${firstTokenMs} ms`;
  });
  return [
    `measurements of this model's shape change it by x${round(perToken)} a token and x${round(firstToken)} the first; the nearest (0 is the same; 1 is ${doublings.concurrency} doublings of the live requests, or ${doublings.tensorParallel} of the tensor parallelism):`,
    ...rows,
  ];
}

/** How sure an estimate is, in a sentence. */
export function explainError({ evidence, uncovered, expectedError }: Throughput): string {
  if (uncovered !== undefined)
    return `how sure: extrapolated; nothing was measured ${uncovered}, so the error is not known`;
  const basis = {
    measured: "measured close by",
    related: "this model was measured, in other settings or loads",
    extrapolated: "no measurement of this model: extrapolated",
  }[evidence];
  if (!expectedError) return `how sure: ${basis}; the error is not known`;
  const percent = (share: number) => `${round(share * 100, 0)} %`;
  const { timePerOutputToken, timeToFirstToken } = expectedError;
  return `how sure: ${basis}; such estimates were off by ${percent(timePerOutputToken.median)} a token (nine of ten within a factor of ${round(timePerOutputToken.within)}) and ${percent(timeToFirstToken.median)} the first (${round(timeToFirstToken.within)})`;
}
