import { createHash } from "node:crypto";
import { UserError } from "../output";
import type { World } from "../store/world";
import { HubClient } from "./hubClient";
import { findHubToken } from "./hubToken";
import { byPath, checkPath } from "./paths";
import type { Source, SourceFile } from "./source";

/** A repository of a Hugging Face hub. */
export interface Repository {
  /** `owner/name`. */
  name: string;
  /** Branch, tag or commit. Default: main. */
  revision?: string;
}

/** Reads `REPO[@REVISION]`. Throws a UserError on anything else, since it becomes part of an address. */
export function readRepository(given: string, flag: string): Repository {
  const [, name, revision] = /^([\w.-]+(?:\/[\w.-]+)?)(?:@([\w./+-]+))?$/.exec(given) ?? [];
  if (name !== undefined && !/(^|\/)\.+(\/|$)/.test(name)) return { name, revision };
  throw new UserError(
    `${flag} ${given}: is no repository. Fix: give one such as hf:meta-llama/Llama-3.1-8B-Instruct, with @REVISION if you like`,
  );
}

/** The hub that is asked: `--hub`, else HF_ENDPOINT, else huggingface.co. */
export function readHub(given: string | undefined, { env }: World): string {
  const address = given ?? (env.HF_ENDPOINT || "https://huggingface.co");
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return url.href.replace(/\/+$/, "");
  const flag = given === undefined ? "HF_ENDPOINT" : "--hub";
  throw new UserError(`${flag}: is not the plain address of a hub. Fix: give one such as https://huggingface.co`);
}

/** Lists a repository at the commit that its revision is now. Throws a UserError. */
export async function openHub(
  { name, revision = "main" }: Repository,
  hub: string,
  world: World,
  signal: AbortSignal,
): Promise<Source> {
  const client = new HubClient(hub, name, revision, findHubToken(world.env), world);
  const commit = await readCommit(client, name, revision, signal);
  const files = await listFiles(client, name, commit, signal);
  const read = (file: SourceFile, start: number, length: number, stop: AbortSignal) =>
    client.read(file.path, commit, start, length, stop);
  return {
    label: `hf:${name}@${commit}`,
    title: `hf:${name}@${commit.slice(0, 12)}`,
    argument: `hf:${name}@${commit}`,
    files,
    read,
    checksum: async (file, stop) => {
      if (file.size > largestUnnamed) throw unnamed(name, file);
      const bytes = await read(file, 0, file.size, stop);
      return createHash("sha256").update(bytes).digest("hex");
    },
  };
}

/**
 * The largest file that is read whole to learn its checksum. The hub takes no file above 10 MiB outside of LFS (it
 * refuses the push), and names the checksums of those in LFS; only a mirror that drops these would serve a larger one.
 */
const largestUnnamed = 64 * 2 ** 20;

function unnamed(name: string, { path, size }: SourceFile): UserError {
  return new UserError(
    `hf:${name}: the hub names no checksum of ${path} (${size} bytes). Fix: use another --hub, or download the model and push the folder`,
  );
}

async function readCommit(client: HubClient, name: string, revision: string, signal: AbortSignal): Promise<string> {
  const { content } = await client.json(`/api/models/${name}/revision/${encodeURIComponent(revision)}`, signal);
  const { sha } = (content ?? {}) as { sha?: unknown };
  if (typeof sha === "string" && /^[0-9a-f]{40,64}$/.test(sha)) return sha;
  throw new UserError(`hf:${name}: the hub names no commit for ${revision}. Fix: check --hub or HF_ENDPOINT`);
}

interface Entry {
  type?: unknown;
  path?: unknown;
  size?: unknown;
  lfs?: { oid?: unknown; size?: unknown };
}

async function listFiles(client: HubClient, name: string, commit: string, signal: AbortSignal): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const seen = new Set<string>();
  let page: string | undefined = `/api/models/${name}/tree/${commit}?recursive=true`;
  while (page !== undefined && !seen.has(page)) {
    seen.add(page);
    const { content, next }: { content: unknown; next?: string } = await client.json(page, signal);
    if (!Array.isArray(content))
      throw new UserError(`hf:${name}: the hub's list of files is none. Fix: check --hub or HF_ENDPOINT`);
    for (const entry of content as Entry[]) if (entry.type === "file") files.push(readEntry(entry, name));
    page = next;
  }
  return files.sort(byPath);
}

function readEntry({ path, size, lfs }: Entry, name: string): SourceFile {
  const bytes = lfs?.size ?? size;
  if (typeof path !== "string" || typeof bytes !== "number")
    throw new UserError(`hf:${name}: the hub lists a file without path or size. Fix: check --hub or HF_ENDPOINT`);
  const sha256 = typeof lfs?.oid === "string" && /^[0-9a-f]{64}$/.test(lfs.oid) ? lfs.oid : undefined;
  return { path: checkPath(path, `hf:${name}`), size: bytes, ...(sha256 === undefined ? {} : { sha256 }) };
}
