import { changesOf, neededBy, type PreviewStep } from "./changes";
import { releaseTargets } from "./nodeTargets";
import type { Session } from "./session";
import { endOf } from "./state";
import { previewOnly } from "./step";

/** Nodes drain from so long before the end that their release names (serving/node/notices.py). */
const drainsBeforeMs = 40 * 60_000;

/**
 * The release that nodes have while machines are moved. It says when capacity ends, and that is the old block's until the
 * new release is brought up. That comes last, by a plain update: it makes every replica start its engine again, and the
 * replicas of the old block would no longer drain before its end. But machines that are moved when the old block is nearly
 * over would drain at once with it: then the release is brought up first. The old replicas take it in their turn.
 */
export class ReleaseInPlace {
  /** URNs to update; empty where the release's end of capacity stays. */
  private readonly targets: string[];
  private readonly endsAt: string | undefined;
  private broughtUp = false;

  constructor({ state }: Session, steps: readonly PreviewStep[]) {
    const targets = releaseTargets(state);
    const release = steps.find(({ urn, op }) => urn === targets[0] && op !== "same");
    const content = release?.newState?.inputs?.content;
    // Of a block that is not bought yet nobody knows the end; it is not the present one.
    const next = typeof content === "string" ? endOf(content) : undefined;
    const changed = release !== undefined && next !== state.capacityEndsAt;
    this.endsAt = changed ? state.capacityEndsAt : undefined;
    this.targets = changed ? [...newFor(targets, steps), ...targets] : [];
  }

  describe(session: Session): string[] {
    if (this.endsAt === undefined) return [];
    const words = `the release in place says that capacity ends at ${this.endsAt}`;
    return this.isDue(session)
      ? [`${words}, and nodes drain 40 minutes before: the release is brought up first`]
      : [`${words}: run 'pulumi up' before ${drainsAt(this.endsAt)}, when nodes begin to drain`];
  }

  /** Brings the release up when a machine that is moved now would drain before it is ready. Returns whether it did. */
  async bringUpWhenDue(session: Session): Promise<boolean> {
    if (this.broughtUp || !this.isDue(session)) return false;
    session.say("bringing up the release first: with the one in place, moved machines would drain at once");
    await previewOnly(session, this.targets);
    await session.update(this.targets);
    this.broughtUp = true;
    return true;
  }

  private isDue({ world, settings }: Session): boolean {
    if (this.endsAt === undefined) return false;
    return world.store.now() + settings.timeoutMs >= Date.parse(this.endsAt) - drainsBeforeMs;
  }
}

/** What is made for the release, such as a group of logs; the machines that it waits for are replaced in their turn. */
function newFor(targets: readonly string[], steps: readonly PreviewStep[]): string[] {
  const made = neededBy(targets, steps, changesOf(steps)).filter(({ op }) => op === "create");
  return made.map(({ urn }) => urn).filter((urn) => !/:(Instance|LaunchTemplate)::/.test(urn));
}

function drainsAt(end: string): string {
  return new Date(Date.parse(end) - drainsBeforeMs).toISOString();
}
