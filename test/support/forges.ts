import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CommentOptions, comment } from "../../cli/commands/comment";
import { UserError } from "../../cli/output";
import { file } from "./files";

export const marker = "<!-- llm-cluster:cost-diff -->";
export const report = `${marker}\n## Cost\n\n| stack | change |\n| --- | --- |\n| prod | +$100 |\n`;
export const token = "t0ken-of-the-test";

interface Comment {
  id: number;
  body: string;
  author: { id: number; bot: boolean };
  system?: boolean;
}

interface Reply {
  status: number;
  headers?: Record<string, string>;
  content?: unknown;
  /** The request is carried out, but the connection breaks before the answer. */
  lost?: boolean;
  /** The connection breaks at once. */
  dropped?: boolean;
}

export const ours = { id: 7, bot: true };
export const somebody = { id: 8, bot: false };

/**
 * A stand-in for both forges, as their documentation says that they answer: docs.github.com/rest/issues/comments with
 * Link headers, docs.gitlab.com/api/notes with x-next-page. Pages are short here.
 */
export class StandIn {
  comments: Comment[] = [];
  readonly requests: string[] = [];
  /** What the next request that such a pattern fits is answered instead. */
  readonly instead: { on: RegExp; reply: Reply }[] = [];
  /** Whether `GET /user` says who we are; it does not to the token of a GitHub job. */
  knowsUs = false;
  private readonly server: Server = createServer((request, response) => this.answer(request, response));
  private readonly perPage = 2;
  private port = 0;
  private nextId = 100;

  clear(): void {
    this.comments = [];
    this.knowsUs = false;
    this.requests.length = this.instead.length = 0;
  }

  async start(): Promise<void> {
    await new Promise<void>((ready) => this.server.listen(0, "127.0.0.1", ready));
    this.port = (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** Requests that would change something. */
  get writes(): string[] {
    return this.requests.filter((request) => !request.startsWith("GET"));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const line = `${request.method} ${request.url}`;
    this.requests.push(line);
    const index = this.instead.findIndex(({ on }) => on.test(line));
    const reply = index < 0 ? undefined : this.instead.splice(index, 1)[0]?.reply;
    if (reply?.dropped) return void request.socket.destroy();
    const done = reply && !reply.lost ? reply : this.carryOut(request, text);
    if (reply?.lost) return void request.socket.destroy();
    response.writeHead(done.status, { "content-type": "application/json", ...done.headers });
    response.end(done.content === undefined ? "" : JSON.stringify(done.content));
  }

  private carryOut(request: IncomingMessage, text: string): Reply {
    const url = new URL(request.url ?? "", this.url);
    const { authorization, "private-token": privateToken } = request.headers;
    const onGitHub = !url.pathname.startsWith("/api/v4");
    if ((onGitHub ? authorization : `Bearer ${privateToken}`) !== `Bearer ${token}`)
      return { status: 401, content: { message: "Bad credentials" } };
    if (url.pathname.endsWith("/user"))
      return this.knowsUs ? { status: 200, content: { id: ours.id } } : { status: 403, content: {} };
    const body = text ? (JSON.parse(text).body as string) : "";
    const [, list, id] =
      /^\/repos\/acme\/infra\/issues(\/12\/comments|\/comments\/(\d+))$/.exec(url.pathname) ??
      /^\/api\/v4\/projects\/acme%2Finfra\/merge_requests\/12(\/notes|\/notes\/(\d+))$/.exec(url.pathname) ??
      [];
    if (list === undefined) return { status: 404, content: { message: "Not Found" } };
    if (request.method === "GET") return this.page(url, onGitHub);
    if (request.method === "POST") {
      const made = { id: this.nextId++, body, author: ours };
      this.comments.push(made);
      return { status: 201, content: this.show(made, onGitHub) };
    }
    const known = this.comments.find((one) => String(one.id) === id);
    if (!known || request.method !== (onGitHub ? "PATCH" : "PUT"))
      return { status: 404, content: { message: "Not Found" } };
    known.body = body;
    return { status: 200, content: this.show(known, onGitHub) };
  }

  private page(url: URL, onGitHub: boolean): Reply {
    const page = Number(url.searchParams.get("page") ?? 1);
    const start = (page - 1) * this.perPage;
    const content = this.comments.slice(start, start + this.perPage).map((one) => this.show(one, onGitHub));
    const more = start + this.perPage < this.comments.length;
    url.searchParams.set("page", String(page + 1));
    const link = more ? { link: `<${url.href}>; rel="next", <${url.href}>; rel="last"` } : undefined;
    return { status: 200, content, headers: onGitHub ? link : { "x-next-page": more ? String(page + 1) : "" } };
  }

  private show({ id, body, author, system = false }: Comment, onGitHub: boolean): unknown {
    const user = { id: author.id, type: author.bot ? "Bot" : "User" };
    return onGitHub ? { id, body, user, html_url: `https://forge.test/12#${id}` } : { id, body, author, system };
  }
}

/** What the jobs of a forge have in their environment. */
const environments = (standIn: StandIn) => ({
  github: {
    GITHUB_ACTIONS: "true",
    GITHUB_TOKEN: token,
    GITHUB_REPOSITORY: "acme/infra",
    GITHUB_API_URL: standIn.url,
    GITHUB_REF: "refs/pull/12/merge",
  },
  gitlab: {
    GITLAB_CI: "true",
    GITLAB_TOKEN: token,
    CI_JOB_TOKEN: "job-token",
    CI_MERGE_REQUEST_PROJECT_ID: "acme/infra",
    CI_PROJECT_ID: "3",
    CI_MERGE_REQUEST_IID: "12",
    CI_API_V4_URL: `${standIn.url}/api/v4`,
    CI_MERGE_REQUEST_PROJECT_URL: "https://gitlab.test/acme/infra",
  },
});
export type ForgeName = "github" | "gitlab";
export const both: ForgeName[] = ["github", "gitlab"];

export interface Given {
  /** What the file says; default: the report above. */
  text?: string;
  options?: CommentOptions;
  /** Variables that are different from a job's; undefined: not set. */
  env?: Record<string, string | undefined>;
}

/** A stand-in for the tests of a file, empty before each, and the command run against it as a job would. */
export function useStandIn() {
  const standIn = new StandIn();
  const printed: string[] = [];
  /** How long the command waited between tries, in milliseconds. */
  const waits: number[] = [];
  beforeAll(() => standIn.start());
  afterAll(() => standIn.stop());
  beforeEach(() => {
    standIn.clear();
    printed.length = waits.length = 0;
    jest.spyOn(console, "log").mockImplementation((line) => void printed.push(String(line)));
  });
  afterEach(() => jest.restoreAllMocks());

  /** What the command prints. */
  async function run(forge: ForgeName, { text = report, options = {}, env = {} }: Given = {}): Promise<string> {
    const world = {
      env: { ...environments(standIn)[forge], ...env },
      sleep: async (milliseconds: number) => void waits.push(milliseconds),
    };
    await comment(file("cost.md", text), options, world);
    expect(printed.join("\n")).not.toContain(token);
    return printed.join("\n");
  }

  /** The message of the UserError that the run ends with. */
  async function failure(forge: ForgeName, given: Given = {}): Promise<string> {
    const error = await run(forge, given).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message).toContain("Fix: ");
    expect(message).not.toContain(token);
    return message;
  }

  const bodies = () => standIn.comments.map(({ body }) => body);
  return { standIn, waits, run, failure, bodies };
}
