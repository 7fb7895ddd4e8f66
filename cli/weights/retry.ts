import { UserError } from "../output";
import type { World } from "../store/world";

/** A fault that may be gone the next time: no answer, a broken connection, a server's own fault, too many requests. */
export class PassingError extends Error {
  /** @param waitSeconds how long the other side asks to wait; absent: it does not say */
  constructor(
    message: string,
    readonly waitSeconds?: number,
  ) {
    super(message);
  }
}

/** How often something is tried in all, and the longest wait between two tries, seconds. */
export const patience = { tries: 6, longestWaitSeconds: 300 } as const;

/**
 * Tries until it works, waiting 1, 2, 4, ... seconds in between, or as long as the other side asks. What does not pass
 * is thrown at once; what does not pass in time becomes a UserError.
 * @param what for the error: what was tried
 */
export async function retrying<Result>(
  what: string,
  { sleep }: Pick<World, "sleep">,
  signal: AbortSignal,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let count = 1; ; count++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PassingError)) throw error;
      const wait = error.waitSeconds ?? 2 ** (count - 1);
      if (count === patience.tries || wait > patience.longestWaitSeconds) throw givenUp(what, error, count, wait);
      await sleep(wait * 1000, signal);
    }
  }
}

function givenUp(what: string, { message }: Error, tries: number, wait: number): UserError {
  const times = tries === 1 ? "" : `, ${tries} times`;
  const asked = wait > patience.longestWaitSeconds ? `, and it asks to wait ${Math.ceil(wait)} s` : "";
  return new UserError(
    `${what}: ${message}${times}${asked}. Fix: check the network, and run the command again; what was sent is kept`,
  );
}
