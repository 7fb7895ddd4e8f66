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

/** A note as GitLab's REST API gives it, as far as it is read here. */
interface Note {
  id: number;
  body: string;
  /** Written by GitLab itself, such as "changed the description". */
  system: boolean;
  author?: { id: number };
}

/** docs.gitlab.com/api/notes: "The content of a note. Limited to 1,000,000 characters." */
const longestBody = 1_000_000;

const howToGetToken =
  "make a project access token (role Reporter or above, scope api) and keep it as the masked CI/CD variable GITLAB_TOKEN";

const fixes: Fixes = {
  401: `GITLAB_TOKEN is not valid here or has expired: ${howToGetToken}`,
  403: `GITLAB_TOKEN may not do this: ${howToGetToken}`,
  404: "check the project and the number; GITLAB_TOKEN may not see the project",
  413: "GitLab does not take this text: post a shorter one",
};

/**
 * The merge request that a GitLab job runs for, or that the options name (docs.gitlab.com/api/notes).
 * Throws a UserError when the token, the project or the number cannot be found.
 */
export function gitlab(target: Target, world: World): Forge {
  const { env } = world;
  const token = tokenOf(env);
  const project = target.repository ?? firstSet(env, "CI_MERGE_REQUEST_PROJECT_ID", "CI_PROJECT_ID");
  if (project === undefined)
    throw new UserError(
      "--repository: is not given, and neither CI_MERGE_REQUEST_PROJECT_ID nor CI_PROJECT_ID is set. Fix: give the project's number or path",
    );
  const number = numberOf(target, env);
  const api = new Api(
    firstSet(env, "CI_API_V4_URL") ?? "https://gitlab.com/api/v4",
    "CI_API_V4_URL",
    token,
    { "private-token": checkToken(token, "GITLAB_TOKEN") },
    world,
  );
  const notes = `/projects/${encodeURIComponent(project)}/merge_requests/${number}/notes`;
  const page = firstSet(env, "CI_MERGE_REQUEST_PROJECT_URL");
  // The API names no page of a note; without the variable there is nothing to make its address of.
  const place = (id: number) =>
    page ? `${page}/-/merge_requests/${number}#note_${id}` : `note ${id} of merge request ${number} of ${project}`;
  const posted = ({ id, body }: Note): PostedComment => ({ id: String(id), body, place: place(id) });
  return {
    title: "GitLab",
    target: `merge request ${number} of ${project}`,
    longestBody,
    async find(marker) {
      const first = `${notes}?sort=asc&order_by=created_at&per_page=100`;
      const all = (await api.list(first, (answer) => nextPage(first, answer), fixes)) as Note[];
      const marked = all.filter(({ body, system }) => !system && startsWith(body, marker));
      return marked.length === 0 ? [] : marked.filter(await ownership(api)).map(posted);
    },
    async create(body) {
      const request: Request = { method: "POST", path: notes, body: { body } };
      const answer = await api.send(request);
      if (answer.status !== 201) throw api.refusal(request, answer, fixes);
      return posted(answer.content as Note).place;
    },
    async update({ id, place: shown }, body) {
      const request: Request = { method: "PUT", path: `${notes}/${id}`, body: { body } };
      const answer = await api.send(request);
      if (answer.status === 403 || answer.status === 404) return undefined;
      if (answer.status !== 200) throw api.refusal(request, answer, fixes);
      return shown;
    },
  };
}

/** The job's own token would be the natural one, but it can only read notes. */
function tokenOf(env: World["env"]): string {
  const token = firstSet(env, "GITLAB_TOKEN");
  if (token) return token;
  // docs.gitlab.com/ci/jobs/ci_job_token, "Job token access": of the Notes API, two GET endpoints.
  const job = firstSet(env, "CI_JOB_TOKEN") ? " CI_JOB_TOKEN is, but it may read notes and not write them." : "";
  throw new UserError(`GITLAB_TOKEN: is not set.${job} Fix: ${howToGetToken}`);
}

/** A maintainer's token may change anybody's note. Where the forge does not say who we are, it decides on the change. */
async function ownership(api: Api): Promise<(note: Note) => boolean> {
  const { status, content } = await api.send({ method: "GET", path: "/user" });
  if (status !== 200) return () => true;
  const { id } = content as { id: number };
  return ({ author }) => author?.id === id;
}

/** `x-next-page: 2`, empty on the last page (docs.gitlab.com/api/rest, "Pagination"). */
function nextPage(first: string, { headers }: Answer): string | undefined {
  const next = headers.get("x-next-page") ?? "";
  return /^\d+$/.test(next) ? `${first}&page=${next}` : undefined;
}

function numberOf({ pullRequest }: Target, env: World["env"]): string {
  if (pullRequest !== undefined) return checkNumber(pullRequest, "--pull-request");
  const found = firstSet(env, "CI_MERGE_REQUEST_IID");
  if (found !== undefined) return checkNumber(found, "CI_MERGE_REQUEST_IID");
  throw new UserError(
    "--pull-request: is not given, and CI_MERGE_REQUEST_IID is not set. Fix: run the job in merge request pipelines (rules: merge_request_event), or give the number",
  );
}
