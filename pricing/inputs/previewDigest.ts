import { DocumentError } from "./documentError";
import type { StackChange } from "./stackChange";
import { isState } from "./state";
import { type EngineStep, StepCollector } from "./steps";

/** What `pulumi preview --json` prints (pkg/display/json.go, PreviewDigest), but for its steps. */
export interface PreviewDigest {
  config?: Record<string, string>;
  diagnostics?: { message?: string; severity?: string }[];
  changeSummary?: Record<string, number>;
  maybeCorrupt?: boolean;
}

/** Reads a preview, whose steps may come one by one. Throws a DocumentError where the preview itself failed. */
export function readPreview(digest: PreviewDigest, steps: Iterable<unknown>, file: string): StackChange {
  const collector = new StepCollector();
  let count = 0;
  let unchanged = 0;
  for (const step of steps) {
    if (!isStep(step)) {
      throw new DocumentError(file, `step ${count + 1} has no op and urn`, "give what pulumi preview --json printed");
    }
    count += 1;
    if (step.op === "same") unchanged += 1;
    collector.add(step);
  }
  const errors = (digest.diagnostics ?? []).filter(({ severity }) => severity === "error");
  const [error] = errors;
  if (error) {
    throw new DocumentError(
      file,
      `the preview failed: ${(error.message ?? "").trim().split("\n")[0]}`,
      "mend the program, and preview again",
    );
  }
  // A refresh counts what it found unchanged, and shows it too.
  const told = collector.isRefresh() ? 0 : (digest.changeSummary?.same ?? unchanged);
  const { notes, ...change } = collector.finish();
  const corrupt = digest.maybeCorrupt ? ["the engine says that this preview may be corrupt"] : [];
  return {
    kind: "preview",
    file,
    config: digest.config ?? {},
    ...change,
    leftOut: told > unchanged ? told - unchanged : undefined,
    failed: [],
    notes: [...notes, ...corrupt],
  };
}

function isStep(step: unknown): step is EngineStep {
  const { op, urn, oldState, newState } = (step ?? {}) as Partial<EngineStep>;
  if (typeof op !== "string" || typeof urn !== "string") return false;
  return [oldState, newState].every((state) => state === undefined || state === null || isState(state));
}
