import type { PulumiRun } from "./pulumi";

/** What the CLI or AWS says, and what to do about it. The first that is found is given. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/no stack named/i, "bring the stack up first ('pulumi up')"],
  [
    /PULUMI_ACCESS_TOKEN|not logged in|pulumi login|\b401\b.*Unauthorized/i,
    "log in ('pulumi login'), where the stack is kept",
  ],
  [/PULUMI_CONFIG_PASSPHRASE|incorrect passphrase/i, "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"],
  [
    /currently locked by|Another update is currently in progress/i,
    "wait until the other update has ended; where none is under way, 'pulumi cancel' takes the lock away",
  ],
  [
    /InsufficientInstanceCapacity|ReservationCapacityExceeded|VcpuLimitExceeded|MaxSpotInstanceCountExceeded/,
    "see 'llm-cluster preflight', and run the same command again when there is capacity: it goes on from here",
  ],
  [
    /InvalidCapacityReservation\w*/,
    "name a reservation or block that is active now (decision.capacity.reservationId), and run the same command again",
  ],
  [/not specified in --target list/, "run 'pulumi up', which changes more than machines"],
  [/protect/i, "see what is protected, and run 'pulumi up' yourself"],
];

/** A failed run in one sentence, with what to do. */
export function explainPulumi(command: string, run: PulumiRun): string {
  const words = errorsOf(run);
  const said = words.length > 0 ? words.join("; ") : `it ended with ${run.code ?? "a signal"}`;
  const remedy = remedies.find(([pattern]) => pattern.test(said))?.[1];
  return `'pulumi ${command}' failed: ${said}. Fix: ${remedy ?? "mend that, and run the same command again: it goes on from here"}`;
}

/** What the CLI calls errors, each once: in its text, or among the diagnostics of a JSON document. */
function errorsOf({ stdout, stderr }: PulumiRun): string[] {
  const lines = `${stderr}\n${diagnosticsOf(stdout) ?? stdout}`.split("\n");
  const errors = lines.flatMap((line) => /\berror: *(\[\d+\].*|.+)/.exec(line)?.[1]?.trim() ?? []);
  const telling = errors.filter((words) => !/^(update|preview|refresh) failed$/.test(words));
  return [...new Set(telling.length > 0 ? telling : errors)]
    .slice(0, 3)
    .map((words) => words.replace(/\.$/, "").slice(0, 400));
}

function diagnosticsOf(stdout: string): string | undefined {
  try {
    const { diagnostics } = JSON.parse(stdout) as { diagnostics?: { message: string; severity: string }[] };
    return (diagnostics ?? []).map(({ message }) => message).join("\n");
  } catch {
    return undefined;
  }
}
