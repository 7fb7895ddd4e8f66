import { UserError } from "../output";
import type { World } from "../store/world";
import { type Asked, hubError } from "./hubErrors";
import { PassingError, retrying } from "./retry";

/** How long the hub may be silent, milliseconds, before a request counts as broken. */
const silenceMs = 60_000;

/** One repository of a hub, at a revision, over HTTP. */
export class HubClient {
  /** Where a file's bytes are, once the hub has said it: on a CDN, which is asked directly until its address expires. */
  private readonly located = new Map<string, string>();

  constructor(
    private readonly hub: string,
    private readonly repository: string,
    private readonly revision: string,
    private readonly token: string | undefined,
    private readonly world: World,
  ) {}

  /** JSON of the API, with the address of the page that follows. Throws a UserError. */
  json(path: string, signal: AbortSignal): Promise<{ content: unknown; next?: string }> {
    return retrying(`hf:${this.repository}`, this.world, signal, async () => {
      const answer = await this.ask(`${this.hub}${path}`, {}, signal);
      const bytes = await collect(answer);
      return { content: parse(bytes, this.hub), next: nextPage(answer.response, path) };
    });
  }

  /** Bytes of a file at a commit. A connection that breaks is taken up where it broke. Throws a UserError. */
  async read(path: string, commit: string, start: number, length: number, signal: AbortSignal): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    const url = `${this.hub}/${this.repository}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`;
    await retrying(`hf:${this.repository} ${path}`, this.world, signal, async () => {
      if (filled === length) return;
      const answer = await this.open(url, `bytes=${start + filled}-${start + length - 1}`, signal);
      // A server that takes no ranges sends the file from its beginning.
      if (answer.response.status === 200) {
        if (start > 0) {
          await answer.response.body?.cancel();
          throw noRanges(this.hub);
        }
        filled = 0;
      } else checkRange(answer.response, start + filled);
      for await (const chunk of answer.chunks) {
        const room = chunk.subarray(0, length - filled);
        bytes.set(room, filled);
        filled += room.length;
        // Only what is too much is cut off: a body that is read to its end leaves its connection for the next request.
        if (room.length < chunk.length) break;
      }
      if (filled < length) throw new PassingError(`the connection broke after ${filled} of ${length} bytes`);
    });
    return bytes;
  }

  private async open(url: string, range: string, signal: AbortSignal): Promise<Answer> {
    const known = this.located.get(url);
    if (known !== undefined) {
      try {
        return await this.ask(known, { range }, signal);
      } catch (error) {
        signal.throwIfAborted();
        // A signed address expires; the hub gives a new one.
        this.located.delete(url);
        if (error instanceof PassingError) throw error;
      }
    }
    const answer = await this.ask(url, { range }, signal);
    if (answer.response.redirected) this.located.set(url, answer.response.url);
    return answer;
  }

  /** Sends a request. The token goes to the hub only: `fetch` takes it off when a redirect leads to another origin. */
  private async ask(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    const own = new URL(url).origin === new URL(this.hub).origin && this.token !== undefined;
    const authorization: Record<string, string> = own ? { authorization: `Bearer ${this.token}` } : {};
    const silence = new Silence(signal);
    try {
      const response = await fetch(url, {
        headers: { ...headers, ...authorization, "accept-encoding": "identity", "user-agent": "llm-cluster" },
        signal: silence.signal,
      });
      if (!response.ok) {
        await response.body?.cancel();
        throw hubError(response, this.asked);
      }
      return { response, chunks: chunksOf(response, silence) };
    } catch (error) {
      silence.end();
      throw passing(error, signal);
    }
  }

  private get asked(): Asked {
    const { hub, repository, revision, token } = this;
    return { hub, repository, revision, hasToken: token !== undefined };
  }
}

interface Answer {
  response: Response;
  chunks: AsyncIterable<Uint8Array>;
}

/** Ends a request that is silent for too long. */
class Silence {
  private readonly controller = new AbortController();
  // A connection that is awaited keeps the process alive; this need not.
  private timer = setTimeout(() => this.controller.abort(), silenceMs).unref();
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.controller.signal]);
  }

  heard(): void {
    this.timer.refresh();
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

async function* chunksOf({ body }: Response, silence: Silence): AsyncGenerator<Uint8Array> {
  if (!body) return silence.end();
  try {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      silence.heard();
      yield chunk;
    }
  } catch (error) {
    throw passing(error);
  } finally {
    silence.end();
  }
}

async function collect({ chunks }: Answer): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

/** `fetch` throws a TypeError for whatever breaks on the way; its cause says what. */
function passing(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted || error instanceof UserError || error instanceof PassingError) return error;
  const { cause, name } = error as { cause?: { code?: string; message?: string }; name: string };
  return new PassingError(`no answer (${cause?.code ?? cause?.message ?? name})`);
}

function parse(bytes: Buffer, hub: string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new UserError(`${hub}: does not answer as a Hugging Face hub does. Fix: check --hub or HF_ENDPOINT`);
  }
}

/** The next page by its query alone: a mirror passes on addresses of the hub that it mirrors. */
function nextPage({ headers, url }: Response, path: string): string | undefined {
  const link = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headers.get("link") ?? "")?.[1];
  return link === undefined ? undefined : `${path.split("?")[0]}${new URL(link, url).search}`;
}

function checkRange({ headers }: Response, start: number): void {
  const from = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1];
  if (from !== undefined && Number(from) !== start)
    throw new PassingError(`asked for bytes from ${start}, got them from ${from}`);
}

function noRanges(hub: string): UserError {
  return new UserError(
    `${hub}: does not serve parts of files (HTTP Range), and this file is too large to be read at once. Fix: use another --hub, or download the model and push the folder`,
  );
}
