import { UserError } from "../output";

/** The forges that a report can be posted to. */
export const forgeNames = ["github", "gitlab"] as const;
export type ForgeName = (typeof forgeNames)[number];

/** A comment that is on the pull request already. */
export interface PostedComment {
  /** The forge's number of it. */
  id: string;
  /** Its Markdown, as the forge gives it back. */
  body: string;
  /** Where a person finds it: an address, or words where the forge gives none. */
  place: string;
}

/** One pull request (GitHub) or merge request (GitLab) of a forge, reached with a token that it keeps to itself. */
export interface Forge {
  /** The forge's own name, as people write it. */
  title: string;
  /** How people call the request: `pull request 12 of owner/name`. */
  target: string;
  /** The longest comment that it takes, in UTF-16 code units: as many characters or fewer. */
  longestBody: number;
  /**
   * Comments of ours whose first line is the marker, the oldest first, from all pages. Throws a UserError when the forge
   * refuses.
   */
  find(marker: string): Promise<PostedComment[]>;
  /** Posts a comment and returns its place. Throws an UnsureError when it may have been posted all the same. */
  create(body: string): Promise<string>;
  /** Replaces the text of a comment and returns its place; undefined when it is gone, or not ours to change (403, 404). */
  update(posted: PostedComment, body: string): Promise<string | undefined>;
}

/** What the command takes from around it. Tests give their own. */
export interface World {
  /** Environment variables. */
  env: Readonly<Record<string, string | undefined>>;
  /** Waits, in milliseconds. */
  sleep(milliseconds: number): Promise<unknown>;
}

/** Which request a comment goes to, as far as the options say. */
export interface Target {
  /** GitHub: `owner/name`. GitLab: the project's number or path. Default: the job's. */
  repository?: string;
  /** The number of the pull or merge request. Default: the job's. */
  pullRequest?: string;
}

/** The first of some variables that is set and not empty, without space around it. */
export function firstSet(env: World["env"], ...names: string[]): string | undefined {
  return names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== "");
}

/**
 * A token as an HTTP header can carry it. Throws a UserError that does not show it: Node's own error for such a header
 * prints the value.
 */
export function checkToken(token: string, name: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UserError(`${name}: has characters that no token has. Fix: set it anew, without spaces or line breaks`);
}

/** The number of a request. Throws a UserError on anything else, since it becomes part of an address. */
export function checkNumber(number: string, source: string): string {
  if (/^[1-9]\d{0,9}$/.test(number)) return number;
  throw new UserError(`${source} ${JSON.stringify(number)}: is not a number. Fix: give one such as 12`);
}

/** Whether a comment's first line is the marker and nothing else. */
export function startsWith(body: string, marker: string): boolean {
  return body.split(/\r?\n/, 1)[0] === marker;
}
