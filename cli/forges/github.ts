import { readFileSync } from "node:fs";
import { UserError } from "../output";
import {
  checkNumber,
  checkToken,
  type Forge,
  firstSet,
  type PostedComment,
  startsWith,
  type Target,
  type World,
} from "./forge";
import { type Answer, Api, type Fixes, type Request } from "./http";

/** A comment as GitHub's REST API gives it, as far as it is read here. */
interface Comment {
  id: number;
  body?: string;
  html_url: string;
  user?: { id: number; type: string } | null;
}

/**
 * "Body is too long (maximum is 65536 characters)" is what the API answers to more (422); code units are as many as
 * characters or more, so this is on the safe side.
 */
const longestBody = 65_536;

const fixes: Fixes = {
  401: "the token is not valid here: give the step the job's own, github.token",
  403: "give the job 'permissions: pull-requests: write'. On a pull request from a fork the token can only read, whatever the job says: leave the comment out there and show the file in the job's summary",
  404: "check the repository and the number; the token may see neither of them if it is of another repository",
  422: "GitHub does not take this text: post a shorter one",
};

/**
 * The pull request that a GitHub Actions job runs for, or that the options name. Its comments are those of the issue
 * of the same number (docs.github.com/rest/issues/comments).
 * Throws a UserError when the token, the repository or the number cannot be found.
 */
export function github(target: Target, world: World): Forge {
  const { env } = world;
  const token = firstSet(env, "GITHUB_TOKEN", "GH_TOKEN");
  if (!token)
    throw new UserError(
      "GITHUB_TOKEN: is not set, and GH_TOKEN is not either. Fix: give the step 'env: GITHUB_TOKEN:' with github.token",
    );
  const repository = repositoryOf(target, env);
  const number = numberOf(target, env);
  const api = new Api(
    firstSet(env, "GITHUB_API_URL") ?? "https://api.github.com",
    "GITHUB_API_URL",
    token,
    {
      authorization: `Bearer ${checkToken(token, "GITHUB_TOKEN")}`,
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
    },
    world,
  );
  const comments = `/repos/${repository}/issues/${number}/comments`;
  return {
    title: "GitHub",
    target: `pull request ${number} of ${repository}`,
    longestBody,
    async find(marker) {
      const all = (await api.list(`${comments}?per_page=100`, (answer) => nextPage(api, answer), fixes)) as Comment[];
      const marked = all.filter(({ body }) => startsWith(body ?? "", marker));
      return marked.length === 0 ? [] : marked.filter(await ownership(api)).map(posted);
    },
    async create(body) {
      const request: Request = { method: "POST", path: comments, body: { body } };
      const answer = await api.send(request);
      if (answer.status !== 201) throw api.refusal(request, answer, fixes);
      return posted(answer.content as Comment).place;
    },
    async update({ id, place }, body) {
      const path = `/repos/${repository}/issues/comments/${id}`;
      const request: Request = { method: "PATCH", path, body: { body } };
      const answer = await api.send(request);
      if (answer.status === 403 || answer.status === 404) return undefined;
      if (answer.status !== 200) throw api.refusal(request, answer, fixes);
      return place;
    },
  };
}

/**
 * Tells comments of ours from those of others: a token that may write can change anybody's. The token of a job is of no
 * user (`GET /user` is refused to it): what it writes is a bot's.
 */
async function ownership(api: Api): Promise<(comment: Comment) => boolean> {
  const { status, content } = await api.send({ method: "GET", path: "/user" });
  if (status !== 200) return ({ user }) => user?.type === "Bot";
  const { id } = content as { id: number };
  return ({ user }) => user?.id === id;
}

function posted({ id, body = "", html_url: place }: Comment): PostedComment {
  return { id: String(id), body, place };
}

/** `Link: <https://…&page=2>; rel="next", …` (docs.github.com/rest, "Using pagination"). */
function nextPage(api: Api, { headers }: Answer): string | undefined {
  const next = /<([^>]+)>;\s*rel="next"/.exec(headers.get("link") ?? "")?.[1];
  return next === undefined ? undefined : api.pathOf(next);
}

function repositoryOf({ repository }: Target, env: World["env"]): string {
  const found = repository ?? firstSet(env, "GITHUB_REPOSITORY");
  if (found === undefined)
    throw new UserError("--repository: is not given, and GITHUB_REPOSITORY is not set. Fix: give owner/name");
  if (/^[\w.-]+\/[\w.-]+$/.test(found)) return found;
  const source = repository === undefined ? "GITHUB_REPOSITORY" : "--repository";
  throw new UserError(`${source} ${JSON.stringify(found)}: is not the name of a repository. Fix: give owner/name`);
}

/** The number that is given, or of the event that the job runs for, or in `refs/pull/12/merge`. */
function numberOf({ pullRequest }: Target, env: World["env"]): string {
  if (pullRequest !== undefined) return checkNumber(pullRequest, "--pull-request");
  const found =
    eventNumber(firstSet(env, "GITHUB_EVENT_PATH")) ?? /^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? "")?.[1];
  if (found !== undefined) return checkNumber(found, "the event's number");
  throw new UserError(
    "--pull-request: is not given, and neither GITHUB_EVENT_PATH nor GITHUB_REF names one. Fix: run the job on: pull_request, or give the number",
  );
}

function eventNumber(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    const event = JSON.parse(readFileSync(file, "utf8"));
    const number = event?.pull_request?.number ?? event?.issue?.number;
    return number === undefined ? undefined : String(number);
  } catch {
    // GITHUB_REF may still say it; the error that nothing does names both.
    return undefined;
  }
}
