import { type AwsError, asNotAnswered, describeNotAnswered, NotAnswered } from "./awsErrors";

/** What a check came to. `fails`: `pulumi up` would fail, or make what cannot work; `warns`: not surely, and you should know. */
export type FindingState = "ok" | "warns" | "fails" | "could not check";

/** One thing that a check found out, or could not. */
export interface Finding {
  /** Name of the check: zone, quota, image, reservation, offerings, subnet, bucket. */
  check: string;
  state: FindingState;
  /** What AWS said. */
  fact: string;
  /** What that means for `pulumi up`, where the fact does not say it. */
  meaning?: string;
  /** What to do. */
  fix?: string;
  /** AWS's own error code, and the permission that the question needs, where a question was not answered. */
  error?: AwsError;
}

/** How a check tells what it found: `say.fails(fact, meaning, fix)`. */
export interface Say {
  ok(fact: string): Finding;
  warns(fact: string, meaning?: string, fix?: string): Finding;
  fails(fact: string, meaning?: string, fix?: string): Finding;
  unknown(fact: string, meaning?: string, fix?: string): Finding;
}

/** The findings of one check, by its name. */
export function findingsOf(check: string): Say {
  const say = (state: FindingState) => (fact: string, meaning?: string, fix?: string) => ({
    check,
    state,
    fact,
    ...(meaning === undefined ? {} : { meaning }),
    ...(fix === undefined ? {} : { fix }),
  });
  return { ok: say("ok"), warns: say("warns"), fails: say("fails"), unknown: say("could not check") };
}

/**
 * Runs a check, or a part of one. A question that AWS did not answer leaves that part open and stops nothing else; an
 * error that is none of AWS's is ours to mend, and is thrown.
 * @param what what then could not be found out, as the beginning of a sentence
 */
export async function attempt(check: string, what: string, find: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await find();
  } catch (error) {
    const unanswered = asNotAnswered(error);
    if (!unanswered) throw error;
    return [couldNotCheck(check, what, unanswered)];
  }
}

function couldNotCheck(check: string, what: string, error: NotAnswered): Finding {
  const { meaning, fix, code, permission } = describeNotAnswered(error);
  return { ...findingsOf(check).unknown(`${what}: ${meaning}`, undefined, fix), error: { code, permission } };
}

/** What one of these codes means is the check's to say: the question was answered. Anything else is thrown on. */
export function answeredWith(error: unknown, codes: readonly string[]): error is NotAnswered {
  return error instanceof NotAnswered && codes.includes(error.code);
}
