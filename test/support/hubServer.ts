import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A file of a repository: what it holds, and whether it is in LFS, as the hub keeps everything above 10 MB. */
export interface HubFile {
  bytes: Buffer;
  lfs: boolean;
}

/** What a request is answered instead. */
export interface HubFault {
  status?: number;
  headers?: Record<string, string>;
  /** The connection breaks after so many bytes of the body. */
  cutAfter?: number;
  /** The connection breaks at once. */
  dropped?: boolean;
  /** The range that was asked for is not heeded. */
  whole?: boolean;
}

export const hubToken = "hf_token-of-the-test";
export const commit = "0123456789abcdef0123456789abcdef01234567";

/**
 * A stand-in for a Hugging Face hub, in the shapes of huggingface/huggingface_hub@ee0a451 (hf_api.py, _pagination.py,
 * _http.py): listings in pages with Link headers, revisions, files by redirect to a CDN on another origin, ranges, and
 * X-Error-Code for what is refused.
 */
export class HubServer {
  readonly files = new Map<string, HubFile>();
  repository = "acme/tiny";
  gated = false;
  /** Whether listings name checksums; a mirror may drop them. */
  namesChecksums = true;
  /** Requests of the hub and of the CDN, as `GET /path` and `CDN /path bytes=0-9`. */
  readonly requests: string[] = [];
  readonly instead: { on: RegExp; fault: HubFault }[] = [];
  /** Files whose bytes are not those that the listing announces. */
  readonly corrupt = new Set<string>();
  /** Tokens that reached the CDN: none should. */
  readonly tokensAtCdn: string[] = [];
  /** A signed address of the CDN is good for so many requests. */
  addressLasts = Number.POSITIVE_INFINITY;
  readonly perPage = 2;
  private readonly uses = new Map<string, number>();
  private readonly hub: Server = createServer((request, response) => this.answer(request, response, false));
  private readonly cdn: Server = createServer((request, response) => this.answer(request, response, true));

  async start(): Promise<void> {
    for (const server of [this.hub, this.cdn]) await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  }

  async stop(): Promise<void> {
    for (const server of [this.hub, this.cdn]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  get url(): string {
    return addressOf(this.hub);
  }

  clear(): void {
    this.files.clear();
    this.corrupt.clear();
    this.uses.clear();
    this.requests.length = this.instead.length = this.tokensAtCdn.length = 0;
    this.repository = "acme/tiny";
    this.gated = false;
    this.namesChecksums = true;
    this.addressLasts = Number.POSITIVE_INFINITY;
  }

  /** Adds a file; a path of weights is in LFS. */
  add(path: string, content: string | Buffer, lfs = path.endsWith(".safetensors")): Buffer {
    const bytes = Buffer.from(content);
    this.files.set(path, { bytes, lfs });
    return bytes;
  }

  private async answer(request: IncomingMessage, response: ServerResponse, isCdn: boolean): Promise<void> {
    const range = request.headers.range;
    const line = `${isCdn ? "CDN" : request.method} ${request.url}${range ? ` ${range}` : ""}`;
    this.requests.push(line);
    const index = this.instead.findIndex(({ on }) => on.test(line));
    const fault = index < 0 ? undefined : this.instead.splice(index, 1)[0]?.fault;
    if (fault?.dropped) return void request.socket.destroy();
    if (fault?.status !== undefined) return void response.writeHead(fault.status, fault.headers).end();
    const url = new URL(request.url ?? "", this.url);
    if (isCdn) return void this.serveCdn(request, response, url, fault);
    this.serveHub(request, response, url, fault);
  }

  private serveHub(request: IncomingMessage, response: ServerResponse, url: URL, fault: HubFault | undefined): void {
    const { authorization } = request.headers;
    const api = `/api/models/${this.repository}/`;
    const resolve = `/${this.repository}/resolve/${commit}/`;
    const path = decodeURIComponent(url.pathname);
    if (!path.startsWith(api) && !path.startsWith(`/${this.repository}/`))
      return void refuse(response, authorization ? 404 : 401, "RepoNotFound");
    if (this.gated && authorization === undefined) return void refuse(response, 401, "GatedRepo");
    if (this.gated && authorization !== `Bearer ${hubToken}`) return void refuse(response, 403, "GatedRepo");
    if (path.startsWith(`${api}revision/`)) {
      const known = ["main", "v1.0", "refs/pr/7", commit].includes(path.slice(`${api}revision/`.length));
      return void (known ? json(response, { sha: commit }) : refuse(response, 404, "RevisionNotFound"));
    }
    if (path === `${api}tree/${commit}`) return void this.list(response, url);
    const file = path.startsWith(resolve) ? this.files.get(path.slice(resolve.length)) : undefined;
    if (!file) return void refuse(response, 404, "EntryNotFound");
    if (!file.lfs) return void this.send(request, response, path.slice(resolve.length), fault);
    const signed = `${addressOf(this.cdn)}/${encodeURIComponent(path.slice(resolve.length))}?signature=${this.requests.length}`;
    response.writeHead(302, { location: signed }).end();
  }

  private list(response: ServerResponse, url: URL): void {
    if (url.searchParams.get("recursive") !== "true") return void refuse(response, 400, "BadRequest");
    const start = Number(url.searchParams.get("cursor") ?? 0);
    const all = [...this.files].map(([path, { bytes, lfs }]) => this.entry(path, bytes, lfs));
    const entries = [{ type: "directory", oid: "0", size: 0, path: "original" }, ...all];
    const next = `${url.origin}${url.pathname}?recursive=true&cursor=${start + this.perPage}`;
    const link: Record<string, string> = start + this.perPage < entries.length ? { link: `<${next}>; rel="next"` } : {};
    json(response, entries.slice(start, start + this.perPage), link);
  }

  private entry(path: string, bytes: Buffer, lfs: boolean) {
    const git = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
    const oid = createHash("sha256").update(bytes).digest("hex");
    const facts = lfs && this.namesChecksums ? { lfs: { oid, size: bytes.length, pointerSize: 135 } } : {};
    return { type: "file", oid: git, size: bytes.length, path, ...facts };
  }

  private serveCdn(request: IncomingMessage, response: ServerResponse, url: URL, fault: HubFault | undefined): void {
    if (request.headers.authorization) this.tokensAtCdn.push(request.headers.authorization);
    const signed = url.pathname + url.search;
    const used = (this.uses.get(signed) ?? 0) + 1;
    this.uses.set(signed, used);
    if (used > this.addressLasts) return void response.writeHead(403).end();
    this.send(request, response, decodeURIComponent(url.pathname.slice(1)), fault);
  }

  private send(request: IncomingMessage, response: ServerResponse, path: string, fault: HubFault | undefined): void {
    const { bytes } = this.files.get(path) as HubFile;
    const sent = this.corrupt.has(path) ? Buffer.from(bytes).reverse() : bytes;
    const asked = fault?.whole ? undefined : /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const [start, end] = asked ? [Number(asked[1]), Math.min(Number(asked[2]), sent.length - 1)] : [0, sent.length - 1];
    const body = sent.subarray(start, end + 1);
    const range: Record<string, string> = asked ? { "content-range": `bytes ${start}-${end}/${sent.length}` } : {};
    response.writeHead(asked ? 206 : 200, { "content-length": body.length, ...range });
    if (fault?.cutAfter === undefined) return void response.end(body);
    response.write(body.subarray(0, fault.cutAfter), () => request.socket.destroy());
  }
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "x-error-code": code, "x-error-message": `${code} of the test` }).end();
}

function json(response: ServerResponse, content: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(content));
}
