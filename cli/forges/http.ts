import { UserError } from "../output";
import type { World } from "./forge";

/** One request to a forge's API. */
export interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH";
  /** Address below the API's base, with its query. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
}

/** What the API answered. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The JSON of the body; undefined when it is none. */
  content: unknown;
}

/** A request that failed in such a way that it may have been carried out. */
export class UnsureError extends UserError {}

/** How often a request is tried in all, and the longest wait between two tries, in seconds: a job's minutes cost money. */
export const patience = { tries: 4, longestWaitSeconds: 60 } as const;

const timeoutMs = 30_000;

/** The API of one forge: sends requests with the token, tries again where that may help, and never shows the token. */
export class Api {
  /**
   * @param base where the API is, such as https://api.github.com; throws a UserError when it is no address
   * @param variable which variable the base is from, for errors
   * @param token the secret, so that it can be kept out of errors
   * @param headers sent with every request; they carry the token
   */
  constructor(
    base: string,
    variable: string,
    private readonly token: string,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly world: World,
  ) {
    const address = URL.canParse(base) ? new URL(base) : undefined;
    // With a password in it, the address itself would be a secret that errors show.
    if (!address || !/^https?:$/.test(address.protocol) || address.username || address.password)
      throw new UserError(
        `${variable}: is not the plain address of an API. Fix: give one such as https://api.github.com`,
      );
    this.base = address.href.replace(/\/+$/, "");
  }

  private readonly base: string;

  /** The answer, whatever its status, unless that is of the kind that passes: then it tries again, and at last throws. */
  async send(request: Request): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.try(request);
      if ("status" in outcome && !passes(outcome)) return outcome;
      const wait = waitSeconds(outcome, attempt);
      const last = attempt === patience.tries || wait > patience.longestWaitSeconds;
      if (last || (request.method === "POST" && !refused(outcome))) throw this.givenUp(request, outcome, attempt, wait);
      await this.world.sleep(wait * 1000);
    }
  }

  /** All items of a list: `next` says which path the next page has, undefined after the last. */
  async list(path: string, next: (answer: Answer) => string | undefined, fixes: Fixes): Promise<unknown[]> {
    const items: unknown[] = [];
    const seen = new Set<string>();
    for (let page: string | undefined = path; page !== undefined && !seen.has(page); ) {
      seen.add(page);
      const request: Request = { method: "GET", path: page };
      const answer = await this.send(request);
      if (answer.status !== 200) throw this.refusal(request, answer, fixes);
      if (!Array.isArray(answer.content))
        throw new UserError(
          `${this.show(request)}: the answer is not a list. Fix: check that this is the API's address`,
        );
      items.push(...answer.content);
      page = next(answer);
    }
    return items;
  }

  /** The path of a link that the API gave. Throws a UserError when it leads elsewhere: the token would go there too. */
  pathOf(link: string): string {
    if (link.startsWith(`${this.base}/`)) return link.slice(this.base.length);
    throw new UserError(`${this.base}: its next page is elsewhere. Fix: give the address that the API itself uses`);
  }

  /** The error of an answer that is not a success. */
  refusal(request: Request, { status, content }: Answer, fixes: Fixes): UserError {
    // GitHub gives a message; GitLab a message, or an error with or without a description.
    const { message, error_description: described, error } = (content ?? {}) as Record<string, unknown>;
    const said = message ?? described ?? error;
    const words =
      said === undefined ? "" : ` (${(typeof said === "string" ? said : JSON.stringify(said)).slice(0, 200)})`;
    const moved = "the name or the address is an old one: give the one of today";
    const fix = status >= 300 && status < 400 ? moved : (fixes[status] ?? "see the API's documentation of this status");
    return new UserError(this.hide(`${this.show(request)}: ${status}${words}. Fix: ${fix}`));
  }

  private async try(request: Request): Promise<Answer | Unreachable> {
    try {
      const response = await fetch(`${this.base}${request.path}`, {
        method: request.method,
        headers: { ...this.headers, "content-type": "application/json", "user-agent": "llm-cluster" },
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
        // A header of our own would be sent along to wherever a redirect leads.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, content: parse(text) };
    } catch (error) {
      const { cause, name } = error as { cause?: { code?: string }; name: string };
      return { unreachable: cause?.code ?? name };
    }
  }

  private givenUp(request: Request, outcome: Answer | Unreachable, tries: number, wait: number): UserError {
    const after = tries === 1 ? "" : `, ${tries} times`;
    if (!("status" in outcome))
      return new UnsureError(
        `${this.show(request)}: no answer (${outcome.unreachable})${after}. Fix: let the job reach this address; a certificate of your own goes in NODE_EXTRA_CA_CERTS`,
      );
    const { status } = outcome;
    if (refused(outcome)) {
      const asked = wait > patience.longestWaitSeconds ? `, and it asks to wait ${Math.ceil(wait)} s` : "";
      return new UserError(
        `${this.show(request)}: ${status}, too many requests${asked}${after}. Fix: run the job again later`,
      );
    }
    return new UnsureError(
      `${this.show(request)}: ${status}${after}: the forge has a fault. Fix: run the job again later`,
    );
  }

  private show({ method, path }: Request): string {
    return this.hide(`${method} ${this.base}${path}`);
  }

  private hide(text: string): string {
    return text.replaceAll(this.token, "***");
  }
}

/** What to do about a status, for errors: text that follows "Fix: ". */
export type Fixes = Readonly<Record<number, string>>;

interface Unreachable {
  /** Node's code for it, such as ECONNREFUSED. */
  unreachable: string;
}

/**
 * Whether the API refused because of the number of requests, and so did nothing. GitHub says 403 or 429 for it
 * (docs.github.com, "Best practices for using the REST API"), GitLab 429.
 */
function refused(outcome: Answer | Unreachable): boolean {
  if (!("status" in outcome)) return false;
  const { status, headers } = outcome;
  return (
    status === 429 || (status === 403 && (headers.has("retry-after") || headers.get("x-ratelimit-remaining") === "0"))
  );
}

function passes(answer: Answer): boolean {
  return answer.status >= 500 || refused(answer);
}

/** What the API asks for, in seconds; otherwise 1, 2, 4. */
function waitSeconds(outcome: Answer | Unreachable, attempt: number): number {
  const usual = 2 ** (attempt - 1);
  if (!("status" in outcome)) return usual;
  const after = outcome.headers.get("retry-after");
  if (after !== null) return /^\d+$/.test(after) ? Number(after) : secondsUntil(Date.parse(after), usual);
  const reset = outcome.headers.get("x-ratelimit-reset");
  if (refused(outcome) && reset !== null) return secondsUntil(Number(reset) * 1000, usual);
  return usual;
}

function secondsUntil(time: number, otherwise: number): number {
  return Number.isNaN(time) ? otherwise : Math.max(0, (time - Date.now()) / 1000);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
