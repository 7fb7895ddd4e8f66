import { UserError } from "../output";
import { PassingError } from "./retry";

/** The repository that was asked for, for errors. */
export interface Asked {
  hub: string;
  repository: string;
  revision: string;
  hasToken: boolean;
}

/**
 * The error of an answer that is no success. The hub says in `X-Error-Code` what is wrong
 * (huggingface/huggingface_hub@ee0a451, utils/_http.py); to strangers it says 401 for what does not exist, too.
 */
export function hubError(response: Response, asked: Asked): Error {
  const { status, headers } = response;
  const { hub, repository, revision } = asked;
  if (status === 429 || status === 408 || status >= 500)
    return new PassingError(`the hub answers ${status}`, waitSeconds(headers));
  const code = headers.get("x-error-code");
  const what = `hf:${repository}`;
  if (code === "RevisionNotFound")
    return new UserError(`${what}: has no revision ${revision}. Fix: give a branch, tag or commit that it has`);
  if (code === "EntryNotFound")
    return new UserError(`${what}: a file that it lists is not there. Fix: give another --hub, or push from a folder`);
  if (code === "GatedRepo" || status === 403) return new UserError(gated(asked, status));
  if (status === 401 || code === "RepoNotFound" || status === 404) return new UserError(notFound(asked, status));
  return new UserError(`${what}: ${hub} answers ${status}. Fix: check --hub and the repository's name`);
}

function gated({ hub, repository, hasToken }: Asked, status: number): string {
  const token = hasToken
    ? "then see that your token may read it (a fine-grained token needs access to gated repositories)"
    : "then make a token at https://huggingface.co/settings/tokens and set HF_TOKEN, or run 'hf auth login'";
  return `hf:${repository}: access is refused (${status}): the model is gated, and its licence must be accepted first. Fix: open ${hub}/${repository}, accept its terms, ${token}`;
}

function notFound({ hub, repository, hasToken }: Asked, status: number): string {
  const what = `hf:${repository}: ${hub} does not show it (${status}): it is gated or private, or does not exist`;
  const token = hasToken
    ? "if it is gated, accept its terms there with the account of your token"
    : `if it is gated, accept its terms at ${hub}/${repository} and set HF_TOKEN, or run 'hf auth login'`;
  return `${what}. Fix: check the name; ${token}`;
}

/** What the hub asks for: Retry-After, or the draft header RateLimit (`"api";r=0;t=55`). */
function waitSeconds(headers: Headers): number | undefined {
  const after = headers.get("retry-after");
  if (after !== null && /^\d+$/.test(after)) return Number(after);
  const limit = /;\s*r=0\s*;\s*t=(\d+)/.exec(headers.get("ratelimit") ?? "");
  return limit ? Number(limit[1]) : undefined;
}
