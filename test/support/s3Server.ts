import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";

interface StoredObject {
  bytes: Buffer;
  metadata: Record<string, string>;
}

interface Part {
  bytes: Buffer;
  etag: string;
  sha256?: string;
}

interface Upload {
  key: string;
  metadata: Record<string, string>;
  parts: Map<number, Part>;
}

/** What a request is answered instead: an error, or a connection that breaks before or after the request is carried out. */
export interface Fault {
  status?: number;
  code?: string;
  dropped?: boolean;
  lost?: boolean;
}

interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/**
 * A stand-in for S3 that the real client talks to over HTTP: objects, listings in pages, uploads in parts, checksums, as
 * the S3 API reference says that they answer. It does not look at signatures.
 */
export class S3Server {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Upload>();
  /** Every request, as `PUT models/x?partNumber=1`. */
  readonly requests: string[] = [];
  /** Parts that were taken, as `key#number`, each time that they came whole. */
  readonly partsTaken: string[] = [];
  readonly instead: { on: RegExp; fault: Fault }[] = [];
  /** When it says so, everything is refused from here on, as if the machine on the other side were gone. */
  goneAfter = Number.POSITIVE_INFINITY;
  /** Called with each request before it is carried out. */
  onRequest: (line: string) => void = () => undefined;
  /** S3's own least is 5 MiB; tests have smaller files. */
  leastPartBytes = 1;
  readonly perPage = 3;
  private readonly server: Server = createServer((request, response) => this.answer(request, response));
  private port = 0;

  constructor(readonly bucket = "weights-of-the-test") {}

  async start(): Promise<void> {
    await new Promise<void>((ready) => this.server.listen(0, "127.0.0.1", ready));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  clear(): void {
    this.objects.clear();
    this.uploads.clear();
    this.requests.length = this.partsTaken.length = this.instead.length = 0;
    this.goneAfter = Number.POSITIVE_INFINITY;
    this.onRequest = () => undefined;
    this.leastPartBytes = 1;
  }

  /** The client as the command makes it, but for where it goes, who it is, and how long it waits between tries. */
  client(region = "us-east-1"): S3Client {
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    return new S3Client({ region, endpoint: this.url, forcePathStyle: true, credentials, maxAttempts: 2 });
  }

  /** What is in the bucket, by key. */
  texts(): Record<string, string> {
    return Object.fromEntries([...this.objects].sort().map(([key, { bytes }]) => [key, bytes.toString()]));
  }

  putText(key: string, text: string, metadata: Record<string, string> = {}): void {
    this.objects.set(key, { bytes: Buffer.from(text), metadata });
  }

  /** Requests that change something. */
  get writes(): string[] {
    return this.requests.filter((line) => !/^(GET|HEAD) /.test(line));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "", this.url);
    const [, bucket = "", ...rest] = url.pathname.split("/");
    const key = decodeURIComponent(rest.join("/"));
    url.searchParams.delete("x-id");
    const line = `${request.method} ${key}${url.search}`;
    this.requests.push(line);
    this.onRequest(line);
    if (this.requests.length > this.goneAfter) return void request.socket.destroy();
    const index = this.instead.findIndex(({ on }) => on.test(line));
    const fault = index < 0 ? undefined : this.instead.splice(index, 1)[0]?.fault;
    if (fault?.dropped) return void request.socket.destroy();
    const refused = fault && !fault.lost;
    const reply = refused
      ? failure(fault.status ?? 500, fault.code ?? "InternalError")
      : this.carryOut(request, bucket, key, url.searchParams, Buffer.concat(chunks));
    if (fault?.lost) return void request.socket.destroy();
    const body = request.method === "HEAD" ? undefined : reply.body;
    response.writeHead(reply.status, { "content-length": Buffer.byteLength(reply.body ?? ""), ...reply.headers });
    response.end(body);
  }

  private carryOut(request: IncomingMessage, bucket: string, key: string, query: URLSearchParams, body: Buffer): Reply {
    if (bucket !== this.bucket) return failure(404, "NoSuchBucket");
    const { method, headers } = request;
    const refusal = checkBody(headers, body);
    if (refusal) return refusal;
    const uploadId = query.get("uploadId");
    if (key === "" && method === "GET") return this.list(query);
    if (key === "" && method === "POST") return this.removeAll(body.toString());
    if (method === "POST" && query.has("uploads")) return this.begin(key, headers);
    if (uploadId !== null) return this.carryOutUpload(method ?? "", key, uploadId, query, headers, body);
    if (method === "PUT") {
      this.objects.set(key, { bytes: body, metadata: metadataOf(headers) });
      return { status: 200, headers: { etag: etagOf(body) } };
    }
    const object = this.objects.get(key);
    if (!object) return failure(404, "NoSuchKey");
    const metadata = Object.entries(object.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
    const length = { "content-length": String(object.bytes.length), etag: etagOf(object.bytes) };
    return { status: 200, headers: { ...Object.fromEntries(metadata), ...length }, body: object.bytes };
  }

  private list(query: URLSearchParams): Reply {
    const prefix = query.get("prefix") ?? "";
    const after = query.get("continuation-token") ?? "";
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, this.perPage);
    const contents = page.map(
      (key) => `<Contents><Key>${toXml(key)}</Key><Size>${this.objects.get(key)?.bytes.length}</Size></Contents>`,
    );
    const next = keys.length > page.length ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    return xml("ListBucketResult", `<IsTruncated>${next !== ""}</IsTruncated>${contents.join("")}${next}`);
  }

