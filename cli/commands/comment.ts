import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { markerPattern, unchangedMarker } from "../../pricing/render/marker";
import { cutToLength } from "../forges/cut";
import { type Forge, type ForgeName, firstSet, forgeNames, type Target, type World } from "../forges/forge";
import { github } from "../forges/github";
import { gitlab } from "../forges/gitlab";
import { patience, UnsureError } from "../forges/http";
import { print, UserError } from "../output";
import { readText } from "../yamlFile";

/** Options of `comment`, as commander hands them over. */
export interface CommentOptions extends Target {
  /** Where the pull request is. Default: that whose job this is (GITHUB_ACTIONS, GITLAB_CI). */
  forge?: string;
  /** Reads what is there and says what would be posted, and posts nothing. Default: false. */
  dryRun?: boolean;
}

const forges: Record<ForgeName, (target: Target, world: World) => Forge> = { github, gitlab };

/**
 * `llm-cluster comment`: posts a report as one comment on a pull or merge request; on later runs that comment is updated
 * in place. A report that nothing changes makes no new comment, but updates one that is there. The token is taken from
 * the environment only (GITHUB_TOKEN or GH_TOKEN; GITLAB_TOKEN) and never printed.
 * Throws a UserError when the file has no marker, when the request or a token cannot be found, and when the forge refuses.
 * @param file the Markdown that `llm-cluster diff --format markdown` wrote
 * @param world environment and clock; default: the process's own
 */
export async function comment(
  file: string,
  options: CommentOptions,
  world: World = { env: process.env, sleep },
): Promise<void> {
  const report = readText(file).replaceAll("\r\n", "\n");
  const [marker = "", second] = report.split("\n", 2);
  if (!markerPattern.test(marker))
    throw new UserError(
      `${file}: its first line is not a marker such as <!-- llm-cluster:cost-diff -->. Fix: give a file that 'llm-cluster diff --format markdown --out ${basename(file)}' wrote`,
    );
  const forge = forges[forgeOf(options.forge, world)](options, world);
  const body = shorten(report, forge, file);
  const done = await post(forge, { marker, body, quiet: second === unchangedMarker }, options.dryRun === true, world);
  print(`${forge.target}: ${done}`);
}

interface Report {
  marker: string;
  body: string;
  /** Nothing costs more or less: not worth a comment of its own. */
  quiet: boolean;
}

/** Brings the request to the state of the report, and returns what was done in words. */
async function post(forge: Forge, report: Report, dryRun: boolean, world: World): Promise<string> {
  const earlier = await forge.find(report.marker);
  const same = earlier.find(({ body }) => isSame(body, report.body));
  if (same) return `unchanged, as it is already at ${same.place}`;
  if (earlier.length === 0 && report.quiet)
    return "nothing costs more or less and there is no comment yet, so none is posted";
  if (dryRun) return earlier[0] ? `would update ${earlier[0].place}` : "would post a new comment";
  for (const posted of earlier) {
    const place = await forge.update(posted, report.body);
    if (place !== undefined) return `updated ${place}`;
  }
  return `posted ${await create(forge, report, world)}`;
}

/** Posts once: when an answer is lost, the comment may be there all the same, and a second one would stay for ever. */
async function create(forge: Forge, { marker, body }: Report, world: World): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await forge.create(body);
    } catch (error) {
      if (!(error instanceof UnsureError) || attempt === patience.tries) throw error;
    }
    await world.sleep(1000 * 2 ** (attempt - 1));
    const there = (await forge.find(marker)).find((posted) => isSame(posted.body, body));
    if (there) return there.place;
  }
}

/** Forges give line ends of their own back, and take space off the ends. */
function isSame(one: string, other: string): boolean {
  const plain = (text: string) => text.replaceAll("\r\n", "\n").trim();
  return plain(one) === plain(other);
}

function shorten(report: string, { title, longestBody }: Forge, file: string): string {
  const [length, most] = [report.length, longestBody].map((count) => count.toLocaleString("en-US"));
  const sentence = `_Cut here: the report has ${length} characters, and a comment on ${title} at most ${most}. The whole of it is in the job's ${basename(file)}._`;
  return cutToLength(report, longestBody, sentence);
}

function forgeOf(given: string | undefined, { env }: World): ForgeName {
  if (given !== undefined) {
    const known = forgeNames.find((name) => name === given);
    if (known) return known;
    throw new UserError(`--forge ${given}: is not known. Fix: give ${forgeNames.join(" or ")}`);
  }
  const here = (["GITHUB_ACTIONS", "GITLAB_CI"] as const).filter((name) => firstSet(env, name) === "true");
  if (here.length === 1) return here[0] === "GITHUB_ACTIONS" ? "github" : "gitlab";
  const found = here.length === 0 ? "neither GITHUB_ACTIONS nor GITLAB_CI is" : "both GITHUB_ACTIONS and GITLAB_CI are";
  throw new UserError(`--forge: is not given, and ${found} set. Fix: give ${forgeNames.join(" or ")}`);
}