  private removeAll(body: string): Reply {
    for (const [, key = ""] of body.matchAll(/<Key>([^<]*)<\/Key>/g)) this.objects.delete(fromXml(key));
    return xml("DeleteResult", "");
  }

  private begin(key: string, headers: IncomingMessage["headers"]): Reply {
    const id = randomUUID();
    this.uploads.set(id, { key, metadata: metadataOf(headers), parts: new Map() });
    return xml("InitiateMultipartUploadResult", `<UploadId>${id}</UploadId>`);
  }

  private carryOutUpload(
    method: string,
    key: string,
    id: string,
    query: URLSearchParams,
    headers: IncomingMessage["headers"],
    body: Buffer,
  ): Reply {
    const upload = this.uploads.get(id);
    if (!upload || upload.key !== key) return failure(404, "NoSuchUpload");
    if (method === "PUT") return this.takePart(upload, Number(query.get("partNumber")), headers, body);
    if (method === "GET") return this.listParts(upload, Number(query.get("part-number-marker") ?? 0));
    if (method === "POST") return this.finish(upload, id, body.toString());
    this.uploads.delete(id);
    return { status: 204 };
  }

  private takePart(upload: Upload, number: number, headers: IncomingMessage["headers"], bytes: Buffer): Reply {
    const sha256 = headers["x-amz-checksum-sha256"] as string | undefined;
    upload.parts.set(number, { bytes, etag: etagOf(bytes), sha256 });
    this.partsTaken.push(`${upload.key}#${number}`);
    return { status: 200, headers: { etag: etagOf(bytes) } };
  }

  private listParts({ parts }: Upload, after: number): Reply {
    const numbers = [...parts.keys()].filter((number) => number > after).sort((one, other) => one - other);
    const page = numbers.slice(0, this.perPage);
    const items = page.map((number) => {
      const { bytes, etag, sha256 } = parts.get(number) as Part;
      const checksum = sha256 === undefined ? "" : `<ChecksumSHA256>${sha256}</ChecksumSHA256>`;
      return `<Part><PartNumber>${number}</PartNumber><Size>${bytes.length}</Size><ETag>${toXml(etag)}</ETag>${checksum}</Part>`;
    });
    const more = numbers.length > page.length;
    const next = more ? `<NextPartNumberMarker>${page.at(-1)}</NextPartNumberMarker>` : "";
    return xml("ListPartsResult", `<IsTruncated>${more}</IsTruncated>${items.join("")}${next}`);
  }

  private finish(upload: Upload, id: string, body: string): Reply {
    const named = [...body.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = ""]) => ({
      number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
      etag: fromXml(/<ETag>([^<]*)</.exec(part)?.[1] ?? ""),
      sha256: /<ChecksumSHA256>([^<]*)</.exec(part)?.[1],
    }));
    const parts = named.map(({ number }) => upload.parts.get(number));
    const inOrder = named.every(({ number }, index) => number > (named[index - 1]?.number ?? 0));
    if (!inOrder || named.length === 0) return failure(400, "InvalidPartOrder");
    const same = named.every(
      ({ etag, sha256 }, index) => etag === parts[index]?.etag && sha256 === parts[index]?.sha256,
    );
    if (!same) return failure(400, "InvalidPart");
    const bytes = parts.map((part) => (part as Part).bytes);
    if (bytes.slice(0, -1).some(({ length }) => length < this.leastPartBytes)) return failure(400, "EntityTooSmall");
    this.objects.set(upload.key, { bytes: Buffer.concat(bytes), metadata: upload.metadata });
    this.uploads.delete(id);
    return xml("CompleteMultipartUploadResult", `<Key>${toXml(upload.key)}</Key>`);
  }
}

/** S3 compares what came with the checksums that came with it. */
function checkBody(headers: IncomingMessage["headers"], body: Buffer): Reply | undefined {
  const payload = headers["x-amz-content-sha256"] as string | undefined;
  const whole = createHash("sha256").update(body);
  const digest = whole.copy().digest("hex");
  if (payload && /^[0-9a-f]{64}$/.test(payload) && payload !== digest) return failure(400, "XAmzContentSHA256Mismatch");
  if (payload?.startsWith("STREAMING")) return failure(501, "NotImplemented");
  const checksum = headers["x-amz-checksum-sha256"];
  return checksum !== undefined && checksum !== whole.digest("base64") ? failure(400, "BadDigest") : undefined;
}

function metadataOf(headers: IncomingMessage["headers"]): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => name.startsWith("x-amz-meta-"));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice("x-amz-meta-".length), String(value)]));
}

function etagOf(bytes: Buffer): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

function failure(status: number, code: string): Reply {
  return { ...xml("Error", `<Code>${code}</Code><Message>${code} of the test</Message>`), status };
}

function xml(name: string, content: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?><${name}>${content}</${name}>`;
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

function toXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function fromXml(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&quot;", '"').replaceAll("&#34;", '"').replaceAll("&amp;", "&");
}
